"""What a deployer's own way of working makes of a plan."""

import json
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given

from anyclouds import all_before, deployed, per_hop
from planning import ANY, binding, codes, finding, hosts_of, ids, planned, policy, request, seen, upgrades
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.order import edges
from stairlift.knowledge.procedures import procedure
from stairlift.model.plan import DATABASE_ACTIONS, Binding, Manner, Opening, Plan, Step
from stairlift.model.plan_document import from_document, to_document
from stairlift.plan import plan_hash
from stairlift.plan.drift import drift
from stairlift.plan.fleet import fleet
from stairlift.run.graph import graph
from stairlift.testing.clouds import a_cloud, the_founding_cloud

ALL_DATABASES = ("db-expand", "db-migrate", "db-contract")


def deployer(name: str = "kolla-1", /, match: dict | None = None, concurrency: str = "cloud", **manner) -> Binding:
    made = binding(name, concurrency, **(match or {}))
    return replace(made, use=name.rpartition("-")[0], manner=Manner(**({"projects": "together"} | manner)))


def of(plan: Plan, project: str) -> list[Step]:
    return [s for s in plan.steps if s.stage == "control" and s.action == "upgrade" and s.project == project]


def small(**given) -> Plan:
    return planned(a_cloud(control=3, network=1, compute=2), **given)


class TestWholeProjects:
    def test_together_is_one_step_per_project_over_all_hosts(self):
        for order in ("node", "service"):
            plan = small(bindings=(deployer(),), policy=policy(order=order))
            assert ids(plan, stage="control", action="upgrade") == [
                "2025.2-control-keystone@ctl1+2",
                "2025.2-control-placement@ctl1+2",
                "2025.2-control-glance@ctl1+2",
                "2025.2-control-neutron@ctl1+2",
                "2025.2-control-nova@ctl1+2",
            ]
            [nova] = of(plan, "nova")
            assert nova.services == ("nova-conductor", "nova-scheduler", "nova-api")
            assert (nova.slots, nova.budgets) == ((), ("plane:control",))

    def test_first_alone_is_one_host_and_then_all_others(self):
        first, others = of(small(bindings=(deployer(projects="first-alone"),)), "keystone")
        assert (first.hosts, others.hosts) == (("ctl1",), ("ctl2", "ctl3"))
        assert first.id in others.needs

    def test_the_first_is_the_owner_of_the_database(self):
        built = a_cloud(control=0).control("b").placed("a", "nova-api").placed("c", "nova-novncproxy")
        first, others = of(planned(built, bindings=(deployer(projects="first-alone"),)), "nova")
        assert (first.hosts, first.services) == (("b",), ("nova-conductor", "nova-scheduler", "nova-api"))
        assert (others.hosts, others.services) == (("a", "c"), ("nova-novncproxy", "nova-api"))

    def test_one_host_needs_no_second_step(self):
        [step] = of(planned(a_cloud(control=1), bindings=(deployer(projects="first-alone"),)), "keystone")
        assert step.hosts == ("ctl1",)

    def test_other_strategies_keep_their_way_and_the_order_of_projects_holds(self):
        plan = small(bindings=(binding("own-1", project=("keystone", "glance")), deployer()))
        assert ids(plan, stage="control", action="upgrade") == [
            *(f"2025.2-control-keystone@ctl{n}" for n in (1, 2, 3)),
            "2025.2-control-placement@ctl1+2",
            *(f"2025.2-control-glance@ctl{n}" for n in (1, 2, 3)),
            "2025.2-control-neutron@ctl1+2",
            "2025.2-control-nova@ctl1+2",
        ]

    def test_a_project_that_two_share_is_two_parts(self):
        plan = small(bindings=(deployer("a-1", {"host": "ctl1"}), deployer("b-2")))
        assert [s.id for s in of(plan, "nova")] == ["2025.2-control-nova-a-1@ctl1", "2025.2-control-nova-b-2@ctl2+1"]

    def test_what_runs_the_target_takes_no_part(self):
        built = a_cloud(control=2, compute=0).running("ctl1", "33.0.1", "nova-api", "nova-conductor", "nova-scheduler")
        [nova] = of(planned(built, "2026.1", bindings=(deployer(),)), "nova")
        assert nova.hosts == ("ctl2",)

    def test_a_service_that_a_host_of_the_step_never_had_is_no_drift(self):
        built = a_cloud(control=2).placed("ctl2", "nova-novncproxy")
        plan = planned(built, bindings=(deployer(),))
        assert "nova-novncproxy" in of(plan, "nova")[0].services
        assert drift(plan, seen(built).cloud, plan.steps) == ()
        assert ("nova-novncproxy", "ctl2") in plan.parts(of(plan, "nova")[0])
        assert ("nova-novncproxy", "ctl1") not in plan.parts(of(plan, "nova")[0])
        gone = seen(a_cloud(control=2)).cloud
        assert {f.subject for f in drift(plan, gone, plan.steps)} == {"nova-novncproxy@ctl2"}


