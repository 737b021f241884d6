"""Pause, cancel and stop-after: told to a run while its loop goes on, and to one that rests."""

import asyncio
from dataclasses import replace

import pytest

from labs import Lab, play
from stairlift.drive.resting import obey
from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.cause import Cause
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.run import AttemptId, Command, Run, RunState, StepState
from stairlift.model.work import Job, Outcome
from stairlift.testing.doubles import ScriptedFreshness
from stairlift.testing.plans import a_plan, a_rollout, a_step


class Held(Lab):
    """Attempts last until `go_on` is set; what is ended by force is gone."""

    def __post_init__(self) -> None:
        self.executor = InProcessExecutor(self._held, self.clock.now)
        self.go_on = asyncio.Event()

    async def _held(self, attempt: AttemptId, job: Job) -> Outcome:
        self.jobs.append((attempt, job))
        await self.go_on.wait()
        return await self._ended(attempt)

    async def _ended(self, attempt: AttemptId) -> Outcome:
        codes = self.outcomes.get(attempt.step, [])
        return Outcome(codes.pop(0) if codes else 0)

    def begins(self) -> "asyncio.Task[Run]":
        return asyncio.create_task(self.go())

    async def at_work(self, jobs: int = 1) -> None:
        await self.until(lambda: len(self.jobs) >= jobs)

    async def answered(self, command) -> str:
        def found():
            return next(c for c in self.store.commands(self.run.id) if c.id == command.id)

        await self.until(lambda: found().result)
        return found().result

    def event(self, kind: str):
        return next(e for e in self.store.events(self.run.id) if e.kind == kind)

    async def rests(self) -> Run:
        """What is done about a run that nobody carries out."""
        with self.store.hold(self.plan.cloud) as journal:
            self.run = await obey(journal, self.plan, self.run.id, self.tools())
            return self.run


def a_held(**given) -> Held:
    return Held(a_rollout(3, actions=("upgrade",), window=1), **given)


# Pause


def test_a_pause_starts_nothing_more_and_records_what_is_in_flight():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work()
        assert await lab.answered(lab.tell("pause", reason="lunch")) == "applied"
        now = lab.store.run(lab.run.id)
        assert (now.state, now.reason) == (RunState.RUNNING, "pausing, as bob said: lunch")
        assert Cause.of(now) is Cause.PERSON
        lab.go_on.set()
        return await task

    lab = a_held()
    run = play(story(lab))
    assert (run.state, run.reason) == (RunState.PAUSED, "as bob said: lunch")
    assert [a.step for a, _ in lab.jobs] == ["cmp1-upgrade"]
    assert lab.state("cmp1-upgrade") is StepState.DONE
    assert lab.kinds()[-3:] == ["run.pausing", "step.done", "run.paused"]
    told = lab.event("run.pausing")
    assert (told.data["actor"], told.data["reason"]) == ("bob", "lunch")
    assert Cause.of(run) is Cause.PERSON
    again = play(lab.go())
    assert (again.state, Cause.of(again)) == (RunState.DONE, None), "who resumes it lifts the pause"
    assert len(lab.jobs) == 3


def test_a_pause_told_twice_is_one_pause():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work()
        first, second = lab.tell("pause", reason="one"), lab.tell("pause", reason="two")
        assert [await lab.answered(c) for c in (first, second)] == ["applied", "applied"]
        lab.go_on.set()
        return await task

    lab = a_held()
    run = play(story(lab))
    assert (run.state, run.reason) == (RunState.PAUSED, "as bob said: one")
    assert [k for k in lab.kinds() if k in ("run.pausing", "command.needless")] == ["run.pausing", "command.needless"]
    again = lab.tell("pause")
    assert (again.result, "paused already" in again.answer) == ("applied", True)
    assert again.id not in {c.id for c in lab.store.commands(lab.run.id)}, "nothing to record"


def test_a_pause_that_nobody_acted_on_is_not_lost():
    """Its orchestrator died between the word and its next look."""
    lab = a_held()

    async def dies() -> None:
        task = lab.begins()
        await lab.at_work()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        lab.run = lab.store.run(lab.run.id)
        lab.tell("pause")

    async def story() -> Run:
        await dies()
        lab.go_on.set()
        return await lab.go()

    run = play(story())
    assert run.state is RunState.PAUSED
    assert lab.store.counts(run.id) == {StepState.DONE: 1, StepState.PENDING: 2}


