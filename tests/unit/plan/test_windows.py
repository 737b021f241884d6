"""How many at once and how many may fail, as numbers for this cloud."""

import pytest

from planning import planned, policy, upgrades
from stairlift.model.errors import UsageError
from stairlift.testing.clouds import CloudBuilder, a_cloud


def plan_with(built=None, **given):
    return planned(built or a_cloud(), policy=policy(**given))


def slots(plan, host, stage):
    [one] = [s for s in upgrades(plan) if s.hosts == (host,) and s.stage == stage]
    return one.slots


def budgets(plan, host, stage):
    [one] = [s for s in upgrades(plan) if s.hosts == (host,) and s.stage == stage]
    return one.budgets


def test_the_defaults_of_the_contract():
    plan = plan_with()
    assert plan.windows == {"plane:control": 1, "plane:resource": 1, "role:network": 1}
    assert plan.budgets == {"plane:control": 0, "plane:resource": 0}
    assert plan.on_failure == "stop"
    assert plan.policy["canary"] == 1


@pytest.mark.parametrize(
    ("share", "hosts", "expected"), [("10%", 25, 2), ("10%", 5, 1), ("100%", 6, 6), ("50%", 7, 3), (3, 6, 3), (0, 6, 1)]
)
def test_a_percentage_is_of_the_group_rounded_down_but_one_host_may_always_go(share, hosts, expected):
    plan = plan_with(a_cloud(network=0, compute=hosts), max_unavailable={"compute": share})
    assert plan.windows["role:compute"] == expected


@pytest.mark.parametrize(("share", "expected"), [("2%", 0), ("10%", 2), (3, 3), (0, 0)])
def test_a_failure_budget_may_be_nothing(share, expected):
    plan = plan_with(a_cloud(network=0, compute=25), failure_budget={"compute": share})
    assert plan.budgets["role:compute"] == expected


def test_a_plane_counts_its_own_hosts():
    plan = plan_with(a_cloud(control=3, network=2, compute=8), max_unavailable={"resource": "50%", "control": "100%"})
    assert (plan.windows["plane:resource"], plan.windows["plane:control"]) == (5, 3)


def test_what_is_named_replaces_the_planes_default():
    plan = plan_with(max_unavailable={"compute": 3})
    assert slots(plan, "cmp2", "compute") == ("role:compute",)
    assert slots(plan, "ctl1", "control") == ("plane:control",)


def test_all_that_is_named_holds_together():
    plan = plan_with(max_unavailable={"compute": 3, "resource": 4, "nova": 2})
    assert slots(plan, "cmp2", "compute") == ("plane:resource", "role:compute", "zone:nova")


def test_a_window_for_a_zone_says_nothing_of_the_control_plane():
    """devstack-1 is in a zone for its nova-compute; its conductors must not go as many at a time as hypervisors."""
    built = CloudBuilder().control("n1", "n2", "n3").compute("n1", "n2", "n3", zone="az1")
    plan = plan_with(built, max_unavailable={"az1": 3})
    assert slots(plan, "n1", "control") == ("plane:control",)
    assert slots(plan, "n1", "compute") == ("zone:az1",)


def test_a_role_of_the_resource_plane_says_nothing_of_the_control_plane_either():
    built = CloudBuilder().control("n1", "n2").network("n1", "n2")
    plan = plan_with(built, max_unavailable={"network": 2})
    assert slots(plan, "n1", "control") == ("plane:control",)
    assert slots(plan, "n1", "network") == ("role:network",)


def test_storage_hosts_have_a_window_of_their_own():
    plan = plan_with(CloudBuilder().storage("s1", "s2").control("ctl1"), max_unavailable={"storage": 2})
    assert slots(plan, "s1", "control") == ("role:storage",)


def test_a_hypervisor_that_carries_networks_counts_with_the_network_nodes():
    plan = plan_with(a_cloud(compute=2).network("cmp2"), max_unavailable={"compute": 2})
    assert slots(plan, "cmp2", "compute") == ("role:compute", "role:network")
    assert slots(plan, "cmp1", "compute") == ("role:compute",)


def test_budgets_go_by_the_most_special_names_given():
    plan = plan_with(failure_budget={"compute": 1, "nova": 2})
    assert budgets(plan, "cmp1", "compute") == ("role:compute", "zone:nova")
    assert budgets(plan, "net1", "network") == ("plane:resource",)


@pytest.mark.parametrize("table", ["max_unavailable", "failure_budget"])
@pytest.mark.parametrize("name", ["computes", "az7", "Compute"])
def test_a_group_that_nobody_is_in_is_a_mistake_in_the_policy(table, name):
    with pytest.raises(UsageError) as wrong:
        plan_with(**{table: {name: 2}})
    assert wrong.value.code == "policy.unknown_group"
    assert "nova" in wrong.value.resolution
