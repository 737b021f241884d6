"""What is done around an upgrade: who is taken out before, who is put back behind, and what waits for that."""

import pytest

from planning import ANY, ids, planned
from stairlift.model.plan import Binding, Manner, Plan, Step
from stairlift.model.policy import Policy
from stairlift.run import graph
from stairlift.testing.clouds import a_cloud

NOVA = Binding(
    "nova-1", "nova", {"service": ("nova-compute",), "action": ("cordon", "drain", "uncordon")}, {}, "host", True
)
BALANCER = Binding("lb-1", "haproxy", {"action": ("drain", "uncordon")}, {}, "host", True)
CLOUD = a_cloud(control=2, network=1, compute=2)


def of(plan: Plan, host: str, stage: str = "compute") -> list[Step]:
    return [s for s in plan.steps if s.stage == stage and s.hosts == (host,)]


def actions(steps: list[Step]) -> list[str]:
    return [step.action for step in steps]


def test_a_hypervisor_is_cordoned_upgraded_and_given_back() -> None:
    plan = planned(CLOUD, bindings=(ANY, NOVA), policy=Policy(cordon=True))
    graph(plan)
    cordon, upgrade, uncordon = of(plan, "cmp1")
    assert actions([cordon, upgrade, uncordon]) == ["cordon", "upgrade", "uncordon"]
    assert (cordon.id, cordon.services, cordon.strategy) == ("2025.2-compute-cordon@cmp1", ("nova-compute",), "nova-1")
    assert (upgrade.needs, upgrade.after) == ((cordon.id,), ())
    assert uncordon.needs == (upgrade.id,)
    assert len({(s.unit, s.slots, s.budgets, s.plane) for s in of(plan, "cmp1")}) == 1
    assert cordon.reversibility == uncordon.reversibility == "undo"
    assert cordon.reason == "no new servers on it while its services restart"


def test_what_waited_for_the_upgrade_waits_until_the_host_is_in_use_again() -> None:
    plan = planned(CLOUD, bindings=(ANY, NOVA), policy=Policy(cordon=True))
    plain = planned(CLOUD, policy=Policy())
    back = "2025.2-compute-uncordon@cmp1"
    assert next(s for s in plan.steps if s.id == "2025.2-compute-cordon@cmp2").needs == (back,)
    first = next(s for s in plan.steps if s.stage == "finish")
    assert back in first.needs
    cordon = next(s for s in plan.steps if s.id == "2025.2-compute-cordon@cmp1")
    unfenced = next(s for s in plain.steps if s.id == "2025.2-compute@cmp1")
    assert (cordon.needs, cordon.after) == (unfenced.needs, unfenced.after)


@pytest.mark.parametrize("drain", ["live-migrate", "cold", "wait-empty"])
def test_a_drain_begins_with_a_cordon_and_says_how(drain: str) -> None:
    binding = Binding("nova-1", "nova", NOVA.match, {"drain": drain}, "host", True)
    plan = planned(CLOUD, bindings=(ANY, binding), policy=Policy(drain=drain))
    steps = of(plan, "cmp2")
    assert actions(steps) == ["cordon", "drain", "upgrade", "uncordon"]
    assert steps[1].needs == (steps[0].id,)
    assert steps[2].needs == (steps[1].id,)
    assert "its servers" in steps[1].reason


def test_nothing_is_fenced_that_nobody_asked_for() -> None:
    plan = planned(CLOUD, bindings=(ANY, NOVA))
    assert set(actions(list(plan.steps))).isdisjoint({"cordon", "drain", "uncordon"})
    assert plan.hash == planned(CLOUD, bindings=(ANY, NOVA), policy=Policy()).hash
    assert "cordon" not in plan.policy


def test_the_policy_is_in_the_plan_where_it_says_something() -> None:
    assert planned(CLOUD, bindings=(ANY, NOVA), policy=Policy(cordon=True)).policy["cordon"] is True


def test_an_entry_that_takes_everything_does_not_take_this() -> None:
    plan = planned(CLOUD, policy=Policy(cordon=True))
    assert {s.strategy for s in plan.steps if s.action in ("cordon", "uncordon")} == {None}
    assert "plan.no_strategy" in {f.code for f in plan.findings}


def test_an_entry_of_ones_own_comes_before_the_built_in_one() -> None:
    mine = Binding("mine", "command", {"action": ("cordon", "uncordon"), "host": ("cmp1",)}, {}, "host")
    plan = planned(CLOUD, bindings=(ANY, mine, NOVA), policy=Policy(cordon=True))
    assert [s.strategy for s in of(plan, "cmp1")] == ["mine", "any", "mine"]
    assert of(plan, "cmp1")[0].reversibility == "parking"
    assert [s.strategy for s in of(plan, "cmp2")] == ["nova-1", "any", "nova-1"]


