"""A run that is taken back: told while it goes, while it rests, after its orchestrator died."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from labs import Lab, Work, play
from stairlift.drive.begin import new_run
from stairlift.drive.tools import Pace
from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.cause import Cause
from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan
from stairlift.model.run import AttemptId, Command, Run, RunState, StepState, StepStatus
from stairlift.model.work import Job, Outcome
from stairlift.run import changes
from stairlift.run.commands import refusal
from stairlift.testing.doubles import ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step

S = StepState
ABLE = a_binding(can_undo=True)


def a_lab(plan: Plan, **given) -> Lab:
    strategy = ScriptedStrategy({"undo": lambda step: ("undo", step.id)})
    return Lab(plan, strategy=strategy, **given)


def hosts(number: int, **given) -> Plan:
    return replace(a_rollout(number, actions=("drain", "upgrade"), **given), bindings=(ABLE,))


def undone(lab: Lab) -> list[str]:
    """The steps whose undo was begun, in that order."""
    return [job.argv[1] for _, job in lab.jobs if job.argv[0] == "undo"]


def back(lab: Lab, **given) -> Run:
    """Tell it, and carry it out."""
    lab.tell("rollback", "", **given)
    return play(lab.go())


# Told to a run that rests


def test_a_failed_run_is_taken_back_and_what_was_not_begun_is_left_alone() -> None:
    lab = a_lab(hosts(3), outcomes={"cmp2-upgrade": [3]})
    assert play(lab.go()).state is RunState.FAILED
    run = back(lab, reason="the new kernel panics")
    assert run.state is RunState.ROLLED_BACK
    assert run.reason == "taken back to 2025.1"
    assert run.ended_at
    assert undone(lab) == ["cmp2-upgrade", "cmp2-drain", "cmp1-upgrade", "cmp1-drain"]
    assert lab.store.counts(run.id) == {S.UNDONE: 4, S.PENDING: 2}
    assert [(a.id.number, a.undo, a.result) for a in lab.store.attempts(run.id, "cmp2-upgrade")] == [
        (1, False, "failed"),
        (2, True, "done"),
    ]
    (command,) = lab.store.commands(run.id)
    assert (command.result, command.actor) == ("applied", "bob")
    kinds = [kind for kind in lab.kinds() if kind.startswith("run.")]
    assert kinds[-4:] == ["run.resumed", "run.turning-round", "run.rolling-back", "run.rolled-back"]
    told = next(e for e in lab.store.events(run.id) if e.kind == "run.turning-round")
    assert told.data == {"command": command.id, "actor": "bob", "reason": "the new kernel panics"}


def test_nothing_goes_forward_any_more() -> None:
    lab = a_lab(hosts(2), outcomes={"cmp1-upgrade": [3]})
    play(lab.go())
    lab.tell("retry", "cmp1-upgrade")
    lab.tell("rollback", "")
    assert play(lab.go()).state is RunState.ROLLED_BACK
    assert Counter(lab.kinds())["step.started"] == 2, "the retry that was ordered before is not begun"
    assert undone(lab) == ["cmp1-upgrade", "cmp1-drain"]


def test_a_run_that_has_not_begun_anything_is_rolled_back_at_once() -> None:
    lab = a_lab(a_plan(a_step("gate", action="approve"), a_step("a", needs=["gate"]), bindings=[ABLE]))
    assert play(lab.go()).state is RunState.WAITING
    assert back(lab).state is RunState.ROLLED_BACK
    assert lab.jobs == []


# Told while it goes


def test_what_is_in_flight_ends_first_and_then_goes_back_as_well() -> None:
    lab = a_lab(hosts(3), lasting=0.5)

    async def story() -> Run:
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: bool(lab.running))
        lab.tell("rollback", "")
        await lab.until(lambda: lab.store.run(lab.run.id).intent == "rollback")
        assert lab.store.run(lab.run.id).state is RunState.RUNNING, "as long as it drains"
        assert lab.store.run(lab.run.id).reason == "rolling back, as bob said: because"
        return await task

    run = play(story())
    assert run.state is RunState.ROLLED_BACK
    assert undone(lab) == ["cmp1-drain"]
    kinds = lab.kinds()
    assert kinds.index("run.turning-round") < kinds.index("step.done") < kinds.index("run.rolling-back")


def test_what_is_on_record_and_has_not_begun_is_not_begun_any_more() -> None:
    """Its orchestrator died between the record and the start, and the next one knows that the run goes back."""
    lab = a_lab(a_plan(a_step("a"), bindings=[ABLE]))

    async def story() -> Run:
        with lab.store.hold("lab") as journal:
            lab.run = new_run(journal, lab.plan, {}, now=lab.clock.now(), actor="ann")
            journal.commit(lab.run.id, [changes.begun(lab.run, lab.clock.now(), approve_all=False)])
            journal.commit(lab.run.id, [changes.started(lab.run.id, lab.status("a"), lab.clock.now())])
            command = lab.tell("rollback", "")
            run = lab.store.run(lab.run.id)
            journal.commit(lab.run.id, [changes.turning_round(run, command, lab.clock.now())])
        return await lab.go()

    assert play(story()).state is RunState.ROLLED_BACK
    assert [job.argv[0] for _, job in lab.jobs] == ["undo"]
    assert lab.store.attempts(lab.run.id, "a")[0].reason == "the run was to be taken back before it had begun"


def test_told_twice_it_is_one_rollback() -> None:
    lab, free, begun = a_lab(hosts(1)), asyncio.Event(), asyncio.Event()

    async def held(attempt: AttemptId, job: Job) -> Outcome:
        begun.set()
        await free.wait()
        return await lab._work(attempt, job)

    async def story() -> Run:
        lab.executor = InProcessExecutor(held, lab.clock.now)
        task = asyncio.create_task(lab.go())
        await begun.wait()
        lab.tell("rollback", "")
        await lab.until(lambda: lab.store.run(lab.run.id).intent == "rollback")
        assert lab.tell("rollback", "").answer == f"run {lab.run.id} is to be taken back already"
        free.set()
        return await task

    assert play(story()).state is RunState.ROLLED_BACK
    assert Counter(lab.kinds())["run.turning-round"] == 1


def test_services_must_report_after_they_were_taken_back() -> None:
    plan = a_plan(a_step("a"), bindings=[ABLE])
    lab = a_lab(plan, freshness=ScriptedFreshness({}), outcomes={})
    play(lab.go())
    assert lab.run.state is RunState.DONE
    lab = a_lab(a_plan(a_step("a"), a_step("b", needs=["a"]), bindings=[ABLE]), outcomes={"b": [3]})
    lab.freshness = ScriptedFreshness({"a": 0, "b": 3})
    play(lab.go())
    assert back(lab).state is RunState.ROLLED_BACK
    assert Counter(lab.kinds())["step.undo-verifying"] == 2
    attempt = lab.store.attempts(lab.run.id, "a")[-1]
    assert (lab.freshness.asked[-1][0], lab.freshness.asked[-1][1]) == ((("nova-compute", "a"),), attempt.ended_at)


def test_silent_services_fail_the_undo() -> None:
    lab = a_lab(a_plan(a_step("a"), a_step("b", needs=["a"]), bindings=[ABLE]), outcomes={"b": [3]})
    lab.freshness = ScriptedFreshness({})
    play(lab.go())
    lab.freshness = ScriptedFreshness({"b": 10**6})
    lab.pace = Pace(verify=2.0)
    run = back(lab)
    assert run.state is RunState.FAILED
    assert lab.state("b") is S.UNDO_FAILED
    assert "did not report within 2 s" in lab.status("b").reason
    assert lab.state("a") is S.DONE


# What goes wrong


def test_an_undo_that_fails_fails_the_run_and_a_retry_goes_on_taking_it_back() -> None:
    lab = a_lab(hosts(2), outcomes={"cmp2-upgrade": [3, 4]})
    play(lab.go())
    run = back(lab)
    assert run.state is RunState.FAILED
    assert run.intent == "rollback"
    assert run.reason == "not taken back: cmp2; the failure budget of plane:resource is 0 (4 steps are left)"
    assert lab.status("cmp2-upgrade").reason == "cmp2-upgrade returned 4"
    lab.tell("retry", "cmp2-upgrade")
    assert play(lab.go()).state is RunState.ROLLED_BACK
    assert undone(lab) == ["cmp2-upgrade", "cmp2-upgrade", "cmp2-drain", "cmp1-upgrade", "cmp1-drain"]
    assert [a.undo for a in lab.store.attempts(run.id, "cmp2-upgrade")] == [False, True, True]


def test_resuming_without_a_retry_changes_nothing() -> None:
    lab = a_lab(hosts(1), outcomes={"cmp1-upgrade": [3, 4]})
    play(lab.go())
    back(lab)
    assert play(lab.go()).state is RunState.FAILED
    assert undone(lab) == ["cmp1-upgrade"]


def test_what_was_taken_back_by_hand_is_skipped() -> None:
    lab = a_lab(hosts(1), outcomes={"cmp1-upgrade": [3, 4]})
    play(lab.go())
    back(lab)
    lab.tell("skip", "cmp1-upgrade", "reinstalled it")
    run = play(lab.go())
    assert run.state is RunState.ROLLED_BACK
    assert run.reason == "taken back to 2025.1; as they were left: cmp1-upgrade"
    assert undone(lab) == ["cmp1-upgrade", "cmp1-drain"]


@pytest.mark.parametrize(("kind", "step"), [("retry", "cmp1-drain"), ("approve", "cmp1-drain")])
def test_a_step_hears_nothing_else_meanwhile(kind, step) -> None:
    lab = a_lab(hosts(1), lasting=0.02, outcomes={"cmp1-upgrade": [3]})
    play(lab.go())

    async def story() -> Run:
        lab.tell("rollback", "")
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: lab.store.run(lab.run.id).state is RunState.ROLLING_BACK)
        with pytest.raises(Refusal, match=r"it is done|the run is rolling-back"):
            lab.tell(kind, step)
        return await task

    assert play(story()).state is RunState.ROLLED_BACK


@pytest.mark.parametrize(
    ("kind", "state", "heard"),
    [
        ("retry", S.FAILED, False),
        ("retry", S.UNKNOWN, False),
        ("retry", S.UNDO_FAILED, True),
        ("approve", S.WAITING, False),
        ("skip", S.FAILED, True),
        ("skip", S.UNDO_FAILED, True),
    ],
)
def test_what_a_step_may_be_told_while_the_run_is_taken_back(kind, state, heard) -> None:
    step = a_step("a", action="drain", one_way=kind == "approve")
    refused = refusal(kind, step, StepStatus("a", state, 1), RunState.ROLLING_BACK)
    assert (refused is None) == heard
    if refused:
        assert "the run is rolling-back" in refused.brief


def test_a_lost_undo_is_not_undone() -> None:
    lab = a_lab(hosts(1), outcomes={"cmp1-upgrade": [3, 75]})
    play(lab.go())
    assert back(lab).state is RunState.FAILED
    assert lab.state("cmp1-upgrade") is S.UNDO_FAILED
    assert lab.store.attempts(lab.run.id, "cmp1-upgrade")[-1].result == "unknown"


class _Remains(InProcessExecutor):
    """Says that something is left of every attempt, until it is told otherwise."""

    left: tuple[str, ...] = ("process 4711",)

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        return self.left


def test_nothing_is_undone_while_something_of_an_unknown_attempt_may_still_run() -> None:
    lab = a_lab(hosts(1), outcomes={"cmp1-upgrade": [75]})
    lab.executor = _Remains(lab._work, lab.clock.now)
    assert play(lab.go()).state is RunState.FAILED
    assert lab.state("cmp1-upgrade") is S.UNKNOWN
    run = back(lab)
    assert run.state is RunState.PAUSED
    assert run.reason == "not taken back yet, since attempt 1 of cmp1-upgrade still runs: process 4711"
    assert Cause.of(run) is Cause.REMAINS
    assert undone(lab) == []
    lab.executor.left = ()
    assert play(lab.go()).state is RunState.ROLLED_BACK, "a resume looks again, and goes on taking it back"
    assert undone(lab) == ["cmp1-upgrade", "cmp1-drain"]


# Stopped on the way, and taken up again


def a_rollback_under_way(lab: Lab, then: str, **given) -> Run:
    """One that is told something as soon as its first undo is at work."""

    async def story() -> Run:
        lab.tell("rollback", "")
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: any(s.state is S.UNDOING for s in lab.store.steps(lab.run.id)) and bool(lab.running))
        lab.tell(then, "", **given)
        return await task

    return play(story())


def test_a_pause_lets_the_undo_end_and_a_resume_goes_on_taking_it_back() -> None:
    lab = a_lab(hosts(2), lasting=0.01, outcomes={"cmp2-upgrade": [3]})
    play(lab.go())
    run = a_rollback_under_way(lab, "pause")
    assert (run.state, run.intent) == (RunState.PAUSED, "rollback")
    assert undone(lab) == ["cmp2-upgrade"]
    assert play(lab.go()).state is RunState.ROLLED_BACK
    assert undone(lab) == ["cmp2-upgrade", "cmp2-drain", "cmp1-upgrade", "cmp1-drain"]


def test_a_cancelled_rollback_stays_where_it_is() -> None:
    lab = a_lab(hosts(2), lasting=0.01, outcomes={"cmp2-upgrade": [3]})
    play(lab.go())
    run = a_rollback_under_way(lab, "cancel")
    assert run.state is RunState.CANCELLED
    assert undone(lab) == ["cmp2-upgrade"]
    assert lab.store.counts(run.id)[S.UNDONE] == 1


@dataclass
class _Wait:
    """Work that goes on until it may end, so that an orchestrator can leave meanwhile."""

    lab: Lab
    on: str
    go: bool = False

    async def __call__(self, attempt: AttemptId, job: Job) -> Outcome:
        outcome = await self.lab._work(attempt, job)
        while job.argv == ("undo", self.on) and not self.go:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return outcome


def test_an_undo_in_flight_is_adopted_as_an_undo() -> None:
    lab = a_lab(hosts(2), outcomes={"cmp2-upgrade": [3]})
    play(lab.go())
    work: Work = _Wait(lab, "cmp2-upgrade")

    async def story() -> Run:
        lab.executor = InProcessExecutor(work, lab.clock.now)
        lab.tell("rollback", "")
        first = asyncio.create_task(lab.go())
        await lab.until(lambda: undone(lab) == ["cmp2-upgrade"])
        lab.stop.set()
        left = await first
        assert (left.state, lab.state("cmp2-upgrade")) == (RunState.ROLLING_BACK, S.UNDOING)
        second = asyncio.create_task(lab.go())
        await lab.until(lambda: lab.kinds()[-1] == "run.resumed")
        work.go = True
        return await second

    assert play(story()).state is RunState.ROLLED_BACK
    assert undone(lab) == ["cmp2-upgrade", "cmp2-drain", "cmp1-upgrade", "cmp1-drain"], "nothing was undone twice"


def test_orchestrators_that_leave_at_any_moment_lose_and_repeat_nothing() -> None:
    lab = a_lab(hosts(6, window=2), lasting=0.004, outcomes={"cmp5-upgrade": [3]})
    play(lab.go())
    begun = {s.id for s in lab.store.steps(lab.run.id) if s.attempt}

    async def story() -> int:
        lab.tell("rollback", "")
        lives = 0
        while True:
            lives += 1
            task = asyncio.create_task(lab.go())
            await asyncio.sleep(0.003 * (1 + lives % 5))
            lab.stop.set()
            if (await task).state is RunState.ROLLED_BACK:
                return lives

    assert play(story()) > 2
    assert Counter(undone(lab)) == dict.fromkeys(begun, 1)
    for n in range(1, 6):
        assert undone(lab).index(f"cmp{n}-upgrade") < undone(lab).index(f"cmp{n}-drain")


# Refused


def test_a_run_behind_its_first_one_way_step_is_not_taken_back() -> None:
    plan = a_plan(
        a_step("a"),
        a_step("contract", action="db-contract", stage="finish", needs=["a"], one_way=True),
        a_step("b", needs=["contract"]),
        bindings=[ABLE],
    )
    lab = a_lab(plan, outcomes={"b": [3]})
    play(lab.go(approve_all=True))
    with pytest.raises(Refusal) as refused:
        lab.tell("rollback", "")
    assert refused.value.code == "run.rollback_refused"
    assert lab.store.commands(lab.run.id) == ()


def test_what_became_impossible_after_it_was_recorded_is_refused_by_the_orchestrator() -> None:
    contract = a_step("contract", action="db-contract", stage="finish", needs=["a"], one_way=True)
    lab = a_lab(a_plan(a_step("a"), contract, bindings=[ABLE]), lasting=0.05)

    async def story() -> Run:
        task = asyncio.create_task(lab.go(approve_all=True))
        await lab.until(lambda: lab.running == {"a"})
        command = Command("late", lab.run.id, "rollback", "", "bob", "", lab.clock.now())
        await lab.until(lambda: lab.running == {"contract"})
        lab.store.tell(command)
        return await task

    assert play(story()).state is RunState.DONE
    (command,) = lab.store.commands(lab.run.id)
    assert command.result == "refused"
    assert command.answer.endswith("nothing leads back from contract, which has begun")