def test_what_takes_over_in_a_later_hop_is_on_every_host_of_its_step():
    plan = planned(a_cloud(control=2), "2026.2", "2025.1", bindings=(deployer(),))
    [heirs] = [s for s in plan.steps if "neutron-rpc-server" in s.services and s.action == "upgrade"]
    assert {host for name, host in plan.parts(heirs) if name == "neutron-rpc-server"} == {"ctl1", "ctl2"}


class TestAbsorbed:
    def test_what_the_upgrade_does_has_no_step(self):
        plan = small(bindings=(deployer(absorbs={"*": ALL_DATABASES, "nova": ("db-expand",)}),))
        actions = {s.action: s.project for s in plan.steps if s.action in DATABASE_ACTIONS}
        assert actions == {"db-migrate": "nova"}
        assert [s.action for s in plan.steps if s.stage == "finish"] == ["unpin", "unpin", "unpin", "db-migrate"]

    def test_the_step_says_so_and_is_one_way_if_nothing_leads_back(self):
        plan = small(bindings=(deployer(absorbs={"keystone": ("db-expand", "db-contract"), "nova": ("db-expand",)}),))
        [keystone], [nova], [glance] = of(plan, "keystone"), of(plan, "nova"), of(plan, "glance")
        assert keystone.one_way
        assert "keystone's schema grows inside this step" in keystone.reason
        assert "nothing leads back, since it also sheds what only the old code needed" in keystone.reason
        assert not nova.one_way
        assert "nova's schema grows inside this step" in nova.reason
        assert not glance.one_way
        assert "schema" not in glance.reason

    def test_a_cold_project_says_that_nothing_old_may_be_left_and_that_nothing_leads_back(self):
        built = a_cloud(control=1).without("keystone-catalog").placed("ctl1", "heat-api", "heat-engine")
        [heat] = of(planned(built, bindings=(deployer(absorbs={"*": ALL_DATABASES}),)), "heat")
        assert "no old code of it should be left by then" in heat.reason
        assert "on which the old code may not run" in heat.reason
        assert heat.one_way

    def test_who_does_not_upgrade_the_project_absorbs_nothing_of_it(self):
        """An entry for database steps alone: nobody else would do them."""
        databases = deployer("kolla-1", {"action": "db-*"}, absorbs={"*": ALL_DATABASES})
        plan = small(bindings=(databases, ANY))
        assert [s.strategy for s in plan.steps if s.action == "db-expand"] == ["kolla-1"] * 5

    def test_a_copy_before_is_still_made(self):
        plan = small(bindings=(binding("copies-1", action="backup"), deployer(absorbs={"*": ALL_DATABASES})))
        assert len([s for s in plan.steps if s.action == "backup"]) == 5


