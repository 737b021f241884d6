"""A one-way step begins, or is offered for approval, after a fresh look at the cloud only."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

from stairlift.drive import gatekeeping
from stairlift.model.cause import Cause
from stairlift.model.run import RunState, StepState
from stairlift.ports import Assent
from stairlift.testing.plans import a_plan, a_step
from unit.drive.test_loop import Lab, play


class Keeper:
    """A gatekeeper whose words a test sets, and which keeps what it was asked about."""

    def __init__(self, assent: Assent | None = None, watched: Callable[[object], bool] = lambda s: s.one_way) -> None:
        self.assent = assent or Assent(evidence=("release.mixed passed: 3 services seen at 2025.2",))
        self.asked: list[str] = []
        self.watches = watched

    def judge(self, step):
        self.asked.append(step.id)
        return self.assent


def a_lab() -> Lab:
    steps = [a_step("first"), a_step("contract", needs=["first"], action="db-contract", one_way=True)]
    return Lab(a_plan(*steps))


def test_the_approval_shows_what_was_seen() -> None:
    lab, keeper = a_lab(), Keeper()
    assert play(lab.go(keeper=keeper)).state is RunState.WAITING
    (asked,) = [event for event in lab.store.events(lab.run.id) if event.kind == "step.waiting"]
    assert asked.data["evidence"] == list(keeper.assent.evidence)
    assert keeper.asked == ["contract"]


def test_a_failing_gate_pauses_and_offers_nothing() -> None:
    lab = a_lab()
    keeper = Keeper(Assent("release.mixed nova-compute@cmp1: it runs 31.0.0"))
    for approve_all in (False, True):
        run = play(lab.go(keeper=keeper, approve_all=approve_all))
        assert run.state is RunState.PAUSED
        assert "contract may not begin: release.mixed nova-compute@cmp1: it runs 31.0.0" in run.reason
        assert lab.state("contract") in (StepState.PENDING, StepState.WAITING)
    assert "step.waiting" not in lab.kinds()


def test_with_the_blanket_it_goes_on_once_the_gate_holds() -> None:
    lab, keeper = a_lab(), Keeper(Assent("not yet"))
    play(lab.go(keeper=keeper, approve_all=True))
    keeper.assent = Assent()
    assert play(lab.go(keeper=keeper, approve_all=True)).state is RunState.DONE
    assert keeper.asked == ["contract"] * 2


def a_gate() -> Lab:
    gate = a_step("word", action="approve", strategy=None)
    sync = a_step("sync", needs=["word"], action="db-expand", one_way=True)
    return Lab(a_plan(gate, replace(sync, gate="word")))


def test_a_gate_that_is_approved_already_opens_after_a_fresh_look_only() -> None:
    """Nobody is asked any more, so nothing was shown; and behind the gate nothing is looked at again."""
    keeper = Keeper(Assent("broker.partitioned: rabbit1 is alone"), lambda step: step.id == "word")
    beforehand = a_gate()
    play(beforehand.go(keeper=Keeper()))
    beforehand.tell("approve", "word")
    for lab, approve_all in ((a_gate(), True), (beforehand, False)):
        run = play(lab.go(keeper=keeper, approve_all=approve_all))
        assert (run.state, lab.jobs) == (RunState.PAUSED, [])
        assert "word may not begin: broker.partitioned" in run.reason
        assert Cause.of(run) is Cause.CHECK
    keeper.assent = Assent()
    assert play(beforehand.go(keeper=keeper)).state is RunState.DONE


def test_what_is_not_watched_goes_on_meanwhile() -> None:
    """A look takes a while; another host's step does not wait for it."""
    lab, free = Lab(a_plan(a_step("slow", one_way=True), a_step("other"))), threading.Event()

    class Slow(Keeper):
        def judge(self, step):
            free.wait(60)
            return super().judge(step)

    async def story():
        going = asyncio.create_task(lab.go(keeper=Slow(), approve_all=True))
        await lab.until(lambda: lab.run and lab.state("other") is StepState.DONE)
        assert lab.state("slow") is StepState.PENDING
        free.set()
        return await going

    assert play(story()).state is RunState.DONE


def test_a_look_that_breaks_is_an_objection_and_leaves_nothing_in_flight() -> None:
    class Breaks(Keeper):
        def judge(self, step):
            raise LookupError("hypervisors")

    run = play(a_lab().go(keeper=Breaks(), approve_all=True))
    assert (run.state, run.reason) == (
        RunState.PAUSED,
        "contract may not begin: nobody could look: LookupError: hypervisors",
    )


def test_what_was_seen_too_long_ago_is_looked_at_again(monkeypatch) -> None:
    """It was offered, and the yes came when what was shown with it had grown old."""
    monkeypatch.setattr(gatekeeping, "FRESH", -1.0)
    looks = []

    class Counting(Keeper):
        def judge(self, step):
            looks.append(step.id)
            if len(looks) == 3:
                monkeypatch.setattr(gatekeeping, "FRESH", 600.0)
            return super().judge(step)

    assert play(a_lab().go(keeper=Counting(), approve_all=True)).state is RunState.DONE
    assert looks == ["contract"] * 3


def test_the_first_step_that_changes_anything_can_be_watched_as_well() -> None:
    lab = a_lab()
    keeper = Keeper(Assent("servers.in_flight s1: it has been building for an hour"), lambda step: step.id == "first")
    run = play(lab.go(keeper=keeper))
    assert run.state is RunState.PAUSED
    assert lab.jobs == []
