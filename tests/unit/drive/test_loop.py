"""The run's loop against its twins: a store in memory, attempts as coroutines, a clock that runs a hundred times as fast."""

import asyncio
import itertools
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pytest

from labs import Lab, Work, play
from stairlift.drive.begin import new_run
from stairlift.drive.loop import carry_out
from stairlift.drive.tools import Pace
from stairlift.drive.verification import pauses
from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import AttemptId, Run, RunState, StepState
from stairlift.model.work import Job, Outcome
from stairlift.store.memory import MemoryJournal
from stairlift.testing.doubles import FastClock, ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step

# From begin to end


def test_a_run_goes_from_begin_to_end() -> None:
    lab = Lab(a_rollout(3, window=2), lasting=0.002)
    run = play(lab.go())
    assert run.state is RunState.DONE
    assert run.started_at
    assert run.ended_at
    assert lab.store.run(run.id) == run
    assert lab.store.counts(run.id) == {StepState.DONE: 12}
    assert lab.most == 2
    assert len(lab.jobs) == 12
    kinds = lab.kinds()
    assert kinds[:2] == ["run.created", "run.started"]
    assert kinds[-1] == "run.done"
    assert Counter(kinds)["step.started"] == Counter(kinds)["step.done"] == 12
    assert all(a.result == "done" and a.returncode == 0 and a.ended_at for a in lab.store.attempts(run.id))


def test_a_job_is_told_what_the_contract_says() -> None:
    step = a_step("net1", action="cordon", services=["neutron-l3-agent", "nova-compute"], hosts=["n1", "n2"])
    lab = Lab(a_plan(step))
    play(lab.go())
    ((_, job),) = lab.jobs
    assert job.argv == ("true", "net1")
    assert job.env == {
        "STAIRLIFT_RUN": lab.run.id,
        "STAIRLIFT_STEP": "net1",
        "STAIRLIFT_ATTEMPT": "1",
        "STAIRLIFT_ACTION": "cordon",
        "STAIRLIFT_SERVICE": "neutron-l3-agent,nova-compute",
        "STAIRLIFT_HOST": "n1,n2",
        "STAIRLIFT_FROM": "2025.1",
        "STAIRLIFT_TO": "2026.1",
    }


def test_events_reach_who_watches_in_order_and_after_they_are_on_record() -> None:
    seen = []
    lab = Lab(a_rollout(2))

    def watch(event) -> None:
        assert event in lab.store.events(lab.run.id)
        seen.append(event.seq)
        raise BrokenPipeError

    lab.on_event = watch
    assert play(lab.go()).state is RunState.DONE
    assert seen == list(range(2, 2 + len(seen)))
    assert len(seen) == len(lab.kinds()) - 1


def test_many_steps_that_move_at_once_are_one_transaction() -> None:
    lab = Lab(a_rollout(100, actions=("upgrade",), window=50))
    sizes = []

    async def counted() -> Run:
        with lab.store.hold("lab") as journal:
            write = journal.commit
            journal.commit = lambda run, made: (sizes.append(len(made)), write(run, made))[1]
            run = new_run(journal, lab.plan, {}, now=lab.clock.now(), actor="ann")
            lab.run = run
            return await carry_out(journal, lab.plan, run.id, lab.tools(), stop=asyncio.Event())

    assert play(counted()).state is RunState.DONE
    assert len(sizes) < 20
    assert max(sizes) >= 50


# Failure


def test_a_failure_stops_the_run_and_what_is_in_flight_is_recorded() -> None:
    lab = Lab(a_rollout(5, actions=("upgrade",), window=2), {"cmp1-upgrade": [3]}, lasting=0.01)
    run = play(lab.go())
    assert run.state is RunState.FAILED
    assert "cmp1" in run.reason
    assert run.ended_at
    assert lab.status("cmp1-upgrade").reason == "cmp1-upgrade returned 3"
    assert lab.state("cmp2-upgrade") is StepState.DONE
    assert lab.store.counts(run.id)[StepState.PENDING] == 3
    failed = next(e for e in lab.store.events(run.id) if e.kind == "step.failed")
    assert failed.data == {"reason": "cmp1-upgrade returned 3", "returncode": 3}
    assert failed.attempt == 1