class TestWholeNode:
    def grenade(self, **given) -> Binding:
        opening = Opening("drain", "everything of the base stops", one_way=True)
        absorbs = {"*": (*ALL_DATABASES, "unpin")}
        return deployer("grenade-1", **({"absorbs": absorbs, "whole_node": True, "opening": opening} | given))

    def test_resource_services_go_with_their_project(self):
        plan = planned(the_founding_cloud(), "2016.2", None, bindings=(self.grenade(),))
        [nova], [neutron] = of(plan, "nova"), of(plan, "neutron")
        assert nova.services[-1] == "nova-compute"
        assert nova.plane == "control"
        assert set(neutron.services) > {"neutron-openvswitch-agent", "neutron-l3-agent"}
        one, *others = (f"devstack-{n}.coreitpro.com" for n in (1, 2, 3))
        assert hosts_of(s for s in plan.steps if s.stage == "control") == [one] * 3
        assert hosts_of(s for s in plan.steps if s.stage == "compute") == others

    def test_who_has_another_entry_for_them_means_it(self):
        plan = planned(
            the_founding_cloud(), "2016.2", None, bindings=(binding("own-1", plane="resource"), self.grenade())
        )
        assert not of(plan, "neutron")
        assert "nova-compute" not in of(plan, "nova")[0].services
        assert "devstack-1.coreitpro.com" in hosts_of(s for s in plan.steps if s.stage == "compute")

    def test_a_hypervisor_that_also_runs_a_part_of_the_control_plane_is_no_part_of_novas(self):
        built = a_cloud(control=1, network=0, compute=2).reporting("ctl1", "cinder-scheduler")
        plan = planned(built.storage("cmp1", "cmp2"), bindings=(self.grenade(opening=None),))
        assert of(plan, "nova")[0].hosts == ("ctl1",)
        assert hosts_of(s for s in plan.steps if s.stage == "compute") == ["cmp1", "cmp2"]

    @pytest.mark.parametrize("order", ["node", "service"])
    def test_without_projects_a_node_goes_as_one(self, order):
        """Packages of one node share libraries."""
        node = deployer("packages-1", concurrency="host", projects="", whole_node=True)
        plan = planned(the_founding_cloud(), "2016.2", None, bindings=(node,), policy=policy(order=order))
        one, *others = (f"devstack-{n}.coreitpro.com" for n in (1, 2, 3))
        [step] = [s for s in plan.steps if s.stage == "control" and s.action == "upgrade"]
        assert (step.id, step.hosts, step.project, step.plane) == (f"2016.2-control@{one}", (one,), None, "control")
        assert len(step.services) == 9
        assert hosts_of(s for s in plan.steps if s.stage == "compute") == others

    def test_a_node_step_tells_what_it_absorbs(self):
        node = self.grenade(projects="")
        [step] = [
            s
            for s in planned(the_founding_cloud(), "2016.2", None, bindings=(node,)).steps
            if s.stage == "control" and s.action == "upgrade"
        ]
        assert step.one_way
        assert "nova's schema grows inside this step" in step.reason

    def test_the_opening_comes_before_everything_of_the_control_plane(self):
        plan = planned(the_founding_cloud(), "2016.2", None, bindings=(self.grenade(),))
        drain = plan.steps[0]
        assert (drain.id, drain.action, drain.stage) == ("2016.2-drain-grenade-1", "drain", "control")
        assert (drain.hosts, drain.project, drain.strategy) == (("devstack-1.coreitpro.com",), None, "grenade-1")
        assert (drain.reason, drain.one_way) == ("everything of the base stops", True)
        assert all_before(plan, [drain], [s for s in plan.steps if s is not drain and s.stage == "control"])

    def test_an_opening_is_once_per_hop_and_strategy(self):
        entries = (deployer("a-1", {"project": "keystone"}, opening=Opening("verify", "w")), self.grenade(projects=""))
        plan = small(to="2026.1", source="2024.2", bindings=entries)
        assert [s.id for s in plan.steps if s.action in ("drain", "verify")] == [
            "2025.1-verify-a-1",
            "2025.1-drain-grenade-1",
            "2026.1-verify-a-1",
            "2026.1-drain-grenade-1",
        ]

    def test_without_a_control_stage_there_is_no_opening(self):
        assert not [s for s in small(bindings=(self.grenade(),), stages=("compute",)).steps if s.action == "drain"]


class TestOrder:
    def test_a_deployers_own_order_comes_before_our_preference(self):
        plan = small(bindings=(deployer(order=("keystone", "nova", "neutron")),))
        projects = [s.project for s in plan.steps if s.stage == "control" and s.action == "upgrade"]
        assert projects == ["keystone", "placement", "glance", "nova", "neutron"]
        assert "before neutron, as kolla has it" in of(plan, "nova")[0].reason
        assert "plan.order" not in codes(plan.findings)

    def test_a_hard_rule_comes_before_a_deployers_order(self):
        plan = small(bindings=(deployer(order=("nova", "placement", "keystone")),))
        projects = [s.project for s in plan.steps if s.stage == "control" and s.action == "upgrade"]
        assert projects.index("keystone") < projects.index("placement") < projects.index("nova")
        told = {f.subject: f for f in plan.findings if f.code == "plan.order"}
        assert set(told) == {"kolla-1:nova", "kolla-1:placement"}
        assert {f.severity for f in told.values()} == {"warning"}
        assert "kolla would upgrade nova before placement" in told["kolla-1:nova"].message
        assert "placement API" in told["kolla-1:nova"].message

    def test_it_says_so_once_however_many_hops(self):
        plan = small(to="2026.1", source="2024.2", bindings=(deployer(order=("nova", "placement")),))
        assert finding(plan.findings, "plan.order")

    def test_it_says_nothing_of_projects_that_others_upgrade(self):
        plan = small(bindings=(binding("own-1", project="placement"), deployer(order=("nova", "placement"))))
        assert "plan.order" not in codes(plan.findings)


def test_notes_are_in_the_reasons_of_what_is_upgraded():
    notes = {"neutron-openvswitch-agent": "its restart is short", "keystone": "tokens stay", "nova": "its API is short"}
    plan = small(bindings=(deployer(notes=notes),))
    assert of(plan, "keystone")[0].reason.endswith("; tokens stay")
    told = {s.id for s in upgrades(plan) if "its restart is short" in s.reason}
    assert told == {"2025.2-network@net1", "2025.2-compute@cmp1", "2025.2-compute@cmp2"}
    assert {s.id for s in upgrades(plan) if "its API is short" in s.reason} == {"2025.2-control-nova@ctl1+2"}
    assert all("tokens stay" not in s.reason for s in plan.steps if s.action != "upgrade")


