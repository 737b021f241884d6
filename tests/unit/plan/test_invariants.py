"""What holds for the plan of every cloud."""

import json
from dataclasses import replace
from itertools import pairwise, product

from hypothesis import given, note

from anyclouds import all_before, ancestors, cases, deployed, per_hop
from planning import request, seen
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import edges
from stairlift.knowledge.procedures import procedure
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
        assert bool(step.services) == bool(step.hosts) == (step.action != "approve")
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
def test_one_way_steps_are_last_in_their_hop_but_for_schemas_that_no_old_code_may_meet(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        finish = [s for s in steps if s.stage == "finish"]
        cold = [s for s in steps if s.stage == "control" and s.action in DATABASE_ACTIONS and not _old_code_stays(s)]
        assert {s.id for s in steps if s.one_way} == {s.id for s in (*cold, *finish)}
        assert all(s.action in ONCE_ACTIONS for s in finish)
        assert all_before(plan, [s for s in steps if s.action == "upgrade"], finish)


def _old_code_stays(step: Step) -> bool:
    """Whether the old code may run on what a database step before the new code makes of the schema."""
    return step.action == "db-expand" and not procedure(step.project).cold


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
    for step in (s for s in plan.steps if s.action != "approve"):
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


@given(cases() | deployed())
def test_nothing_of_a_hop_changes_before_the_approval_of_its_start(case):
    plan = case.plan()
    for hop, steps in per_hop(plan):
        changing = [s for s in steps if s.stage != "prepare" and not s.id.endswith("-approve-start")]
        gates = [s for s in steps if s.id == f"{hop}-approve-start"]
        assert len(gates) == ("start" in case.given["policy"].approve and bool(changing))
        assert all_before(plan, gates, changing)
        assert all_before(plan, [s for s in steps if s.stage == "prepare"] if gates else [], gates)


@given(cases() | deployed())
def test_no_further_host_is_begun_before_the_canary_is_approved(case):
    plan, asked = case.plan(), case.given["policy"]
    for hop, steps in per_hop(plan):
        compute = [s for s in steps if s.stage == "compute" and s.action == "upgrade"]
        canary = [s for s in compute if s.reason.startswith("the canary")]
        others = [s for s in compute if s not in canary]
        gates = [s for s in steps if s.id == f"{hop}-approve-canary"]
        assert len(gates) == ("canary" in asked.approve and bool(canary and others))
        assert all_before(plan, gates, others)
        assert all_before(plan, canary, [*gates, *others])


@given(cases())
def test_batches_fill_their_windows_and_wait_for_each_other(case):
    plan = case.plan()
    for hop, steps in per_hop(plan):
        batches = _batches(steps)
        wanted = "batch" in case.given["policy"].approve
        assert [s.id for s in steps if "-approve-batch-" in s.id] == [
            f"{hop}-approve-batch-{n}" for n in range(2, len(batches) + 1) if wanted
        ]
        for one, two in pairwise(batches):
            gate = steps[steps.index(two[0]) - 1]
            assert all_before(plan, one, [gate, *two])
            assert all_before(plan, [gate], two)
            first = [s for s in two if s.unit == two[0].unit]
            assert not _fits(plan, [*one, *first]), "its first host would have had room before"
        assert not wanted or all(_fits(plan, batch) for batch in batches)


def _batches(steps: list[Step]) -> list[list[Step]]:
    """The hosts behind the canary, as the approvals between them cut them."""
    found: list[list[Step]] = [[]]
    for step in steps:
        if "-approve-batch-" in step.id:
            found.append([])
        elif step.stage == "compute" and step.action == "upgrade" and not step.reason.startswith("the canary"):
            found[-1].append(step)
    return found


def _fits(plan: Plan, steps: list[Step]) -> bool:
    units = {s.unit: s for s in steps}.values()
    return all(sum(len(s.hosts) for s in units if key in s.slots) <= room for key, room in plan.windows.items())


@given(cases())
def test_without_its_approvals_a_plan_is_what_it_would_be_without_gates(case):
    """They only come in between: whoever approves everything beforehand gets the same steps on the same hosts."""
    bare = replace(case, given=case.given | {"policy": replace(case.given["policy"], approve=())})
    assert _working(case.plan()) == _working(bare.plan()), "a cold project asks for an approval of its own"


def _working(plan: Plan) -> list[tuple]:
    return [_work(step) for step in plan.steps if step.action != "approve"]


def _work(step: Step) -> tuple:
    return (step.id, step.services, step.hosts, step.strategy, step.slots, step.budgets, step.reason)