def test_a_failure_matters_more_than_a_pause():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell("pause"))
        lab.go_on.set()
        return await task

    lab = a_held(outcomes={"cmp1-upgrade": [3]})
    assert play(story(lab)).state is RunState.FAILED


def test_a_run_that_is_over_all_the_same_is_done():
    async def story(lab: Held, *told: str) -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell(*told))
        lab.go_on.set()
        return await task

    for kind in ("pause", "cancel"):
        assert play(story(Held(a_plan(a_step("a"))), kind)).state is RunState.DONE


# Cancel


def test_a_cancelled_run_drains_and_is_over():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell("cancel", reason="wrong window"))
        now = lab.store.run(lab.run.id)
        assert (now.state, now.intent) == (RunState.RUNNING, "cancel")
        with pytest.raises(Refusal, match="being cancelled"):
            lab.tell("pause")
        lab.go_on.set()
        return await task

    lab = a_held()
    run = play(story(lab))
    assert (run.state, run.reason) == (RunState.CANCELLED, "as bob said: wrong window")
    assert run.ended_at
    assert lab.store.counts(run.id) == {StepState.DONE: 1, StepState.PENDING: 2}
    assert play(lab.go()) == run, "nothing goes on"
    for kind, step in (("pause", ""), ("retry", "cmp2-upgrade"), ("stop-after", "")):
        with pytest.raises(Refusal, match="cancelled"):
            lab.tell(kind, step, **({"stage": "control"} if kind == "stop-after" else {}))


