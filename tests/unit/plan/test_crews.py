"""Canary, batches, and hosts whose services different strategies do."""

from dataclasses import replace

import pytest

from anyclouds import all_before
from planning import ANY, binding, planned, policy, upgrades
from stairlift.testing.clouds import CloudBuilder, a_cloud

TEN = {"compute": 4}


def computes(plan):
    return [s for s in upgrades(plan) if s.stage == "compute"]


def sizes(plan):
    return [len(s.hosts) for s in computes(plan)]


def test_a_canary_goes_first_and_the_others_need_it():
    first, *others = computes(planned(a_cloud(compute=5)))
    assert "canary" in first.reason
    assert len(others) == 4
    assert all(s.needs == (first.id,) for s in others)


def test_several_canaries():
    steps = computes(planned(a_cloud(compute=5), policy=policy(canary=2)))
    assert ["canary" in s.reason for s in steps] == [True, True, False, False, False]
    assert set(steps[2].needs) == {steps[0].id, steps[1].id}


def test_no_canary():
    steps = computes(planned(a_cloud(control=1, network=0, compute=3), policy=policy(canary=0)))
    assert not any("canary" in s.reason for s in steps)
    assert {s.needs for s in steps} == {("2025.2-control@ctl1",)}


def test_more_canaries_than_hypervisors():
    steps = computes(planned(a_cloud(compute=2), policy=policy(canary=9)))
    assert len(steps) == 2


@pytest.mark.parametrize("concurrency", ["batch", "cloud"])
def test_a_strategy_that_takes_many_gets_a_window_of_hosts_at_a_time(concurrency):
    plan = planned(a_cloud(compute=10), bindings=(binding("b", concurrency),), policy=policy(max_unavailable=TEN))
    assert sizes(plan) == [1, 4, 4, 1]
    assert all(len(s.hosts) <= plan.windows["role:compute"] for s in computes(plan))


def test_a_strategy_that_takes_one_host_gets_one():
    plan = planned(a_cloud(compute=10), policy=policy(max_unavailable=TEN))
    assert sizes(plan) == [1] * 10
    assert plan.windows["role:compute"] == 4


def test_no_batch_is_wider_than_the_narrowest_window_of_its_hosts():
    limits = policy(max_unavailable={"compute": 6, "az1": 2}, canary=0)
    built = a_cloud(compute=0).compute("a", "b", "c", zone="az1").compute("d", "e", "f", zone="az2")
    plan = planned(built, bindings=(binding("b", "batch"),), policy=limits)
    assert [s.hosts for s in computes(plan)] == [("a", "b"), ("c",), ("d", "e", "f")]


def test_a_batch_stays_in_one_zone():
    built = a_cloud(compute=0).compute("a", "b", "c", zone="az1").compute("d", "e", zone="az2")
    plan = planned(built, bindings=(binding("b", "batch"),), policy=policy(max_unavailable=TEN, canary=0))
    assert [s.hosts for s in computes(plan)] == [("a", "b", "c"), ("d", "e")]


def test_hosts_that_differ_do_not_go_together_but_do_not_part_others_either():
    built = a_cloud(compute=4).reporting("cmp2", "neutron-sriov-nic-agent")
    plan = planned(built, bindings=(binding("b", "batch"),), policy=policy(max_unavailable=TEN, canary=0))
    assert [s.hosts for s in computes(plan)] == [("cmp1", "cmp3", "cmp4"), ("cmp2",)]


def test_control_and_network_nodes_are_batched_under_their_own_windows():
    plan = planned(a_cloud(network=3), bindings=(binding("b", "batch"),), policy=policy(max_unavailable={"control": 2}))
    assert [len(s.hosts) for s in upgrades(plan) if s.stage == "control"] == [2, 1]
    assert [len(s.hosts) for s in upgrades(plan) if s.stage == "network"] == [1, 1, 1]


SPLIT = (binding("agents", project="neutron"), binding("nova", project="nova"))


def test_services_of_a_host_that_different_entries_match_become_steps_behind_each_other():
    built = CloudBuilder().compute("c").reporting("c", "neutron-dhcp-agent")
    plan = planned(built, bindings=SPLIT)
    steps = computes(plan)
    assert [(s.services, s.strategy) for s in steps] == [
        (("neutron-openvswitch-agent",), "agents"),
        (("nova-compute",), "nova"),
        (("neutron-dhcp-agent",), "agents"),
    ]
    assert [s.needs for s in steps[1:]] == [(steps[0].id,), (steps[1].id,)]
    assert len({s.unit for s in steps}) == 1
    assert len({s.slots for s in steps}) == 1
    assert steps[0].slots
    assert [s.project for s in steps] == ["neutron", "nova", "neutron"]


def test_a_step_that_mixes_projects_names_none():
    [one] = computes(planned(CloudBuilder().compute("c")))
    assert one.project is None