def test_a_host_without_a_hypervisor_is_not_cordoned() -> None:
    cloud = CLOUD.storage("stor1")
    plan = planned(cloud, bindings=(ANY, NOVA), policy=Policy(cordon=True))
    assert "stor1" not in {host for s in plan.steps if s.action == "cordon" for host in s.hosts}


def test_hosts_that_go_together_are_cordoned_together() -> None:
    batch = Binding("batch", "ansible", {}, {}, "batch")
    plan = planned(a_cloud(compute=4), bindings=(batch, NOVA), policy=Policy(cordon=True, max_unavailable={}))
    graph(plan)
    assert all(
        s.hosts == next(u for u in plan.steps if u.unit == s.unit).hosts for s in plan.steps if s.action == "cordon"
    )


# Load balancers


def test_a_control_node_leaves_its_load_balancer_in_the_order_of_nodes() -> None:
    plan = planned(CLOUD, bindings=(ANY, BALANCER), policy=Policy(order="node"))
    graph(plan)
    drain, upgrade, uncordon = (s for s in plan.steps if s.unit == "2025.2-control@ctl1")
    assert actions([drain, upgrade, uncordon]) == ["drain", "upgrade", "uncordon"]
    assert "nova-api" in drain.services
    assert "nova-conductor" not in drain.services, "it has no backend"
    assert drain.services == uncordon.services
    assert drain.strategy == uncordon.strategy == "lb-1"
    assert drain.slots == upgrade.slots == ("plane:control",)
    assert uncordon.reason == "into the load balancer again, once it answers with the code of 2025.2"


def test_and_service_by_service_where_that_is_the_order() -> None:
    plan = planned(CLOUD, bindings=(ANY, BALANCER), policy=Policy(order="service"))
    graph(plan)
    assert "2025.2-control-nova-api-drain@ctl1" in ids(plan)
    drain = next(s for s in plan.steps if s.id == "2025.2-control-nova-api-drain@ctl1")
    assert (drain.services, drain.project) == (("nova-api",), "nova")
    assert not [i for i in ids(plan) if "nova-conductor-drain" in i]
    waits = next(s for s in plan.steps if s.id == "2025.2-control-placement-api-drain@ctl1")
    assert waits.needs == ("2025.2-control-keystone-uncordon@ctl1", "2025.2-control-keystone-uncordon@ctl2")


def test_what_restarts_apis_at_the_end_takes_them_out_too() -> None:
    plan = planned(CLOUD, bindings=(ANY, BALANCER))
    steps = [s for s in plan.steps if s.stage == "finish" and s.hosts == ("ctl1",) and "unpin" in s.id]
    assert actions(steps) == ["drain", "unpin", "uncordon"]
    assert steps[0].services == ("nova-api",)


def test_a_load_balancer_has_nothing_to_do_with_hypervisors() -> None:
    plan = planned(CLOUD, bindings=(ANY, BALANCER, NOVA), policy=Policy(cordon=True))
    assert {s.strategy for s in plan.steps if s.stage == "compute" and s.action != "upgrade"} == {"nova-1"}
    assert {s.strategy for s in plan.steps if s.stage == "control" and s.action in ("drain", "uncordon")} == {"lb-1"}


def test_a_deployer_that_rolls_through_all_hosts_in_one_step_is_left_alone() -> None:
    from stairlift.model.plan import Manner

    kolla = Binding("kolla", "kolla-ansible", {}, {}, "cloud", manner=Manner(projects="together"))
    plan = planned(CLOUD.deployed_by("kolla-ansible"), bindings=(kolla, BALANCER))
    assert not [s for s in plan.steps if s.action == "drain" and s.stage == "control"]


def test_a_hypervisor_that_goes_with_its_control_node_is_told_of() -> None:
    both = CLOUD.placed("ctl1", "nova-compute")
    node = Binding("node", "packages", {}, {}, "host", manner=Manner(whole_node=True))
    plan = planned(both, bindings=(node, NOVA), policy=Policy(cordon=True))
    [found] = [f for f in plan.findings if f.code == "plan.unfenced"]
    assert (found.severity, found.subject) == ("warning", "ctl1")
    assert "neither cordon nor drain" in found.message
    assert "plan.unfenced" not in {f.code for f in planned(both, bindings=(node, NOVA)).findings}
    assert "plan.unfenced" not in {
        f.code for f in planned(both, bindings=(ANY, NOVA), policy=Policy(cordon=True)).findings
    }


@pytest.mark.parametrize(("use", "stage", "fenced"), [("neutron", "compute", False), ("command", "compute", True)])
def test_what_empties_network_nodes_empties_no_hypervisor(use: str, stage: str, fenced: bool) -> None:
    entry = Binding("mine", use, {"action": ("cordon", "uncordon")}, {}, "host")
    plan = planned(CLOUD, bindings=(ANY, entry), policy=Policy(cordon=True))
    assert ({s.strategy for s in of(plan, "cmp1", stage) if s.action == "cordon"} == {"mine"}) is fenced