def test_whoever_takes_up_a_cancelled_run_only_drains_it():
    lab = a_held()

    async def story() -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell("cancel"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        lab.go_on.set()
        return await lab.go()

    run = play(story())
    assert (run.state, run.reason) == (RunState.CANCELLED, "as bob said: because")
    assert len(lab.jobs) == 1
    assert lab.state("cmp1-upgrade") is StepState.DONE


def test_what_was_on_record_and_not_begun_is_not_begun_after_a_cancel():
    """The orchestrator died between the commit and the start, and somebody cancelled meanwhile."""
    lab = a_held()

    async def story() -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell("cancel"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        lab.executor = InProcessExecutor(lab._held, lab.clock.now)  # which has never heard of it
        return await lab.go()

    assert play(story()).state is RunState.CANCELLED
    assert len(lab.jobs) == 1
    assert lab.state("cmp1-upgrade") is StepState.FAILED
    assert "before it had begun" in lab.status("cmp1-upgrade").reason


def test_cancel_now_ends_all_attempts_and_asks_their_services_once():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work(2)
        lab.tell("cancel", now=True)
        return await task

    freshness = ScriptedFreshness({"cmp1": 99})
    lab = Held(a_rollout(3, actions=("upgrade",), window=2), freshness=freshness)
    run = play(story(lab))
    assert run.state is RunState.CANCELLED
    assert lab.store.counts(run.id) == {StepState.UNKNOWN: 2, StepState.PENDING: 1}
    reasons = [lab.status(f"cmp{n}-upgrade").reason for n in (1, 2)]
    assert reasons[0] == "it was ended by cancel --now; nova-compute on cmp1 has not reported"
    assert reasons[1].startswith("it was ended by cancel --now; ")
    assert len(freshness.asked) == 2
    assert [a.result for a in lab.store.attempts(run.id)] == ["unknown", "unknown"]
    assert lab.event("run.cancelling").data["now"] is True


def test_cancel_now_waits_for_no_services():
    lab = Held(a_rollout(2, actions=("upgrade",)), freshness=ScriptedFreshness({"cmp1": 10_000}))
    lab.go_on.set()

    async def story() -> Run:
        task = lab.begins()
        await lab.until(lambda: lab.run and lab.state("cmp1-upgrade") is StepState.VERIFYING)
        lab.tell("cancel", now=True)
        return await task

    run = play(story())
    assert run.state is RunState.CANCELLED
    assert lab.state("cmp1-upgrade") is StepState.UNKNOWN
    assert "nova-compute on cmp1 has not reported" in lab.status("cmp1-upgrade").reason
    assert [a.result for a in lab.store.attempts(run.id)] == ["unknown"]


def test_cancel_drains_a_verification():
    lab = Held(a_rollout(2, actions=("upgrade",)), freshness=ScriptedFreshness({"cmp1": 10}))
    lab.go_on.set()

    async def story() -> Run:
        task = lab.begins()
        await lab.until(lambda: lab.run and lab.state("cmp1-upgrade") is StepState.VERIFYING)
        lab.tell("cancel")
        return await task

    assert play(story()).state is RunState.CANCELLED
    assert lab.state("cmp1-upgrade") is StepState.DONE


def test_now_holds_whoever_takes_the_run_up():
    lab = a_held()

    async def story() -> Run:
        task = lab.begins()
        await lab.at_work()
        lab.executor.end = _never  # its orchestrator dies before it has ended anything
        await lab.answered(lab.tell("cancel", now=True))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        del lab.executor.end
        return await lab.go()

    assert play(story()).state is RunState.CANCELLED
    assert lab.state("cmp1-upgrade") is StepState.UNKNOWN


async def _never(_attempt: AttemptId) -> None:
    await asyncio.Event().wait()


def test_a_drain_can_be_cut_short_later():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell("cancel"))
        lab.tell("cancel", now=True)
        return await task

    lab = a_held()
    assert play(story(lab)).state is RunState.CANCELLED
    assert lab.state("cmp1-upgrade") is StepState.UNKNOWN


def test_two_commands_at_once_are_answered_one_after_the_other():
    async def story(lab: Held) -> tuple[Run, list[str]]:
        task = lab.begins()
        await lab.at_work()
        told = [lab.tell("cancel"), lab.tell("pause"), lab.tell("cancel")]
        answers = [await lab.answered(c) for c in told]
        lab.go_on.set()
        return await task, answers

    run, answers = play(story(a_held()))
    assert run.state is RunState.CANCELLED
    assert answers == ["applied", "refused", "applied"]


# At rest


@pytest.mark.parametrize(
    ("kind", "state", "cause"), [("pause", RunState.PAUSED, Cause.PERSON), ("cancel", RunState.CANCELLED, None)]
)
def test_a_run_that_waits_is_stopped_by_a_line_in_the_journal(kind, state, cause):
    lab = Held(a_plan(a_step("db", one_way=True)))
    assert play(lab.go()).state is RunState.WAITING
    lab.tell(kind, reason="not today")
    run = play(lab.rests())
    assert (run.state, run.reason, Cause.of(run)) == (state, "as bob said: not today", cause)
    assert lab.kinds()[-2:] == ["run.waiting", f"run.{state}"]
    assert lab.store.commands(run.id)[-1].result == "applied"
    assert lab.event(f"run.{state}").data["actor"] == "bob"


def test_a_failed_run_is_cancelled_and_not_paused():
    lab = a_held(outcomes={"cmp1-upgrade": [3]})
    lab.go_on.set()
    assert play(lab.go()).state is RunState.FAILED
    with pytest.raises(Refusal, match="it is failed"):
        lab.tell("pause")
    lab.tell("cancel")
    assert play(lab.rests()).state is RunState.CANCELLED


def test_what_has_come_true_meanwhile_is_needless():
    lab = Held(a_plan(a_step("db", one_way=True)))
    play(lab.go())
    lab.tell("pause")
    lab.tell("pause")
    run = play(lab.rests())
    assert run.state is RunState.PAUSED
    assert lab.kinds()[-2:] == ["run.paused", "command.needless"]
    assert [c.result for c in lab.store.commands(run.id)] == ["applied", "applied"]


# Stop after a stage


def a_staged_lab() -> Held:
    return Held(
        a_plan(
            a_step("api", stage="control"),
            a_step("l3", stage="network", needs=["api"]),
            a_step("cmp", stage="compute", needs=["l3"]),
        )
    )


def test_it_can_be_told_to_stop_after_a_stage_while_it_runs():
    async def story(lab: Held) -> Run:
        task = lab.begins()
        await lab.at_work()
        await lab.answered(lab.tell("stop-after", stage="network"))
        lab.go_on.set()
        return await task

    lab = a_staged_lab()
    run = play(story(lab))
    assert run.state is RunState.PAUSED
    assert "everything up to stage network is done" in run.reason
    assert [a.step for a, _ in lab.jobs] == ["api", "l3"]
    assert lab.event("run.stop-after").data == {
        "command": "stop-after--0",
        "actor": "bob",
        "reason": "because",
        "stage": "network",
    }
    assert play(lab.go()).state is RunState.DONE, "who resumes it goes on"


def test_a_stage_that_is_behind_is_refused_twice():
    """When it is told, and when its turn comes."""

    lab = a_staged_lab()

    async def work(attempt: AttemptId, job: Job) -> Outcome:
        return await (lab._ended(attempt) if attempt.step == "api" else lab._held(attempt, job))

    async def story() -> Run:
        lab.executor = InProcessExecutor(work)
        task = lab.begins()
        await lab.at_work()
        with pytest.raises(Refusal, match="left that stage behind"):
            lab.tell("stop-after", stage="control")
        late = Command("c", lab.run.id, "stop-after", "", "bob", "", lab.clock.now(), details={"stage": "control"})
        assert await lab.answered(lab.store.tell(late)) == "refused"
        lab.go_on.set()
        return await task

    assert play(story()).state is RunState.DONE


def test_a_run_that_is_paused_may_be_told_where_to_stop():
    lab = Held(a_plan(a_step("db", one_way=True, stage="control"), a_step("cmp", needs=["db"])))
    play(lab.go())
    lab.tell("stop-after", stage="control")
    assert play(lab.rests()).state is RunState.WAITING
    lab.tell("approve", "db")
    lab.go_on.set()
    assert play(lab.go()).state is RunState.PAUSED
    assert lab.state("cmp") is StepState.PENDING


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("pause", {"now": True}),
        ("cancel", {"later": True}),
        ("stop-after", {}),
        ("stop-after", {"stage": "dessert"}),
        ("retry", {"now": True}),
    ],
)
def test_details_that_mean_nothing_are_refused(kind, details):
    lab = a_staged_lab()
    lab.run = play(_recorded(lab))
    with pytest.raises(UsageError, match="means nothing") as refused:
        lab.tell(kind, "api" if kind == "retry" else "", **details)
    assert refused.value.code == "run.bad_command"