def test_resuming_a_failed_run_without_a_retry_changes_nothing() -> None:
    lab = Lab(a_plan(a_step("a"), a_step("b", needs=["a"])), {"a": [3]})
    play(lab.go())
    assert play(lab.go()).state is RunState.FAILED
    assert len(lab.jobs) == 1
    assert lab.kinds()[-2:] == ["run.resumed", "run.failed"]


def test_a_retry_runs_that_step_alone_again() -> None:
    lab = Lab(a_plan(a_step("a"), a_step("b", needs=["a"])), {"b": [3]})
    play(lab.go())
    lab.tell("retry", "b", "disk swapped")
    assert lab.state("b") is StepState.FAILED, "only the orchestrator moves a step"
    assert play(lab.go()).state is RunState.DONE
    assert [(a.step, a.number) for a, _ in lab.jobs] == [("a", 1), ("b", 1), ("b", 2)]
    assert [(a.id.number, a.result) for a in lab.store.attempts(lab.run.id, "b")] == [(1, "failed"), (2, "done")]
    (command,) = lab.store.commands(lab.run.id)
    assert command.result == "applied"
    retried = next(e for e in lab.store.events(lab.run.id) if e.kind == "step.retried")
    assert retried.data == {"command": command.id, "actor": "bob", "reason": "disk swapped"}


def test_a_retry_is_heard_while_the_run_goes_on() -> None:
    plan = a_plan(a_step("a"), a_step("slow"), budgets={"plane:resource": 1})
    lab = Lab(plan, {"a": [3]})

    async def work(attempt: AttemptId, job: Job) -> Outcome:
        if attempt.step == "slow":
            await lab.until(lambda: lab.state("a") is StepState.DONE)
        return await lab._work(attempt, job)

    async def story() -> Run:
        lab.executor = InProcessExecutor(work)
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: lab.run is not None and lab.state("a") is StepState.FAILED)
        lab.tell("retry", "a")
        return await task

    assert play(story()).state is RunState.DONE


def test_a_skipped_step_lets_the_rest_go_on() -> None:
    lab = Lab(a_plan(a_step("a", action="cordon"), a_step("b", needs=["a"])), {"a": [3]})
    play(lab.go())
    lab.tell("skip", "a", "it is fenced already")
    assert play(lab.go()).state is RunState.DONE
    assert lab.state("a") is StepState.SKIPPED
    assert lab.status("a").reason == "it is fenced already"


class _Clumsy(ScriptedStrategy):
    def __init__(self, *, job: bool) -> None:
        super().__init__()
        self._job = job

    def job(self, assignment):
        if self._job:
            raise TypeError("argv must be a list")
        return super().job(assignment)

    def judge(self, assignment, outcome):
        raise StairliftError(code="x", brief="the stats are missing")


def test_a_strategy_that_cannot_say_what_to_do_fails_the_step() -> None:
    lab = Lab(a_plan(a_step("a")), strategy=_Clumsy(job=True))
    assert play(lab.go()).state is RunState.FAILED
    assert lab.state("a") is StepState.FAILED
    assert "argv must be a list" in lab.status("a").reason
    assert lab.jobs == []


def test_a_strategy_that_cannot_judge_leaves_the_step_unknown() -> None:
    lab = Lab(a_plan(a_step("a")), strategy=_Clumsy(job=False))
    assert play(lab.go()).state is RunState.FAILED
    assert lab.state("a") is StepState.UNKNOWN
    assert "the stats are missing" in lab.status("a").reason


