"""Which gates a run gets: by what its sources allow, and by what the operator says."""

import asyncio
from dataclasses import replace

import pytest

from pages import ROOT
from stairlift.drive.gates.settings import GateSettings, gate_settings
from stairlift.drive.questions import Ways
from stairlift.knowledge.checks import rule
from stairlift.model.errors import UsageError
from stairlift.model.observation import HostRecord
from stairlift.model.run import Run, RunState
from stairlift.ports import Inquiry
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import NOON, a_cloud, an_ovn_cloud
from stairlift.testing.doubles import FastClock
from stairlift.testing.plans import a_plan, a_step
from stairlift.testing.scenes import scene_of
from stairlift.wiring import gating
from stairlift.wiring.gating import Gating, kept_gates, read_gates
from stairlift.wiring.look import Look, Where
from stairlift.wiring.questions import Asking
from stories import StagedHosts, sections

PLAN = a_plan(a_step("cmp1"))
MEMBERS = {"ctl1": "leader", "ctl2": "follower", "ctl3": "follower-2"}
ALONE = '"cluster/status" is not a valid command (use "list-commands" to see a list of valid commands)'


def recorded(name):
    return (ROOT / "tests" / "data" / "ovn" / f"{name}.txt").read_text()


def a_look(*facts):
    """A look at a cloud whose client is not to be had: `facts` are those of the source hosts:."""
    builder = a_cloud()
    for fact in facts:
        builder = builder.saying("hosts:cmp1,", fact)
    seen = builder.observations()
    return Look((), seen, reconcile(seen, name="built"))


def names(settings, look, before=None, specs=("openstack",)):
    made = Gating(settings, before or {}, look, Where(specs))
    return [gate.name for gate in made.gates(PLAN, FastClock(1))]


def test_without_means_there_are_no_gates():
    assert names(GateSettings(), a_look()) == []


def test_a_host_that_let_us_in_gives_two():
    seen = a_look(HostRecord("cmp1", ("cmp1",)))
    assert names(GateSettings(), seen, specs=("hosts:cmp1,",)) == ["process", "logs"]
    assert names(GateSettings(logs=False), seen, specs=("hosts:cmp1,",)) == ["process"]


def test_what_was_asked_for_by_name_is_there_to_say_that_it_cannot_be_asked():
    assert names(GateSettings(api=True, routers=True), a_look()) == ["api", "routers"]


def test_what_was_compared_before_is_compared_behind_steps():
    kept = {"facts": {}, "found": {}}
    assert names(GateSettings(), a_look(), {"counts": kept, "routers": kept}) == ["counts", "routers"]


def test_a_run_keeps_what_was_said_and_how_it_was():
    kept = kept_gates(GateSettings(logs=False, within=60.0, counts=False, routers=False), a_look(), Where(()), PLAN)
    assert kept == {"gates": {"logs": False, "counts": False, "routers": False, "within": 60.0}}
    run = Run("r", "c", "h", "2025.1", "2026.1", RunState.RUNNING, NOON, options=kept)
    assert gate_settings(run) == GateSettings(logs=False, within=60.0, counts=False, routers=False)
    assert gate_settings(replace(run, options={})) == GateSettings()


def test_who_reports_before_the_run_is_kept_and_what_nobody_can_tell_is_not():
    """Without an API the guests are unknown, so nothing is compared with nothing."""
    kept = kept_gates(GateSettings(), a_look(), Where(()), PLAN)["gates_before"]
    assert set(kept) == {"counts"}
    assert set(kept["counts"]["facts"]) == {"records.missing"}
    assert "nova-compute@cmp1" in kept["counts"]["facts"]["records.missing"]["up"]