def test_a_note_on_preparation_is_for_the_steps_of_that_stage():
    notes = {"prepare": "it only looks", "nova": "its API is short"}
    opening = Opening("prepare", "once")
    plan = small(
        bindings=(deployer(match={"stage": ("prepare",)}, notes=notes), deployer(notes=notes, opening=opening))
    )
    told = {step.id for step in plan.steps if step.reason.endswith("; it only looks")}
    assert told == set(ids(plan, stage="prepare"))
    assert told


def test_a_note_on_another_action_is_for_all_its_steps():
    plan = small(bindings=(deployer(notes={"db-migrate": "it goes without a limit"}),))
    told = {step.id for step in plan.steps if step.reason.endswith("; it goes without a limit")}
    assert told == set(ids(plan, action="db-migrate"))
    assert told


def test_manners_are_part_of_what_is_hashed():
    plain, other = small(bindings=(deployer(),)), small(bindings=(deployer(order=("keystone", "glance")),))
    assert plain.steps == other.steps
    assert plain.hash != other.hash


# What holds for all


@given(deployed())
def test_every_service_is_upgraded_exactly_once_in_each_hop(case):
    """Of the hosts of a step those count that have the service."""
    plan = case.plan()
    scope = fleet(seen(case.built).cloud, (), request(case.target, case.source))
    for hop, steps in per_hop(plan):
        behind = {(s.binary, s.host) for s in scope.facing(hop).services}
        upgraded = [(n, h) for s in steps if s.action == "upgrade" for h in s.hosts for n in s.services]
        done = [pair for pair in upgraded if pair in behind]
        assert len(done) == len(set(done))
        assert set(done) == behind
        scope = scope.at(hop)


@given(deployed())
def test_every_host_of_a_step_has_a_part_in_it(case):
    plan = case.plan()
    hosts = {host.name for host in seen(case.built).cloud.hosts}
    for step in plan.steps:
        assert bool(step.services) == bool(step.hosts) == (step.action != "approve")
        assert set(step.hosts) <= hosts
        assert len(set(step.services)) == len(step.services)
        assert {binary(name).project for name in step.services} == {step.project} or step.project is None


@given(deployed())
def test_the_plan_can_be_run(case):
    plan = case.plan()
    assert graph(plan).steps == plan.steps
    assert len({s.id for s in plan.steps}) == len(plan.steps)


@given(deployed())
def test_the_control_plane_comes_before_network_and_compute(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        control = [s for s in steps if s.stage == "control"]
        assert all_before(plan, control, [s for s in steps if s.stage in ("network", "compute")])


@given(deployed())
def test_hard_edges_between_projects_hold(case):
    plan = case.plan()
    hard = [edge for edge in edges() if edge.level == "project" and edge.strength == "hard"]
    for _, steps in per_hop(plan):
        wholes = [s for s in steps if s.stage == "control" and s.action == "upgrade" and not s.slots and s.project]
        for one, two in combinations(wholes, 2):
            for edge in hard:
                assert not edge.covers(two.project, one.project), f"{one.id} before {two.id}: {edge.reason}"
                if edge.covers(one.project, two.project):
                    assert all_before(plan, [one], [two])


@given(deployed())
def test_schemas_grow_once_before_or_inside_the_upgrade(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        upgraded = [s for s in steps if s.action == "upgrade" and s.stage != "ovn" and s.plane == "control"]
        for expand in (s for s in steps if s.action == "db-expand"):
            mine = [s for s in upgraded if any(binary(n).project == expand.project for n in s.services)]
            assert all_before(plan, [expand], mine)
            assert not [
                s
                for s in mine
                if f"{expand.project}'s schema grows inside" in s.reason and s.strategy == expand.strategy
            ]


@given(deployed())
def test_one_way_steps_are_those_of_the_end_and_those_that_say_it(case):
    plan = case.plan()
    openings = {b.id for b in plan.bindings if b.manner.opening and b.manner.opening.one_way}
    for step in plan.steps:
        opening = step.action in ("drain", "verify") and step.strategy in openings
        assert step.one_way == (
            step.stage == "finish" or opening or "nothing leads back" in step.reason or changes_under_old_code(step)
        )
        if "nothing leads back" in step.reason:
            known = [procedure(binary(name).project) for name in step.services]
            assert any(one and (one.has_database or one.unpin) for one in known)


def changes_under_old_code(step: Step) -> bool:
    """Whether it is the database step of a project that is upgraded cold."""
    known = procedure(step.project or "")
    return step.action == "db-expand" and known is not None and known.cold


@given(deployed())
def test_the_same_input_has_the_same_hash_and_comes_back_from_json(case):
    plan = case.plan()
    assert case.plan().hash == plan.hash
    back = from_document(json.loads(json.dumps(to_document(plan))))
    assert back == plan
    assert plan_hash(back) == plan.hash
