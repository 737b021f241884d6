"""Attempts that fail for now, get lost or take too long: against twins whose clock runs fast."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from labs import Lab, Work, play
from stairlift.drive.lost import verdict_on_lost
from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.plan import Plan
from stairlift.model.run import Attempt, AttemptId, Lost, RunState, StepState
from stairlift.model.work import Job, Outcome
from stairlift.testing.clouds import NOON
from stairlift.testing.doubles import FastClock, ScriptedFreshness, ScriptedStrategy
from stairlift.testing.plans import a_binding, a_plan, a_step

PASSING, FAILING = 69, 3


def tried(plan: Plan, *, retries: int = 2, after: int = 10) -> Plan:
    return replace(plan, retries=retries, retry_after=after)


def attempts(lab: Lab, step: str) -> list[tuple[int, str | None]]:
    return [(a.id.number, a.result) for a in lab.store.attempts(lab.run.id, step)]


def starts(lab: Lab, step: str) -> list[datetime]:
    return [e.at for e in lab.store.events(lab.run.id) if e.kind == "step.started" and e.step == step]


# What passes is tried again


def test_what_fails_for_a_reason_that_passes_is_tried_again_by_itself() -> None:
    lab = Lab(tried(a_plan(a_step("a"), a_step("b", needs=["a"]))), {"a": [PASSING, PASSING]})
    assert play(lab.go()).state is RunState.DONE
    assert attempts(lab, "a") == [(1, "failed"), (2, "failed"), (3, "done")]
    first, second, third = starts(lab, "a")
    assert second - first >= timedelta(seconds=10)
    assert third - second >= timedelta(seconds=20), "each pause is twice as long as the one before"
    passed = [e.data for e in lab.store.events(lab.run.id) if e.kind == "step.retrying"]
    assert [data["retry_after"] for data in passed] == [10, 20]
    assert passed[0]["reason"] == "a returned 69"
    assert passed[0]["temporary"]


def test_it_is_not_tried_more_often_than_the_plan_says() -> None:
    lab = Lab(tried(a_plan(a_step("a")), retries=1, after=1), {"a": [PASSING] * 5})
    assert play(lab.go()).state is RunState.FAILED
    assert attempts(lab, "a") == [(1, "failed"), (2, "failed")]
    assert lab.status("a").retries == 1


@pytest.mark.parametrize("code", [FAILING, 75])
def test_what_does_not_pass_is_not_tried_again(code: int) -> None:
    lab = Lab(tried(a_plan(a_step("a"))), {"a": [code]})
    assert play(lab.go()).state is RunState.FAILED
    assert len(lab.jobs) == 1


def test_a_persons_retry_gives_it_all_its_tries_again() -> None:
    lab = Lab(tried(a_plan(a_step("a")), retries=1, after=1), {"a": [PASSING] * 3})
    play(lab.go())
    lab.tell("retry", "a")
    assert play(lab.go()).state is RunState.DONE
    assert attempts(lab, "a") == [(1, "failed"), (2, "failed"), (3, "failed"), (4, "done")]


def test_while_it_waits_it_keeps_its_slot_and_is_no_failure() -> None:
    plan = tried(a_plan(a_step("a", slots=["w"]), a_step("b", slots=["w"]), windows={"w": 1}), after=20)
    lab = Lab(plan, {"a": [PASSING]})
    assert play(lab.go()).state is RunState.DONE
    assert [attempt.step for attempt, _ in lab.jobs] == ["a", "a", "b"]


def test_while_it_waits_the_others_go_on() -> None:
    lab = Lab(tried(a_plan(a_step("a"), a_step("b")), after=60), {"a": [PASSING]})
    assert play(lab.go()).state is RunState.DONE
    (b,) = starts(lab, "b")
    assert b < starts(lab, "a")[1]


def test_a_binding_that_bears_one_process_is_free_while_it_waits() -> None:
    steps = [a_step("a", strategy="kolla"), a_step("b", strategy="kolla")]
    plan = tried(a_plan(*steps, bindings=[a_binding("kolla", concurrency="cloud")]), after=30)
    lab = Lab(plan, {"a": [PASSING]}, lasting=0.005)
    assert play(lab.go()).state is RunState.DONE
    assert [attempt.step for attempt, _ in lab.jobs] == ["a", "b", "a"]
    assert lab.most == 1


def test_a_person_who_does_not_want_to_wait_need_not() -> None:
    lab = Lab(tried(a_plan(a_step("a")), after=10**6), {"a": [PASSING]})

    async def story():
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: lab.run is not None and lab.state("a") is StepState.RETRYING)
        lab.tell("retry", "a")
        return await task

    assert play(story()).state is RunState.DONE
    assert attempts(lab, "a") == [(1, "failed"), (2, "done")]


def test_a_run_may_rest_while_a_step_waits_and_whoever_takes_it_up_waits_anew() -> None:
    lab = Lab(tried(a_plan(a_step("a"), a_step("b")), after=40), {"a": [PASSING], "b": [FAILING]})
    assert play(lab.go()).state is RunState.FAILED
    assert lab.state("a") is StepState.RETRYING
    lab.tell("retry", "b")
    began = lab.clock.now()
    assert play(lab.go()).state is RunState.DONE
    assert starts(lab, "a")[1] - began >= timedelta(seconds=40)
    assert attempts(lab, "a") == [(1, "failed"), (2, "done")]


# Lost attempts


class _Losing(InProcessExecutor):
    """The first attempts at each step die half-way; `left` says what of them still runs, look by look."""

    def __init__(self, work: Work, *left: tuple[str, ...], losses: int = 1) -> None:
        super().__init__(work)
        self._left = list(left)
        self._losses = losses

    async def run(self, attempt, job):
        if attempt.number > self._losses:
            return await super().run(attempt, job)
        return Lost("its machine died")

    async def remains(self, attempt):
        return self._left.pop(0) if self._left else ()


def a_lab(plan: Plan, *left: tuple[str, ...], losses: int = 1, repeatable: bool = True, **given) -> Lab:
    lab = Lab(tried(plan), strategy=ScriptedStrategy({"repeatable": repeatable}), **given)
    lab.executor = _Losing(lab._work, *left, losses=losses)
    return lab


def test_a_lost_attempt_is_looked_at_and_then_begun_anew() -> None:
    lab = a_lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness({"cmp1": 1}))
    assert play(lab.go()).state is RunState.DONE
    assert attempts(lab, "cmp1") == [(1, "unknown"), (2, "done")]
    first, *_ = lab.store.attempts(lab.run.id)
    assert first.reason == "its machine died; nova-compute on cmp1 has not reported"
    asked_about, since = lab.freshness.asked[0]
    assert (asked_about, since) == ((("nova-compute", "cmp1"),), first.started_at)


def test_that_its_services_report_does_not_make_it_done() -> None:
    lab = a_lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness(), repeatable=False)
    assert play(lab.go()).state is RunState.FAILED
    assert lab.state("cmp1") is StepState.UNKNOWN
    assert lab.status("cmp1").reason == "its machine died; no registry misses its services"


def test_a_registry_that_cannot_be_asked_keeps_nothing_from_being_begun_anew() -> None:
    lab = a_lab(a_plan(a_step("cmp1")), freshness=ScriptedFreshness(unreachable=1))
    assert play(lab.go()).state is RunState.DONE
    assert "could not be asked: nova did not answer" in lab.store.attempts(lab.run.id)[0].reason


@pytest.mark.parametrize(
    "plan",
    [
        a_plan(a_step("db", action="db-expand")),
        a_plan(a_step("unpin", action="unpin")),
        a_plan(a_step("move", action="drain", one_way=True)),
    ],
)
def test_what_happens_once_or_has_no_way_back_waits_for_a_person(plan: Plan) -> None:
    lab = a_lab(plan)
    assert play(lab.go(approve_all=True)).state is RunState.FAILED
    assert [s.state for s in lab.store.steps(lab.run.id)] == [StepState.UNKNOWN]
    assert lab.jobs == []


def test_a_machine_that_dies_again_and_again_is_for_a_person() -> None:
    lab = a_lab(a_plan(a_step("a")), losses=9)
    assert play(lab.go()).state is RunState.FAILED
    assert attempts(lab, "a") == [(1, "unknown"), (2, "unknown"), (3, "unknown")]
    assert lab.state("a") is StepState.UNKNOWN


def test_as_long_as_something_of_it_runs_it_is_not_begun_anew() -> None:
    left = ("process 77 (./step upgrade)",)
    lab = a_lab(a_plan(a_step("a")), *[left] * 100)
    assert play(lab.go()).state is RunState.FAILED
    assert "of it still runs: process 77 (./step upgrade)" in lab.status("a").reason


def test_what_dies_a_moment_later_is_waited_for() -> None:
    lab = a_lab(a_plan(a_step("a")), ("process 77 (./step)",), ("process 77 (./step)",))
    assert play(lab.go()).state is RunState.DONE


def test_a_strategy_that_cannot_say_whether_it_bears_it_does_not() -> None:
    class Silent(ScriptedStrategy):
        def capabilities(self):
            raise SystemExit("no idea")

    lab = a_lab(a_plan(a_step("a")))
    lab.strategy = Silent()
    assert play(lab.go()).state is RunState.FAILED
    assert lab.state("a") is StepState.UNKNOWN


def test_a_way_back_that_was_lost_is_never_begun_anew() -> None:
    lab = a_lab(a_plan(a_step("a")))
    attempt = Attempt(AttemptId("r1", "a", 2), NOON, undo=True)
    verdict = play(verdict_on_lost(Lost("its machine died"), lab.plan.steps[0], attempt, lab.tools()))
    assert (verdict.result, verdict.temporary) == ("unknown", False)


# Deadlines


async def _for_ever(_attempt: AttemptId, _job: Job) -> Outcome:
    await asyncio.sleep(3600)
    return Outcome(0)


def test_an_attempt_is_ended_at_its_deadline_and_is_not_repeated() -> None:
    lab = Lab(tried(a_plan(a_step("a", deadline=100))), strategy=ScriptedStrategy({"repeatable": True}))
    lab.freshness = ScriptedFreshness({"a": 5})
    lab.executor = InProcessExecutor(_for_ever)
    assert play(lab.go()).state is RunState.FAILED
    (attempt,) = lab.store.attempts(lab.run.id)
    assert (attempt.result, lab.state("a")) == ("unknown", StepState.UNKNOWN)
    assert attempt.reason == "it was ended at its deadline of 100 s; nova-compute on a has not reported"
    assert attempt.ended_at - attempt.started_at >= timedelta(seconds=99)
    assert play(lab.executor.remains(attempt.id)) == ()


def test_without_a_deadline_slow_is_not_failed() -> None:
    lab = Lab(a_plan(a_step("a"), a_step("b", deadline=5000)), lasting=1.0)
    assert play(lab.go()).state is RunState.DONE
    took = lab.status("b").ended_at - lab.status("b").started_at
    assert took >= timedelta(seconds=300)


@pytest.mark.parametrize("jump", [timedelta(days=3), timedelta(days=-3)])
def test_a_clock_that_is_set_ends_nothing(jump: timedelta) -> None:
    clock = FastClock(400)
    lab = Lab(tried(a_plan(a_step("a", deadline=3000), a_step("cmp1"))), lasting=0.5, clock=clock)
    lab.freshness = ScriptedFreshness({"cmp1": 3})

    async def story():
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: len(lab.jobs) == 2)
        clock.offset = jump
        return await task

    assert play(story()).state is RunState.DONE
    assert [number for number, _ in attempts(lab, "a") + attempts(lab, "cmp1")] == [1, 1]


class _Timed(InProcessExecutor):
    """Knows of an adopted attempt how long it has run; `None` is one that cannot tell."""

    ages: dict[str, float | None]

    def age(self, attempt: AttemptId) -> float | None:
        return self.ages[attempt.step]


@pytest.mark.parametrize(
    ("age", "recorded", "ends_after"),
    [
        (80.0, 80.0, 20.0),
        (80.0, 10**6, 20.0),  # the clock was set forward since: the executor knows better
        (80.0, -500.0, 100.0),  # it was set back: nothing is known to have been spent
        (10**6, 30.0, 70.0),  # the executor may count what we do not
        (None, 80.0, 100.0),
    ],
)
def test_of_an_adopted_attempt_what_it_has_spent_counts(age: float | None, recorded: float, ends_after: float) -> None:
    clock = FastClock(400)
    lab = Lab(tried(a_plan(a_step("a", deadline=100))), clock=clock)
    lab.executor = _Timed(_for_ever)
    lab.executor.ages = {"a": age}

    async def story() -> float:
        task = asyncio.create_task(lab.go())
        await lab.until(lambda: lab.run is not None and bool(lab.store.attempts(lab.run.id)))
        await _left(task)
        clock.offset = timedelta(seconds=recorded)
        began = lab.clock.now()
        assert (await lab.go()).state is RunState.FAILED
        return (lab.clock.now() - began).total_seconds()

    assert ends_after - 2 <= play(story()), "never early"
    assert "deadline" in lab.status("a").reason


async def _left(task: Awaitable) -> None:
    task.cancel()
    await asyncio.wait([task])


def test_what_was_ended_at_its_deadline_before_its_orchestrator_died_is_not_repeated() -> None:
    """Nobody could put it on record, but when it ended is known."""

    class Ended(InProcessExecutor):
        async def run(self, attempt, job):
            return Lost("it was stopped by force half-way", lab.clock.now() + timedelta(seconds=101))

    lab = Lab(tried(a_plan(a_step("a", deadline=100))), strategy=ScriptedStrategy({"repeatable": True}))
    lab.executor = Ended(_for_ever)
    assert play(lab.go()).state is RunState.FAILED
    assert lab.status("a").reason == "it was ended at its deadline of 100 s"
    assert attempts(lab, "a") == [(1, "unknown")]


def test_an_attempt_that_ends_just_before_it_is_ended_counts_as_it_ended() -> None:
    class Late(InProcessExecutor):
        async def end(self, attempt):
            go_on.set()
            await asyncio.sleep(0.05)
            await super().end(attempt)

    async def until_told(_attempt: AttemptId, _job: Job) -> Outcome:
        await go_on.wait()
        return Outcome(0)

    async def story():
        lab.executor = Late(until_told)
        return await lab.go()

    go_on = asyncio.Event()
    lab = Lab(a_plan(a_step("a", deadline=50)))
    assert play(story()).state is RunState.DONE