async def _recorded(lab: Held) -> Run:
    task = lab.begins()
    await lab.at_work()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return lab.store.run(lab.run.id)


# Failures by policy


@pytest.mark.parametrize(
    ("policy", "state"), [("stop", RunState.FAILED), ("pause", RunState.PAUSED), ("ask", RunState.WAITING)]
)
def test_on_failure(policy, state):
    lab = Held(replace(a_rollout(2, actions=("upgrade",)), on_failure=policy), outcomes={"cmp1-upgrade": [3]})
    lab.go_on.set()
    run = play(lab.go())
    assert (run.state, "cmp1" in run.reason) == (state, True)
    lab.tell("retry", "cmp1-upgrade")
    assert play(lab.go()).state is RunState.DONE


# Approvals


def test_a_blanket_approval_names_who_gave_it_and_what_it_covers_too():
    lab = Held(a_plan(a_step("db", action="db-contract", one_way=True)))
    play(lab.go())
    lab.go_on.set()
    assert play(lab.go(approve_all=True, actor="bob")).state is RunState.DONE
    assert lab.event("step.approved").data == {
        "actor": "bob",
        "blanket": True,
        "plan": lab.run.plan_hash,
        "covers": "ONE-WAY db-contract of nova-compute on db",
    }


def test_an_approval_is_on_record_with_the_plan_and_what_it_covers():
    lab = Held(a_plan(a_step("db", action="db-contract", one_way=True)))
    play(lab.go())
    told = lab.tell("approve", "db", "read it")
    assert told.details == {"plan": lab.run.plan_hash, "covers": "ONE-WAY db-contract of nova-compute on db"}
    lab.go_on.set()
    play(lab.go())
    assert lab.event("step.approved").data == {"command": told.id, "actor": "bob", "reason": "read it", **told.details}