def test_what_follows_a_split_host_waits_for_its_last_step():
    plan = planned(a_cloud(control=1, network=0, compute=2), bindings=(*SPLIT, ANY))
    one, two, three, four = computes(plan)
    assert (one.hosts, two.hosts) == (("cmp1",), ("cmp1",))
    assert three.needs == (two.id,)
    finish = next(s for s in plan.steps if s.stage == "finish")
    assert {two.id, four.id} <= set(finish.needs)
    assert not {one.id, three.id} & set(finish.needs)


def test_a_batch_is_split_the_same_way_when_both_strategies_take_many():
    entries = (binding("agents", "batch", project="neutron"), binding("nova", "cloud", project="nova"))
    plan = planned(a_cloud(compute=3), bindings=entries, policy=policy(max_unavailable=TEN, canary=0))
    assert [(s.hosts, s.services) for s in computes(plan)] == [
        (("cmp1", "cmp2", "cmp3"), ("neutron-openvswitch-agent",)),
        (("cmp1", "cmp2", "cmp3"), ("nova-compute",)),
    ]


def test_a_strategy_of_one_host_never_gets_several_because_its_neighbour_takes_many():
    entries = (binding("agents", "batch", project="neutron"), binding("nova", "host", project="nova"))
    plan = planned(a_cloud(compute=3), bindings=entries, policy=policy(max_unavailable=TEN, canary=0))
    assert sizes(plan) == [1] * 6


def test_the_first_entry_that_matches_wins():
    plan = planned(a_cloud(), bindings=(binding("one", service="nova-*"), binding("two", service="nova-compute"), ANY))
    assert {s.strategy for s in plan.steps if "nova-compute" in s.services} == {"one"}


@pytest.mark.parametrize(
    ("match", "stages"),
    [
        ({"plane": "control"}, {"control", "finish"}),
        ({"plane": "resource"}, {"network", "compute"}),
        ({"role": "network"}, {"network"}),
        ({"stage": "compute"}, {"compute"}),
        ({"action": "db-*"}, {"control", "finish"}),
        ({"action": "unpin"}, {"finish"}),
        ({"host": "net*"}, {"network"}),
        ({"service": ("nova-compute", "neutron-openvswitch-agent"), "role": "compute"}, {"compute"}),
        ({"project": "keystone", "action": "db-contract"}, {"finish"}),
        ({"project": "keystone", "plane": "resource"}, set()),
    ],
)
def test_what_a_match_is_compared_with(match, stages):
    plan = planned(a_cloud(), bindings=(binding("x", **match),))
    assert {s.stage for s in plan.steps if s.strategy == "x"} == stages


def test_a_match_takes_any_name_of_a_host():
    built = CloudBuilder().compute("cmp1").hypervisor("cmp2.example.com", host="cmp2").reporting("cmp2", "nova-compute")
    plan = planned(built, bindings=(binding("x", host="*.example.com"),))
    assert {s.hosts for s in plan.steps if s.strategy == "x"} == {("cmp2",)}


def test_a_strategy_that_can_undo_marks_its_steps_but_never_what_cannot_be_undone():
    plan = planned(a_cloud(), bindings=(replace(ANY, can_undo=True),))
    assert {s.reversibility for s in upgrades(plan)} == {"undo"}
    assert {s.reversibility for s in plan.steps if s.action == "db-expand"} == {"parking"}
    assert {s.reversibility for s in plan.steps if s.stage == "finish"} == {"no-return"}


class TestPreparation:
    """Nothing stops while it is prepared, so no window makes it go slowly."""

    @pytest.mark.parametrize("concurrency", ["batch", "cloud"])
    def test_hosts_that_are_alike_are_one_step(self, concurrency):
        built = a_cloud(control=3, network=2, compute=2).compute("far1", "far2", zone="zz")
        plan = planned(built, bindings=(binding("pull", concurrency, stage="prepare"), ANY))
        prepared = [s for s in plan.steps if s.stage == "prepare"]
        assert [s.hosts for s in prepared] == [
            ("cmp1", "cmp2", "far1", "far2"),
            ("ctl1", "ctl2", "ctl3"),
            ("net1", "net2"),
        ]
        assert {s.slots for s in prepared} == {()}
        control = [s for s in plan.steps if s.stage == "control"]
        assert all_before(plan, prepared, control)
        assert set(prepared[0].hosts) >= {"cmp1"}
        assert prepared[0].id in plan.step("2025.2-compute@cmp1").needs

    def test_a_strategy_of_one_host_gets_one(self):
        plan = planned(a_cloud(control=2, network=0, compute=1), bindings=(binding("pull", stage="prepare"), ANY))
        assert [s.hosts for s in plan.steps if s.stage == "prepare"] == [("cmp1",), ("ctl1",), ("ctl2",)]

    def test_it_says_that_it_is_safe_by_day(self):
        plan = planned(a_cloud(), bindings=(binding("pull", stage="prepare"), ANY))
        assert {"safe in working hours" in s.reason for s in plan.steps if s.stage == "prepare"} == {True}
