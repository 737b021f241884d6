"""What an orchestrator has in its hands: to go on, and to bring a run to rest."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from journals import Ledger, an_office
from labs import Lab
from stairlift.drive.tools import Pace, Tools
from stairlift.model.observation import HostRecord
from stairlift.ports import Inquiry, StepGate
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import NOON, a_cloud
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring import equipment, putting_back
from stairlift.wiring.equipment import Equipment
from stairlift.wiring.look import Look
from stairlift.wiring.orders import Orders
from stairlift.wiring.running import _lost
from unit.drive.test_metering import ScriptedMeter

PLAN = replace(a_plan(a_step("ctl1", hosts=["ctl1"])), sources=("hosts:ctl1,",))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Look]:
    """The looks at a cloud whose only host lets us in."""
    taken: list[Look] = []

    def glance(_where: object) -> Look:
        seen = a_cloud().saying("hosts:ctl1,", HostRecord("ctl1", ("ctl1",))).observations()
        taken.append(Look((), seen, reconcile(seen, name="lab")))
        return taken[-1]

    monkeypatch.setattr(equipment, "glance", glance)
    monkeypatch.setattr(putting_back, "strategies_of", lambda _plan: {})
    return taken


def resting(folder: Path, **options) -> Tools:
    office = an_office(folder)
    run = replace(Ledger.begun(office, PLAN).run, options=options)
    return Equipment(PLAN, run, office, Orders("ada", approve_all=False, on_event=lambda _: None)).to_rest()


def test_to_bring_a_run_to_rest_nothing_is_looked_at_before_a_step_needs_it(tmp_path: Path, looks: list[Look]) -> None:
    tools = resting(tmp_path)
    assert looks == []
    assert tools.keeper is tools.meter is None, "nothing is to begin"
    assert tools.pace.verify == Pace().verify


def test_what_is_in_flight_then_has_to_pass_the_gates_of_its_run(
    tmp_path: Path, looks: list[Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, ...]] = []

    def gates(gating, _plan, _clock) -> tuple[StepGate, ...]:
        made.append(tuple(gating.settings.document()))
        return ()

    monkeypatch.setattr(equipment.Gating, "gates", gates)
    tools = resting(tmp_path, gates={"process": True, "within": 60.0})
    inquiry = Inquiry(PLAN.steps[0], (("nova-api", "ctl1"),), NOON, NOON)
    assert asyncio.run(tools.gates[0].look(inquiry)).missing == ()
    assert (len(looks), made, tools.pace.verify) == (1, [("process", "within")], 60.0)


def test_what_users_lost_in_the_last_step_is_told_at_the_end() -> None:
    """The run is done, so it cannot be paused for it any more."""
    tools = Lab(PLAN).tools()
    assert asyncio.run(_lost(tools)) == ()
    assert asyncio.run(_lost(replace(tools, meter=ScriptedMeter()))) == ()
    assert asyncio.run(_lost(replace(tools, meter=ScriptedMeter(lost="users lost 3 requests")))) == (
        "users lost 3 requests",
    )