def test_the_bus_is_kept_for_the_checks_before_one_way_steps_and_is_no_gate(monkeypatch):
    """Without it nobody could say that the broker has lost its services since."""
    scene = scene_of(a_cloud().placed("mq1", "rabbitmq"))
    said = sections(queues="/\tconductor\tclassic\tfalse\t0\t3", connections="40")
    ways = Ways(remote=StagedHosts({"mq1": said}))
    monkeypatch.setattr(gating, "asking", lambda *_: Asking(scene, ways))
    kept = kept_gates(GateSettings(), a_look(), Where(()), PLAN)["gates_before"]
    assert kept["bus"]["facts"] == {"bus.unsteady": {"messages": 0, "connections": 40}}
    assert "bus" not in [
        gate.name for gate in Gating(GateSettings(), kept, a_look(), Where(())).gates(PLAN, FastClock(1))
    ]
    assert rule("bus.unsteady").one_way


def test_members_of_ovns_databases_are_waited_for_behind_each_of_them(monkeypatch):
    built = an_ovn_cloud().without("keystone-catalog")
    seen = built.observations()
    look = Look((), seen, reconcile(seen, name="built"))
    told = {host: f"@nb\n0\n{recorded(name)}@sb\n2\n{ALONE}\n@end\n" for host, name in MEMBERS.items()}
    monkeypatch.setattr(gating, "asking", lambda *_: Asking(scene_of(built), Ways(remote=StagedHosts(told))))
    kept = kept_gates(GateSettings(), look, Where(()), PLAN)["gates_before"]
    assert kept["members"] == {"facts": {"ovn.members": {}}, "found": {"ovn.members": []}}
    gates = {gate.name: gate for gate in Gating(GateSettings(), kept, look, Where(())).gates(PLAN, FastClock(1))}
    member = replace(a_step("x"), services=("ovn-nb-db",), hosts=("ctl2",))
    assert gates["members"].concerns(member)
    assert not gates["members"].concerns(replace(member, services=("ovn-northd",)))
    inquiry = Inquiry(member, (("ovn-nb-db", "ctl2"),), NOON, NOON, False)
    assert asyncio.run(gates["members"].look(inquiry)).missing == ()
    told["ctl1"] = f"@nb\n0\n{recorded('leader-one-down')}@sb\n2\n{ALONE}\n@end\n"
    [missing] = asyncio.run(gates["members"].look(inquiry)).missing
    assert "has not heard of tcp:127.0.0.1:17642" in missing


def test_the_routers_of_gateways_are_compared_behind_each_chassis(monkeypatch):
    built = an_ovn_cloud().without("keystone-catalog")
    seen = built.observations()
    look = Look((), seen, reconcile(seen, name="built"))
    told = {"": "@gateways\ncr-1,c0ffee\ncr-2,\n@end\n"}
    monkeypatch.setattr(gating, "asking", lambda *_: Asking(scene_of(built), Ways(remote=StagedHosts(told))))
    kept = {"gateways": {"facts": {"ovn.gateways": {}}, "found": {"ovn.gateways": ["cr-2"]}}}
    [gate] = Gating(GateSettings(), kept, look, Where(())).gates(PLAN, FastClock(1))[-1:]
    chassis = replace(a_step("x"), services=("ovn-controller",), hosts=("gw1",))
    assert gate.concerns(chassis)
    inquiry = Inquiry(chassis, (("ovn-controller", "gw1"),), NOON, NOON, False)
    assert asyncio.run(gate.look(inquiry)).missing == (), "what nobody carried before the run"
    told[""] = told[""].replace("c0ffee", "")
    [missing] = asyncio.run(gate.look(inquiry)).missing
    assert "cr-1" in missing


@pytest.mark.parametrize("table", [{"logs": "yes"}, {"meter": True}, {"within": 0}, {"within": "soon"}, []])
def test_a_wrong_table_is_refused(table):
    with pytest.raises(UsageError):
        read_gates(table, "stairlift.toml: [gates]")


def test_a_right_one_is_read():
    assert read_gates({"api": False, "within": "5m"}, "x") == GateSettings(api=False, within=300.0)
