"""Story 11: OVN's databases and northd were new before the ovn-controllers, which tore their flows down (LP 1940043)."""

from dataclasses import replace

from planning import finding, hosts_of, planned, policy, upgrades
from stairlift.check.hosts.ovn import PINNED
from stairlift.drive.checks import judged
from stairlift.model.check import Reply
from stairlift.testing.clouds import an_ovn_cloud
from stairlift.testing.scenes import scene_of

CAUGHT_BY = ("every ovn-controller before OVN's databases", "ovn.pinned", "ovn.version", "ovn.order")
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


def test_databases_go_first_only_where_every_chassis_is_pinned():
    made = planned(an_ovn_cloud(), policy=policy(ovn_order="pinned"))
    scene = replace(scene_of(an_ovn_cloud()), plan=made)
    check = PINNED()
    told = dict.fromkeys(check.asks(scene), Reply(out="@ovn-match-northd-version\ntrue\n@end\n"))
    assert judged(check, scene, told).findings == ()
    told["cmp2"] = Reply(out="@ovn-match-northd-version\n\n@end\n")
    [one] = judged(check, scene, told).findings
    assert (one.severity, one.subject) == ("error", "cmp2")


def test_a_version_that_cannot_roll_is_told():
    told = finding(
        planned(an_ovn_cloud().running("cmp1", "20.12.0-0ubuntu3", "ovn-controller")).findings, "ovn.version"
    )
    assert told.severity == "warning"
    assert 'ovn_order = "pinned"' in told.resolution
