"""A run and its meter: nothing changes before there is a baseline, nothing starts after a breach."""

import asyncio

import pytest

from labs import Lab, play
from stairlift.model.availability import Canary
from stairlift.model.cause import Cause
from stairlift.model.effect import Effect, Intention
from stairlift.model.run import RunState, StepState
from stairlift.testing.plans import a_plan, a_step


class ScriptedMeter:
    """Says what it is told to; `tests/e2e/test_meter.py` has the real one."""

    def __init__(self, waits: str = "", lost: str = "", *, writes: bool = False) -> None:
        self.waits, self.lost, self.writes, self.untried = waits, lost, writes, ""
        self.attended = self.left = False

    def makes(self) -> tuple[Intention, ...]:
        return (Intention("probe", "tag in cloud"),) if self.writes else ()

    async def attend(self) -> None:
        self.attended = True
        try:
            await asyncio.Event().wait()
        finally:
            self.left = True

    async def baseline(self) -> str:
        return self.waits

    async def breach(self) -> str:
        return self.lost

    async def canary(self) -> str:
        return self.untried

    def tried(self) -> Canary | None:
        return Canary(0.0, ()) if self.writes else None


def two_steps(**given) -> Lab:
    return Lab(a_plan(a_step("a", **given), a_step("b", needs=["a"])))


def test_it_is_attended_for_as_long_as_the_run_is_carried_out():
    lab, meter = two_steps(), ScriptedMeter()
    play(lab.go(meter=meter))
    assert lab.run.state is RunState.DONE
    assert (meter.attended, meter.left) == (True, True)


def test_nothing_is_changed_before_there_is_a_baseline():
    lab, meter = two_steps(), ScriptedMeter(waits="it takes its baseline")

    async def scene():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.until(lambda: meter.attended)
        await lab.clock.sleep(10)
        assert lab.jobs == []
        meter.waits = ""
        return await run

    assert play(scene()).state is RunState.DONE


def test_what_changes_nothing_need_not_wait():
    lab, meter = two_steps(action="prepare", stage="prepare"), ScriptedMeter(waits="it takes its baseline")

    async def scene():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.until(lambda: lab.run and lab.jobs)
        await lab.until(lambda: lab.state("a") is StepState.DONE)
        await lab.clock.sleep(5)
        assert lab.state("b") is StepState.PENDING
        meter.waits = ""
        return await run

    assert play(scene()).state is RunState.DONE


def test_a_breach_pauses_the_run_and_what_is_in_flight_ends():
    lab, meter = two_steps(), ScriptedMeter()
    lab.lasting = 0.05

    async def scene():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.until(lambda: "a" in lab.running)
        meter.lost = "users lost 3 requests of nova"
        return await run

    run = play(scene())
    assert (run.state, run.reason) == (RunState.PAUSED, "users lost 3 requests of nova")
    assert (lab.state("a"), lab.state("b")) == (StepState.DONE, StepState.PENDING)
    assert "run.held" in lab.kinds()
    assert Cause.of(run) is Cause.METER
    meter.lost = ""
    again = play(lab.go(meter=meter))
    assert (again.state, Cause.of(again)) == (RunState.DONE, None)


def test_a_run_that_is_done_is_over_when_what_users_do_was_tried_once_more():
    """Its ledger is open until then, so that what is being made is taken away whatever happens."""
    lab, meter = two_steps(), ScriptedMeter(writes=True)
    meter.untried = "no server was booted since"

    async def scene():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.until(lambda: lab.run and lab.state("b") is StepState.DONE)
        await lab.clock.sleep(10)
        assert lab.store.run(lab.run.id).state is RunState.RUNNING
        assert [effect.state for effect in lab.store.effects(lab.run.id)] == ["intended"]
        meter.untried = ""
        return await run

    assert play(scene()).state is RunState.DONE


@pytest.mark.parametrize("told", ["pause", "cancel"])
def test_who_is_told_to_rest_meanwhile_does_not_wait(told):
    lab, meter = two_steps(), ScriptedMeter(writes=True)
    meter.untried = "no server was booted since"

    async def scene():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.until(lambda: lab.run and lab.state("b") is StepState.DONE)
        await lab.clock.sleep(10)
        lab.tell(told)
        return await run

    assert play(scene()).state is RunState.DONE, "what is over is over"


def test_who_takes_the_run_up_meanwhile_waits_on():
    lab, meter = two_steps(), ScriptedMeter(writes=True)
    meter.untried = "no server was booted since"

    async def left():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.until(lambda: lab.run and lab.state("b") is StepState.DONE)
        await lab.clock.sleep(10)
        lab.stop.set()
        return await run

    async def taken_up():
        run = asyncio.create_task(lab.go(meter=meter))
        await lab.clock.sleep(10)
        assert not run.done()
        meter.untried = ""
        return await run

    assert play(left()).state is RunState.RUNNING
    assert play(taken_up()).state is RunState.DONE


def test_a_run_that_fails_waits_for_nobody():
    lab, meter = two_steps(), ScriptedMeter(writes=True)
    meter.untried, lab.outcomes = "no server was booted since", {"b": [1]}
    assert play(lab.go(meter=meter)).state is RunState.FAILED


def test_without_a_meter_nothing_waits():
    lab = two_steps()
    assert play(lab.go()).state is RunState.DONE


class Sweeper:
    """Takes away what a meter has made; the write probe's own is in tests/unit/probe/test_leftovers.py."""

    name = "meter"

    def __init__(self) -> None:
        self.swept: list[str] = []

    def effects(self, _assignment) -> tuple[Intention, ...]:
        return ()

    def restore(self, effect: Effect) -> str:
        self.swept.append(effect.id)
        return ""


def test_what_it_makes_is_on_record_and_taken_away_when_the_run_rests():
    lab, meter, sweeper = two_steps(), ScriptedMeter(writes=True), Sweeper()
    lab.lasting = 0.05

    async def scene():
        run = asyncio.create_task(lab.go(meter=meter, strategies={"command": lab.strategy, "meter": sweeper}))
        await lab.until(lambda: "a" in lab.running)
        [effect] = lab.store.effects(lab.run.id)
        assert (effect.id, effect.state, effect.binding, effect.step) == ("probe:tag in cloud", "intended", "meter", "")
        meter.lost = "users lost 1 request"
        return await run

    assert play(scene()).state is RunState.PAUSED
    assert sweeper.swept == ["probe:tag in cloud"]
    assert [effect.state for effect in lab.store.effects(lab.run.id)] == ["restored"]
    meter.lost = ""
    play(lab.go(meter=meter, strategies={"command": lab.strategy, "meter": sweeper}))
    assert sweeper.swept == ["probe:tag in cloud"] * 2, "it was on record again"