def test_a_plan_without_a_strategy_is_refused_before_anything_is_recorded() -> None:
    lab = Lab(a_plan(a_step("a"), a_step("b", strategy="kolla")))
    with pytest.raises(Refusal, match="b") as caught:
        play(lab.go())
    assert caught.value.code == "run.no_strategy"
    assert lab.kinds() == ["run.created"]
    assert lab.jobs == []


# Verification


def test_services_are_awaited_until_they_report_and_only_then_the_next_step_starts() -> None:
    lab = Lab(a_rollout(1, actions=("cordon", "upgrade", "uncordon")), freshness=ScriptedFreshness({"cmp1": 3}))
    assert play(lab.go()).state is RunState.DONE
    status = lab.status("cmp1-upgrade")
    assert len(lab.freshness.asked) == 4, "only the upgrade is verified"
    assert lab.freshness.asked == [((("nova-compute", "cmp1"),), status.worked_at)] * 4
    kinds = lab.kinds()
    assert kinds.index("step.verifying") < kinds.index("step.done", kinds.index("step.verifying"))
    assert status.ended_at - status.worked_at >= timedelta(seconds=3)
    started = {s.id: s.started_at for s in lab.store.steps(lab.run.id)}
    assert started["cmp1-uncordon"] >= status.ended_at


def test_every_service_on_every_host_is_asked_for() -> None:
    step = a_step("s", services=["agent", "nova-compute"], hosts=["h1", "h2"])
    lab = Lab(a_plan(step), freshness=ScriptedFreshness())
    play(lab.go())
    asked, _ = lab.freshness.asked[0]
    assert set(asked) == {("agent", "h1"), ("agent", "h2"), ("nova-compute", "h1"), ("nova-compute", "h2")}


def test_services_that_stay_silent_fail_the_step_by_name() -> None:
    lab = Lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness({"cmp1": 10**6}))
    assert play(lab.go()).state is RunState.FAILED
    status = lab.status("cmp1")
    assert status.state is StepState.FAILED
    assert "within 180 s" in status.reason
    assert "nova-compute on cmp1 has not reported" in status.reason
    assert status.ended_at - status.worked_at >= timedelta(seconds=180)
    (attempt,) = lab.store.attempts(lab.run.id)
    assert attempt.result == "failed"
    assert attempt.returncode == 0
    assert attempt.reason == status.reason


def test_a_registry_that_cannot_be_asked_is_asked_again() -> None:
    lab = Lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness(unreachable=3))
    assert play(lab.go()).state is RunState.DONE
    assert len(lab.freshness.asked) == 4


def test_a_registry_that_never_answers_is_no_success() -> None:
    lab = Lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness(unreachable=10**6))
    assert play(lab.go()).state is RunState.FAILED
    assert "nova did not answer" in lab.status("cmp1").reason


def test_a_verification_is_taken_up_and_its_step_does_not_run_again() -> None:
    lab = Lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness({"cmp1": 10**6}))

    async def story() -> Run:
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: len(lab.freshness.asked) > 2)
        assert lab.state("cmp1") is StepState.VERIFYING
        task.cancel()
        await asyncio.wait([task])
        lab.freshness = ScriptedFreshness({"cmp1": 1})
        return await lab.go()

    assert play(story()).state is RunState.DONE
    assert len(lab.jobs) == 1
    assert {since for _, since in lab.freshness.asked} == {lab.status("cmp1").worked_at}


def test_a_retry_after_silence_does_not_hear_the_old_listener() -> None:
    lab = Lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness({"cmp1": 10**6}), pace=Pace(verify=3.0))
    play(lab.go())
    lab.freshness = ScriptedFreshness()
    lab.tell("retry", "cmp1")
    assert play(lab.go()).state is RunState.DONE
    assert [a.number for a, _ in lab.jobs] == [1, 2]


def test_questions_come_every_second_at_first_and_then_more_seldom() -> None:
    gaps = pauses(Pace())
    first = [next(gaps) for _ in range(20)]
    assert first[:10] == [1.0] * 10
    assert first == sorted(first)
    assert first[-1] == 5.0


# Leaving and taking up


