"""What holds for the plan of every cloud."""

import json
from itertools import pairwise, product

from hypothesis import given, note

from anyclouds import all_before, ancestors, cases, per_hop
from planning import request, seen
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import edges
from stairlift.model.plan import DATABASE_ACTIONS, ONCE_ACTIONS, STAGES, Plan, Step
from stairlift.model.plan_document import from_document, to_document
from stairlift.plan import plan_hash
from stairlift.plan.fleet import fleet
from stairlift.run.graph import graph


@given(cases())
def test_steps_are_well_formed(case):
    plan = case.plan()
    seen_so_far: set[str] = set()
    hosts = {host.name for host in seen(case.built).cloud.hosts}
    for step in plan.steps:
        assert step.id not in seen_so_far
        assert set(step.needs) | set(step.after) <= seen_so_far
        assert not set(step.needs) & set(step.after)
        assert len(set(step.needs)) == len(step.needs)
        seen_so_far.add(step.id)
        assert step.services
        assert step.hosts
        assert set(step.hosts) <= hosts
        assert len(set(step.hosts)) == len(step.hosts)
        assert step.reason
        assert step.unit
        assert set(step.slots) <= set(plan.windows)
        assert set(step.budgets) <= set(plan.budgets)
        assert {binary(name).project for name in step.services} == {step.project} or step.project is None
        assert (step.strategy is None) == (plan.binding(step) is None)


@given(cases())
def test_ids_can_be_typed_and_name_a_folder(case):
    for step in case.plan().steps:
        assert step.id.isascii()
        assert not set(step.id) & set("/\\ \t\n'\"$*?[]{}();&|<>~!#`:")


@given(cases())
def test_the_plan_can_be_run(case):
    """No step waits for itself, and no batch is wider than its window."""
    plan = case.plan()
    assert graph(plan).steps == plan.steps


@given(cases())
def test_every_service_is_upgraded_exactly_once_in_each_hop(case):
    plan = case.plan()
    made = seen(case.built)
    scope = fleet(made.cloud, (), request(case.target, case.source))
    for hop, steps in per_hop(plan):
        done = [(n, h) for s in steps if s.action == "upgrade" for h in s.hosts for n in s.services]
        assert len(done) == len(set(done))
        assert set(done) == {(s.binary, s.host) for s in scope.facing(hop).services}
        scope = scope.at(hop)


@given(cases())
def test_the_control_plane_of_a_hop_comes_before_its_network_and_compute(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        control = [s for s in steps if s.stage == "control"]
        resources = [s for s in steps if s.stage in ("network", "compute")]
        assert all_before(plan, control, resources)
        planes = [s.plane for s in steps if s.action == "upgrade" and s.stage != "ovn"]
        assert planes == sorted(planes)


@given(cases())
def test_databases_go_once_per_hop_and_before_their_project(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        databases = [(s.action, s.project) for s in steps if s.action in DATABASE_ACTIONS]
        assert len(databases) == len(set(databases))
        for expand in (s for s in steps if s.action == "db-expand"):
            upgrades = [s for s in steps if s.action == "upgrade" and s.stage != "ovn"]
            mine = [s for s in upgrades if any(binary(n).project == expand.project for n in s.services)]
            assert all_before(plan, [expand], mine)


@given(cases())
def test_one_way_steps_are_last_in_their_hop_and_in_no_other_stage(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        finish = [s for s in steps if s.stage == "finish"]
        assert {s.id for s in steps if s.one_way} == {s.id for s in finish}
        assert all(s.action in ONCE_ACTIONS for s in finish)
        assert all_before(plan, [s for s in steps if s.action == "upgrade"], finish)


@given(cases())
def test_a_hop_begins_when_the_one_before_has_ended(case):
    plan = case.plan()
    hops = per_hop(plan)
    for (_, first), (_, then) in pairwise(hops):
        assert all_before(plan, first, then)


@given(cases())
def test_stages_stand_in_their_order(case):
    for _, steps in per_hop(case.plan()):
        stages = [STAGES.index(s.stage) for s in steps]
        assert stages == sorted(stages)


@given(cases())
def test_l2_agent_and_nova_compute_are_neighbours(case):
    """In one step, or in two that follow each other in one unit."""
    plan = case.plan()
    for _, steps in per_hop(plan):
        for unit in dict.fromkeys(s.unit for s in steps if s.stage == "compute"):
            names = [name for s in steps if s.unit == unit for name in s.services]
            if "nova-compute" in names:
                here = names.index("nova-compute")
                assert all(binary(name).l2 for name in names[:here])
                assert not any(binary(name).l2 for name in names[here + 1 :])


@given(cases())
def test_the_steps_of_a_unit_follow_each_other_on_the_same_hosts(case):
    plan = case.plan()
    units: dict[str, list[Step]] = {}
    for step in plan.steps:
        units.setdefault(step.unit, []).append(step)
    for steps in units.values():
        first = plan.steps.index(steps[0])
        assert plan.steps[first : first + len(steps)] == tuple(steps)
        assert len({(s.hosts, s.slots, s.budgets) for s in steps}) == 1
        for one, two in pairwise(steps):
            assert two.needs == (one.id,)


@given(cases())
def test_a_strategy_of_one_host_gets_one(case):
    plan = case.plan()
    for step in plan.steps:
        chosen = plan.binding(step)
        if chosen is None or chosen.concurrency == "host":
            siblings = [plan.binding(s) for s in plan.steps if s.unit == step.unit]
            assert len(step.hosts) == 1 or (chosen is None and any(s is not None for s in siblings))


@given(cases(orders=("service",)))
def test_hard_edges_hold_service_by_service(case):
    """Every edge of the knowledge, over the whole cloud or on each node for itself."""
    plan = case.plan()
    before = ancestors(plan)
    for _, steps in per_hop(plan):
        upgrades = [s for s in steps if s.action == "upgrade"]
        for edge in edges():
            if edge.strength == "hard":
                for one, two in product(upgrades, upgrades):
                    assert not _wrong(edge, one, two, before, plan), f"{two.id} before {one.id}: {edge.reason}"


def _wrong(edge, one: Step, two: Step, before, plan: Plan) -> bool:
    """Whether this edge asks for `one` before `two` and the plan does not."""
    pairs = [(a, b) for a in one.services for b in two.services if _asks(edge, a, b)]
    if not pairs or (edge.scope == "node" and not set(one.hosts) & set(two.hosts)):
        return False
    if one is two:
        return any(one.services.index(a) > one.services.index(b) for a, b in pairs)
    note(f"{edge.before} -> {edge.after}: {pairs}")
    return not before[two.id] & (1 << plan.steps.index(one))


def _asks(edge, first: str, second: str) -> bool:
    if edge.level == "component":
        return edge.covers(first, second)
    a, b = binary(first), binary(second)
    # between the resource services of two projects their planes decide, and a control plane comes first in any case
    return edge.covers(a.project, b.project) and (a.project == "ovn" or a.plane == "control")


@given(cases(orders=("node",)))
def test_hard_edges_hold_on_each_node_by_itself(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        for step in (s for s in steps if s.action == "upgrade"):
            for edge in edges():
                if edge.strength == "hard":
                    assert not _wrong(edge, step, step, {}, plan), f"{step.id}: {edge.reason}"


@given(cases())
def test_a_plan_comes_back_from_json_as_it_left(case):
    plan = case.plan()
    back = from_document(json.loads(json.dumps(to_document(plan))))
    assert back == plan
    assert plan_hash(back) == plan.hash == back.hash
