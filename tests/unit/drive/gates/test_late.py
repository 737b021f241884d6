"""A run that is only brought to rest: what is in flight has to pass the same gates, which are made when it needs them."""

import asyncio
from dataclasses import replace

import pytest

from labs import Lab, play
from stairlift.drive.gates.late import LateGates
from stairlift.model.errors import SourceTrouble, StairliftError
from stairlift.model.run import RunState, StepState
from stairlift.ports import Inquiry, Looked
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step


class Gate:
    """Says what it is told to, in turn; the last for ever."""

    def __init__(self, name: str, *says: Looked, concerned: bool = True) -> None:
        self.name, self.says, self.concerned, self.asked = name, list(says), concerned, 0

    def concerns(self, _step) -> bool:
        return self.concerned

    async def look(self, _inquiry) -> Looked:
        self.asked += 1
        return self.says.pop(0) if self.says[1:] else self.says[0]


OLD = Looked(missing=("nova-api on ctl1 runs 31.0.0",))


def test_they_are_made_once_and_when_a_step_needs_them() -> None:
    made = []
    gate = Gate("process", OLD, OLD, Looked())

    def built():
        made.append(gate)
        return (gate,)

    lab = Lab(a_plan(a_step("ctl1"), a_step("ctl2", needs=["ctl1"])))
    assert play(lab.go(gates=(LateGates(built),))).state is RunState.DONE
    assert (len(made), gate.asked) == (1, 4)


def test_what_is_missing_is_told_by_the_gate_that_misses_it() -> None:
    behind = Gate("logs", Looked())
    late = LateGates(lambda: (Gate("api", OLD, concerned=False), Gate("process", OLD), behind))
    found = asyncio.run(late.look(_inquiry()))
    assert found.missing == ("process: nova-api on ctl1 runs 31.0.0",)
    assert not behind.asked


def test_a_cloud_that_does_not_let_itself_be_looked_at_is_asked_again() -> None:
    def fails():
        raise StairliftError(code="config.invalid", brief="clouds.yaml is gone", resolution="put it back")

    with pytest.raises(SourceTrouble, match="is gone"):
        asyncio.run(LateGates(fails).look(_inquiry()))
    lab = Lab(a_plan(a_step("ctl1")))
    lab.pace = replace(lab.pace, verify=5.0)
    assert play(lab.go(gates=(LateGates(fails),))).state is RunState.FAILED
    assert lab.state("ctl1") is StepState.FAILED
    assert "clouds.yaml is gone" in lab.status("ctl1").reason


def test_a_gate_that_breaks_keeps_its_own_step_waiting_only() -> None:
    class Breaks(Gate):
        async def look(self, inquiry) -> Looked:
            raise ValueError(f"invalid literal on {inquiry.step.id}")

        def concerns(self, step) -> bool:
            return step.id == "ctl1"

    lab = Lab(a_plan(a_step("ctl1"), a_step("ctl2"), budgets={"plane:resource": 1}))
    lab.pace = replace(lab.pace, verify=5.0)
    play(lab.go(gates=(Breaks("logs", OLD),)))
    assert (lab.state("ctl1"), lab.state("ctl2")) == (StepState.FAILED, StepState.DONE)
    assert "gate logs could not be asked: ValueError: invalid literal on ctl1" in lab.status("ctl1").reason


def _inquiry() -> Inquiry:
    return Inquiry(a_step("ctl1"), (("nova-api", "ctl1"),), NOON, NOON)