def test_a_detached_run_leaves_its_attempts_and_is_taken_up() -> None:
    lab = Lab(a_rollout(6, actions=("upgrade",), window=3), lasting=0.05)

    async def story() -> tuple[Run, Run]:
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: len(lab.jobs) == 3)
        lab.stop.set()
        left = await task
        assert len(lab.jobs) == 3
        assert lab.store.orchestrator("lab") is None
        return left, await lab.go()

    left, ended = play(story())
    assert left.state is RunState.RUNNING
    assert ended.state is RunState.DONE
    assert Counter(a.step for a, _ in lab.jobs) == {f"cmp{n}-upgrade": 1 for n in range(1, 7)}
    detached = next(e for e in lab.store.events(lab.run.id) if e.kind == "run.detached")
    assert detached.data == {"in_flight": ["cmp1-upgrade", "cmp2-upgrade", "cmp3-upgrade"]}
    assert "run.resumed" in lab.kinds()


@pytest.mark.parametrize("seed", range(15))
def test_killed_at_any_moment_nothing_is_lost_and_nothing_runs_twice(seed: int) -> None:
    chance = random.Random(seed)
    lab = Lab(a_rollout(8, window=3), lasting=0.003, freshness=ScriptedFreshness())

    async def story() -> Run:
        for _ in range(chance.randint(1, 8)):
            task = asyncio.create_task(lab.go())
            await asyncio.sleep(chance.random() * 0.03)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return await lab.go()

    assert play(story()).state is RunState.DONE
    assert Counter(a for a, _ in lab.jobs) == {AttemptId(lab.run.id, s.id, 1): 1 for s in lab.plan.steps}
    assert lab.most <= 3
    assert [e.seq for e in lab.store.events(lab.run.id)] == list(range(1, len(lab.kinds()) + 1))


def test_a_run_that_is_over_is_given_back_untouched() -> None:
    lab = Lab(a_plan(a_step("a")))
    run, before = play(lab.go()), lab.kinds()
    assert play(lab.go()) == run
    assert lab.kinds() == before


def test_an_executor_that_does_not_know_the_attempts_stops_a_resume_before_a_word() -> None:
    """Elsewhere than where it was begun, what is in flight would look as if it had never started."""
    lab = Lab(a_plan(a_step("a")), {"a": [3]})

    def open_run(_run: str, *, begun: bool) -> None:
        if begun:
            raise StairliftError(code="execute.attempts_gone", brief="begun elsewhere")

    lab.executor.open_run = open_run
    play(lab.go())
    before = lab.kinds()
    with pytest.raises(StairliftError, match="elsewhere"):
        play(lab.go())
    assert lab.kinds() == before


def test_a_lost_lease_stops_the_loop_without_a_word() -> None:
    lab = Lab(a_rollout(4, actions=("upgrade",), window=1), lasting=0.02)

    async def story() -> None:
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: len(lab.jobs) == 2)
        lab.store.usurp("lab")
        before = lab.kinds()
        with pytest.raises(Refusal) as caught:
            await task
        assert caught.value.code == "run.lease_lost"
        assert lab.kinds() == before
        assert len(lab.jobs) == 2

    play(story())


def test_nothing_starts_that_could_not_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(a_rollout(3, actions=("upgrade",), window=1))
    write = MemoryJournal.commit

    def full(self, run_id, made):
        if any(c.step and c.step.id == "cmp2-upgrade" for c in made):
            raise StairliftError(code="store.full", brief="the disk of the journal is full")
        return write(self, run_id, made)

    async def story() -> Run:
        monkeypatch.setattr(MemoryJournal, "commit", full)
        with pytest.raises(StairliftError, match="full"):
            await lab.go()
        assert [a.step for a, _ in lab.jobs] == ["cmp1-upgrade"]
        monkeypatch.setattr(MemoryJournal, "commit", write)
        return await lab.go()

    assert play(story()).state is RunState.DONE
    assert Counter(a.step for a, _ in lab.jobs) == {f"cmp{n}-upgrade": 1 for n in (1, 2, 3)}


