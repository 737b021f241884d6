"""Story 11: OVN's databases and northd were new before the ovn-controllers, which tore their flows down (LP 1940043)."""

from planning import finding, hosts_of, planned, upgrades
from stairlift.testing.clouds import an_ovn_cloud

CAUGHT_BY = ("every ovn-controller before OVN's databases", "ovn.order")
CENTRAL = {"ovn-nb-db", "ovn-sb-db", "ovn-northd"}


def test_every_chassis_comes_before_the_first_database():
    plan = planned(an_ovn_cloud())
    order = {step.id: number for number, step in enumerate(plan.steps)}
    chassis = [step for step in upgrades(plan) if "ovn-controller" in step.services]
    central = [step for step in upgrades(plan) if CENTRAL & set(step.services)]
    assert sorted(hosts_of(chassis)) == ["cmp1", "cmp2", "cmp3", "gw1"]
    assert max(order[step.id] for step in chassis) < min(order[step.id] for step in central)
    first = min(central, key=lambda step: order[step.id])
    assert {step.id for step in chassis} <= set(first.needs) | set(first.after)


def test_neutron_follows_ovn():
    plan = planned(an_ovn_cloud())
    order = {step.id: number for number, step in enumerate(plan.steps)}
    last = max(order[step.id] for step in upgrades(plan) if CENTRAL & set(step.services))
    servers = [order[step.id] for step in upgrades(plan) if "neutron-server" in step.services]
    assert last < min(servers)


def test_the_plan_says_what_ovn_before_22_03_needs():
    told = finding(planned(an_ovn_cloud()).findings, "ovn.order")
    assert told.severity == "warning"
    assert "22.03" in told.resolution
    assert "ovn-match-northd-version=true" in told.resolution
