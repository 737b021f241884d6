"""Files that differ from the plan's stop a run before the next start; what is in flight comes to its end."""

import asyncio
from collections.abc import Collection

from stairlift.execute.inprocess import InProcessExecutor
from stairlift.model.cause import Cause
from stairlift.model.run import RunState, StepState
from stairlift.model.work import Outcome
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from unit.drive.test_loop import Lab, play


class Files:
    """A guard whose answers a test sets, and which counts how often it was asked and for what."""

    def __init__(self, *differences: str, watched: Collection[str] = ("command",)) -> None:
        self.differences = differences
        self.watched = watched
        self.asked: list[frozenset[str]] = []

    def watches(self, binding: str) -> bool:
        return binding in self.watched

    def changed(self, bindings: Collection[str]) -> tuple[str, ...]:
        self.asked.append(frozenset(bindings))
        return self.differences


def test_files_are_compared_before_every_step() -> None:
    lab, files = Lab(a_rollout(2)), Files()
    assert play(lab.go(frozen=files)).state is RunState.DONE
    assert files.asked == [frozenset({"command"})] * 8


def test_starts_of_one_turn_share_a_comparison() -> None:
    lab, files = Lab(a_rollout(3, actions=["upgrade"], window=3)), Files()
    play(lab.go(frozen=files))
    assert len(files.asked) == 1


def test_a_difference_before_the_first_step_pauses_with_nothing_started() -> None:
    lab = Lab(a_rollout(1))
    run = play(lab.go(frozen=Files("/etc/x has changed")))
    assert run.state is RunState.PAUSED
    assert "/etc/x has changed; put it back, or make a new plan" in run.reason
    assert lab.jobs == []
    assert lab.kinds()[-2:] == ["run.held", "run.paused"]
    assert Cause.of(run) is Cause.FILES
    assert lab.store.events(run.id)[-2].data == {"reason": run.reason, "by": "files"}


def test_what_is_in_flight_comes_to_its_end() -> None:
    """Two hosts side by side; the file changes while both are at work, and one ends long before the other."""
    steps = [a_step("short"), a_step("long"), a_step("next", needs=["short"])]
    lab, files, begun, free = Lab(a_plan(*steps)), Files(), set(), asyncio.Event()

    async def work(attempt, _job):
        begun.add(attempt.step)
        if attempt.step == "long":
            await free.wait()
        await lab.until(lambda: len(begun) == 2)
        files.differences = ("/etc/x is missing",)
        return Outcome(0)

    async def story():
        lab.executor = InProcessExecutor(work, lab.clock.now)
        going = asyncio.create_task(lab.go(frozen=files))
        await lab.until(lambda: lab.run and "run.held" in lab.kinds())
        held = lab.store.run(lab.run.id)
        assert (held.state, lab.state("long")) == (RunState.RUNNING, StepState.RUNNING)
        assert "/etc/x is missing" in held.reason
        free.set()
        return await going

    assert play(story()).state is RunState.PAUSED
    assert [lab.state(step.id) for step in steps] == [StepState.DONE, StepState.DONE, StepState.PENDING]


def test_it_goes_on_once_the_files_are_back() -> None:
    lab, files = Lab(a_rollout(1)), Files("/etc/x has changed")
    play(lab.go(frozen=files))
    files.differences = ()
    run = play(lab.go(frozen=files))
    assert (run.state, run.reason) == (RunState.DONE, "")


def test_a_strategy_with_nothing_to_compare_is_not_asked_about() -> None:
    lab, files = Lab(a_rollout(1)), Files("/etc/x has changed", watched=())
    assert play(lab.go(frozen=files)).state is RunState.DONE
    assert files.asked == []


def test_only_strategies_that_are_about_to_start_matter() -> None:
    """The file of another entry, whose steps come later, does not stop this one's."""
    first, last = a_step("first", strategy="a"), a_step("last", needs=["first"], strategy="b")
    lab = Lab(a_plan(first, last, bindings=[a_binding("a"), a_binding("b")]))
    files = Files(watched=["a", "b"])
    play(lab.go(frozen=files))
    assert files.asked == [frozenset({"a"}), frozenset({"b"})]


def test_many_differences_are_cut_short() -> None:
    lab = Lab(a_rollout(1))
    run = play(lab.go(frozen=Files(*(f"/etc/{n} has changed" for n in range(5)))))
    assert "/etc/2 has changed; and 2 more; put" in run.reason