def test_the_lease_is_renewed_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(a_plan(a_step("a")), lasting=4.0, clock=FastClock(12))
    renewed = []
    monkeypatch.setattr(MemoryJournal, "renew", lambda self: renewed.append(lab.clock.now()))
    play(lab.go())
    quiet = [b - a for a, b in itertools.pairwise(renewed)]
    assert len(renewed) >= 3, "48 s without an event"
    assert max(quiet) < timedelta(seconds=30), "the lease is for so long"
    assert "renew" not in "".join(lab.kinds())


# Approval


def test_a_one_way_step_waits_and_approval_lets_it_go() -> None:
    plan = a_plan(a_step("a"), a_step("contract", action="db-contract", needs=["a"], one_way=True))
    lab = Lab(plan)
    run = play(lab.go())
    assert run.state is RunState.WAITING
    assert run.ended_at is None
    assert "1 step waits" in run.reason
    assert lab.state("contract") is StepState.WAITING
    assert play(lab.go()).state is RunState.WAITING, "resume without approval waits again"
    lab.tell("approve", "contract", "backup is there")
    assert play(lab.go()).state is RunState.DONE
    assert lab.status("contract").approved


def test_a_blanket_approval_holds_across_a_resume() -> None:
    plan = a_plan(a_step("a"), a_step("x", needs=["a"], one_way=True), a_step("y", needs=["x"], one_way=True))
    lab = Lab(plan, {"a": [3]})
    play(lab.go(approve_all=True))
    lab.tell("retry", "a")
    run = play(lab.go())
    assert run.state is RunState.DONE
    assert run.approve_all
    assert "step.waiting" not in lab.kinds()


def test_a_blanket_approval_given_later_covers_what_waits() -> None:
    lab = Lab(a_plan(a_step("x", one_way=True)))
    assert play(lab.go()).state is RunState.WAITING
    assert play(lab.go(approve_all=True)).state is RunState.DONE
    assert lab.kinds()[-4:] == ["step.approved", "step.started", "step.done", "run.done"]


# Lost attempts


