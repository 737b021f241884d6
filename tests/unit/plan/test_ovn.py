"""OVN in a plan: which of its programs go first, its gateways, and the members of its clusters."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyclouds import all_before
from planning import ANY, binding, codes, finding, hosts_of, planned, policy, upgrades
from stairlift.knowledge.binaries import in_quorum
from stairlift.knowledge.order import way
from stairlift.model.plan import Manner
from stairlift.model.policy import OvnOrder
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud

CENTRAL = ("ovn-nb-db", "ovn-sb-db", "ovn-northd")
NORTH, SOUTH, _ = CENTRAL


def three_gateways() -> CloudBuilder:
    return an_ovn_cloud().reporting("gw2", "ovn-controller").reporting("gw3", "ovn-controller")


def of(plan, *names):
    return [s for s in upgrades(plan) if set(names) & set(s.services)]


def step(plan, step_id):
    return next(s for s in plan.steps if s.id == step_id)


def in_a_row(steps):
    """Whether each of these waits for the one before to be done."""
    return all(one.id in two.needs for one, two in pairwise(steps))


def test_pinned_chassis_come_behind_the_databases():
    plan = planned(an_ovn_cloud(), policy=policy(ovn_order="pinned"))
    chassis, central = of(plan, "ovn-controller"), of(plan, *CENTRAL)
    assert all_before(plan, central, chassis)
    assert all_before(plan, chassis, of(plan, "neutron-server"))
    assert "pinned" in chassis[0].reason
    assert plan.policy["ovn_order"] == "pinned"
    assert "ovn_order" not in planned(an_ovn_cloud()).policy


@pytest.mark.parametrize("order", ["controller-first", "pinned"])
def test_the_reasons_of_a_procedure_come_from_what_is_known_of_it(order: OvnOrder):
    reasons = {part.name: part.reason for part in way("ovn", order)}
    plan = planned(an_ovn_cloud(), policy=policy(ovn_order=order))
    assert step(plan, "2025.2-ovn@cmp1").reason == reasons["chassis"]
    assert step(plan, "2025.2-ovn@gw1").reason == reasons["gateways"]


def test_a_gateway_waits_for_every_plain_chassis_and_for_the_gateway_before():
    plan = planned(three_gateways(), policy=policy(max_unavailable={"resource": 9, "network": 9}))
    plain, gateways = [f"2025.2-ovn@cmp{n}" for n in (1, 2, 3)], [f"2025.2-ovn@gw{n}" for n in (1, 2, 3)]
    assert set(step(plan, gateways[0]).after) == set(plain)
    assert [step(plan, one).needs for one in gateways[1:]] == [(gateways[0],), (gateways[1],)]


def test_a_hypervisor_that_is_a_gateway_goes_with_the_gateways():
    built = an_ovn_cloud().on_duty("cmp2", "ovn-controller", "gateway")
    chassis = of(planned(built, policy=policy(max_unavailable={"resource": 9})), "ovn-controller")
    assert hosts_of(chassis) == ["cmp1", "cmp3", "cmp2", "gw1"]
    by_agent = CloudBuilder().compute("a", "b").row("ovn-controller", "a", duty="gateway").row("ovn-controller", "b")
    assert hosts_of(of(planned(by_agent), "ovn-controller")) == ["b", "a"]


def test_no_batch_holds_two_gateways_or_two_members():
    wide = policy(max_unavailable={"control": 3, "resource": 9, "network": 9})
    plan = planned(three_gateways(), bindings=(binding("many", "batch"),), policy=wide)
    assert hosts_of(of(plan, "ovn-controller")[:1]) == ["cmp1", "cmp2", "cmp3"]
    for one in [*of(plan, "ovn-controller")[1:], *of(plan, NORTH, SOUTH)]:
        assert len(one.hosts) == 1
    assert in_a_row(of(plan, NORTH))


def test_who_leads_goes_last():
    built = an_ovn_cloud().on_duty("ctl1", NORTH, "leader").on_duty("ctl2", SOUTH, "leader")
    plan = planned(built)
    assert hosts_of(of(plan, NORTH)) == ["ctl2", "ctl3", "ctl1"]
    assert hosts_of(of(plan, SOUTH)) == ["ctl1", "ctl3", "ctl2"]
    told = finding(plan.findings, "ovn.order")
    assert told.severity == "info"
    assert "ovn-nb-db on ctl1 and ovn-sb-db on ctl2" in told.message


def test_one_leader_that_nobody_told_of_is_still_to_be_looked_for():
    plan = planned(an_ovn_cloud().on_duty("ctl1", NORTH, "leader"))
    assert finding(plan.findings, "ovn.order").severity == "warning"
    assert hosts_of(of(plan, NORTH)) == ["ctl2", "ctl3", "ctl1"]


def test_one_database_server_has_no_mates():
    built = an_ovn_cloud().without("ansible:hosts").placed("ctl1", *CENTRAL).placed("ctl1", "neutron-server")
    plan = planned(built)
    assert "ovn.order" not in codes(plan.findings)
    assert "quorum" not in " ".join(s.reason for s in plan.steps)


def test_a_deployer_that_takes_all_members_at_once_is_named():
    whole = replace(binding("whole", "cloud"), manner=Manner("together"))
    plan = planned(an_ovn_cloud(), bindings=(whole,))
    told = finding(plan.findings, "ovn.together")
    assert "ctl1, ctl2, ctl3" in told.message
    assert "kolla_serial" in told.resolution
    assert "ovn.together" not in codes(planned(an_ovn_cloud()).findings)


def test_versions_are_told_where_hosts_told_them_and_nowhere_else():
    assert "ovn.version" not in codes(planned(an_ovn_cloud()).findings)
    built = an_ovn_cloud().running("ctl1", "23.03.1-1~deb12u2", *CENTRAL)
    told = finding(planned(built).findings, "ovn.version")
    assert told.severity == "info"
    assert "23.03.1-1~deb12u2 on ctl1" in told.message


@pytest.mark.parametrize("version", ["20.12.0-0ubuntu3", "1:21.09.2-1.el9"])
def test_ovn_before_its_first_long_term_release_cannot_roll(version):
    built = an_ovn_cloud().running("gw1", version, "ovn-controller")
    told = finding(planned(built).findings, "ovn.version")
    assert (told.severity, "pinned" in told.resolution) == ("warning", True)
    pinned = planned(built, policy=policy(ovn_order="pinned"))
    assert finding(pinned.findings, "ovn.version").severity == "info"


def test_a_cloud_without_ovn_hears_nothing_of_it():
    assert not [f for f in planned(a_cloud(), policy=policy(ovn_order="pinned")).findings if f.code.startswith("ovn.")]


@st.composite
def fleets(draw):
    """An OVN cloud of any shape, with any windows, entries and order."""
    built = CloudBuilder()
    names = [f"n{n}" for n in range(draw(st.integers(1, 6)))]
    for name in names:
        central = draw(st.sets(st.sampled_from(CENTRAL)))
        built = built.placed(name, "neutron-server", *central)
        for one in central - {"ovn-northd"}:
            built = built.on_duty(name, one, "leader") if draw(st.integers(0, 3)) == 0 else built
        if draw(st.booleans()):
            built = built.reporting(name, "ovn-controller")
            built = built.compute(name) if draw(st.booleans()) else built
            built = built.on_duty(name, "ovn-controller", "gateway") if draw(st.booleans()) else built
    windows = draw(st.dictionaries(st.sampled_from(["control", "resource", "network"]), st.integers(1, 6)))
    entries = draw(st.sampled_from([(ANY,), (binding("many", "batch"),), (binding("all", "cloud"),)]))
    order = draw(st.sampled_from(["node", "service"]))
    ovn = draw(st.sampled_from(["controller-first", "pinned"]))
    return planned(built, bindings=entries, policy=policy(order=order, max_unavailable=windows, ovn_order=ovn))


@given(fleets())
def test_no_two_members_of_a_cluster_and_no_two_gateways_are_ever_out_at_once(plan):
    for name in (NORTH, SOUTH):
        members = of(plan, name)
        assert in_quorum(name)
        assert all(len(one.hosts) == 1 for one in members)
        assert in_a_row(members)
    reasons = {part.reason for order in ("controller-first", "pinned") for part in way("ovn", order)}
    gateways = [s for s in of(plan, "ovn-controller") if s.reason.startswith("one gateway")]
    assert {s.reason for s in gateways} <= reasons
    assert all(len(one.hosts) == 1 for one in gateways)
    assert in_a_row(gateways)


@given(fleets())
def test_the_parts_of_the_procedure_are_barriers(plan):
    chassis, central = of(plan, "ovn-controller"), of(plan, *CENTRAL)
    one, two = (central, chassis) if plan.policy.get("ovn_order") == "pinned" else (chassis, central)
    assert all_before(plan, one, two)
    assert all_before(plan, of(plan, NORTH, SOUTH), of(plan, "ovn-northd"))
    assert all_before(plan, [*one, *two], of(plan, "neutron-server"))