class _LostOnes(InProcessExecutor):
    """Attempts of this step die half-way and leave a process behind, as long as it is not killed."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.alive = True

    async def run(self, attempt, job):
        from stairlift.model.run import Lost

        return Lost("its machine died") if attempt.number == 1 else await super().run(attempt, job)

    async def remains(self, attempt):
        return ("process 77 (./step upgrade)",) if self.alive and attempt.number == 1 else ()


def test_a_lost_attempt_is_unknown_never_done_and_is_not_started_again_by_itself() -> None:
    lab = Lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness())
    lab.executor = _LostOnes(lab._work)
    run = play(lab.go())
    assert run.state is RunState.FAILED
    assert lab.state("cmp1") is StepState.UNKNOWN
    assert lab.freshness.asked == [], "records that are fresh do not make a lost upgrade a done one"
    assert play(lab.go()).state is RunState.FAILED
    assert lab.jobs == []


def test_a_retry_of_a_lost_attempt_needs_the_proof_that_nothing_of_it_runs() -> None:
    lab = Lab(a_plan(a_step("cmp1")))
    lab.executor = _LostOnes(lab._work)
    play(lab.go())
    lab.tell("retry", "cmp1")
    assert play(lab.go()).state is RunState.FAILED
    (command,) = lab.store.commands(lab.run.id)
    assert command.result == "refused"
    assert "process 77" in command.answer
    refused = next(e for e in lab.store.events(lab.run.id) if e.kind == "command.refused")
    assert refused.data["answer"] == command.answer
    assert refused.data["actor"] == "bob"
    lab.executor.alive = False
    lab.tell("retry", "cmp1")
    assert play(lab.go()).state is RunState.DONE
    assert [a.number for a, _ in lab.jobs] == [2]


# Commands


def test_a_gate_is_approved_and_not_skipped() -> None:
    lab = Lab(a_plan(a_step("gate", action="approve", services=(), hosts=()), a_step("a", needs=["gate"])))
    play(lab.go())
    with pytest.raises(Refusal, match="for a person to approve") as caught:
        lab.tell("skip", "gate")
    assert caught.value.code == "run.cannot_skip"
    assert "`stairlift approve`" in caught.value.resolution


def test_a_command_that_makes_no_sense_is_refused_naming_the_state() -> None:
    steps = a_step("a"), a_step("db", action="db-expand", needs=["a"]), a_step("z", needs=["db"])
    lab = Lab(a_plan(*steps), {"db": [3]})
    play(lab.go())
    with pytest.raises(Refusal, match="it is done") as caught:
        lab.tell("retry", "a")
    assert caught.value.code == "run.illegal_transition"
    with pytest.raises(Refusal) as caught:
        lab.tell("skip", "db")
    assert caught.value.code == "run.cannot_skip"
    with pytest.raises(Refusal, match="needs no approval"):
        lab.tell("approve", "z")
    with pytest.raises(UsageError) as caught:
        lab.tell("retry", "ghost")
    assert caught.value.code == "run.unknown_step"
    with pytest.raises(Refusal) as caught:
        lab.tell("approve", "sha256:another")
    assert caught.value.code == "plan.other_hash"
    with pytest.raises(UsageError) as caught:
        lab.tell("skip", "z", reason="")
    assert caught.value.code == "run.no_reason"
    assert lab.store.commands(lab.run.id) == ()


def test_a_command_is_answered_as_it_stands_when_it_is_told_again() -> None:
    lab = Lab(a_plan(a_step("a")), {"a": [3]})
    play(lab.go())
    told = lab.tell("retry", "a", command_id="c1")
    play(lab.go())
    again = lab.tell("retry", "a", command_id="c1")
    assert told.result is None
    assert again.result == "applied"
    assert len(lab.store.commands(lab.run.id)) == 1


def test_a_command_overtaken_by_events_is_refused_when_it_is_acted_on() -> None:
    lab = Lab(a_plan(a_step("a"), a_step("b")), {"a": [3]}, lasting=0.002)
    play(lab.go())
    for command_id in ("c1", "c2"):
        lab.tell("retry", "a", command_id=command_id)
    assert play(lab.go()).state is RunState.DONE
    first, second = lab.store.commands(lab.run.id)
    assert (first.result, second.result) == ("applied", "refused")
    assert "it is pending" in second.answer
    assert [a.number for a, _ in lab.jobs if a.step == "a"] == [1, 2]
    with pytest.raises(Refusal, match="the run is done"):
        lab.tell("retry", "a")


def test_what_was_retried_and_has_not_started_can_still_be_skipped() -> None:
    lab = Lab(a_plan(a_step("a")), {"a": [3]})
    play(lab.go())
    lab.tell("retry", "a", command_id="c1")
    lab.tell("skip", "a", command_id="c2")
    assert play(lab.go()).state is RunState.DONE
    assert [c.result for c in lab.store.commands(lab.run.id)] == ["applied", "applied"]
    assert lab.state("a") is StepState.SKIPPED


# New runs


def test_a_new_run_freezes_what_the_plan_says() -> None:
    lab = Lab(a_plan(a_step("a"), bindings=[a_binding()], cloud="prod"))
    with lab.store.hold("prod") as journal:
        now = lab.clock.now()
        run = new_run(journal, lab.plan, {"any": "thing"}, now=now, actor="ann", options={"os_cloud": "prod"})
    assert (run.cloud, run.source, run.target, run.plan_hash) == ("prod", "2025.1", "2026.1", lab.plan.hash)
    assert run.state is RunState.PENDING
    assert run.id.startswith("260504-")
    assert lab.store.plan(run.id) == {"any": "thing"}
    assert lab.store.run(run.id).options == {"os_cloud": "prod"}
