"""Projects that stand still around their database step: on all hosts, before it, until they are upgraded."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from anyclouds import all_before, cases, per_hop
from planning import ANY, binding, codes, finding, planned, policy
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.procedures import all_procedures, procedure
from stairlift.model.plan import DATABASE_ACTIONS, Plan, Step
from stairlift.run.transitions import needs_approval
from stairlift.testing.clouds import a_cloud

STOP = binding("stop", project=("heat", "octavia"), action="drain")
COLD = [known.project for known in all_procedures() if known.cold]


def with_heat(*, hosts: int = 2):
    built = a_cloud(control=hosts, network=1, compute=1).serving("orchestration")
    for n in range(hosts):
        built = built.placed(f"ctl{n + 1}", "heat-api", "heat-engine")
    return built


def of(plan: Plan, project: str) -> list[Step]:
    return [s for s in plan.steps if s.project == project or any(_project(n) == project for n in s.services)]


def _project(name: str) -> str:
    return binary(name).project


def actions(plan: Plan, project: str) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(s.action, s.services, s.hosts) for s in of(plan, project) if s.project == project]


class TestStopped:
    def test_every_host_stops_in_the_projects_order_before_its_schema_changes(self):
        assert actions(planned(with_heat(), bindings=(STOP, ANY)), "heat") == [
            ("drain", ("heat-api",), ("ctl1",)),
            ("drain", ("heat-api",), ("ctl2",)),
            ("drain", ("heat-engine",), ("ctl1",)),
            ("drain", ("heat-engine",), ("ctl2",)),
            ("db-expand", ("heat-engine",), ("ctl1",)),
        ]

    def test_a_strategy_for_many_hosts_stops_them_in_one_process(self):
        made = planned(with_heat(hosts=3), bindings=(replace(STOP, concurrency="batch"), ANY))
        drains = [(s.services, s.hosts) for s in made.steps if s.action == "drain"]
        assert drains == [(("heat-api",), ("ctl1", "ctl2", "ctl3")), (("heat-engine",), ("ctl1", "ctl2", "ctl3"))]

    def test_no_window_holds_a_project_back_that_goes_down_as_a_whole(self):
        drains = [s for s in planned(with_heat(), bindings=(STOP, ANY)).steps if s.action == "drain"]
        assert all(s.slots == () and s.budgets == ("plane:control",) and s.plane == "control" for s in drains)

    def test_it_is_down_no_longer_than_it_has_to_be(self):
        """Service by service, it stops when its turn comes; keystone's upgrade takes none of its time."""
        made = planned(with_heat(), bindings=(STOP, ANY), policy=policy(order="service"))
        names = [s.id for s in made.steps]
        first = names.index("2025.2-drain-heat-api@ctl1")
        assert names.index("2025.2-control-nova-api@ctl2") < first
        assert names[first + 5].startswith("2025.2-control-heat-")

    def test_the_plan_says_from_when_to_when(self):
        made = planned(with_heat(), bindings=(STOP, ANY))
        found = [f for f in made.findings if f.code == "plan.outage" and f.subject == "heat"]
        when = "from 2025.2-drain-heat-api@ctl1 until 2025.2-control@ctl1 is done"
        whole = "on all its hosts after 2025.2-control@ctl2"
        assert [f.message for f in found] == [f"on the hop to 2025.2 the API of heat is down {when}, {whole}"]
        assert "plan.cold" not in codes(made.findings)

    def test_one_question_comes_before_anything_is_down(self):
        """Of all projects that stop together; a question in the midst would leave them down while it waits."""
        built = with_heat().serving("load-balancer")
        for host in ("ctl1", "ctl2"):
            built = built.placed(host, "octavia-api", "octavia-worker")
        made = planned(built, bindings=(STOP, ANY))
        [word] = [s for s in made.steps if s.action == "approve"]
        assert word.id == "2025.2-approve-heat+1"
        assert word.reason.startswith("ONE-WAY: heat and octavia next")
        for project in ("heat", "octavia"):
            mine = [s for s in made.steps if s.project == project and s.action in ("drain", "db-expand")]
            assert all_before(made, [word], mine)
            assert mine[-1].one_way
            assert not any(needs_approval(s) for s in mine)

    def test_octavia_stops_what_replaces_load_balancers_first(self):
        built = (
            a_cloud().serving("load-balancer").placed("ctl1", "octavia-api", "octavia-worker", "octavia-health-manager")
        )
        made = planned(built.placed("ctl1", "octavia-housekeeping"), bindings=(STOP, ANY))
        names = [s.services[0] for s in made.steps if s.action == "drain"]
        assert names == ["octavia-housekeeping", "octavia-health-manager", "octavia-api", "octavia-worker"]

    def test_without_an_order_of_its_own_a_project_stops_in_the_reverse_of_its_start(self):
        built = a_cloud().serving("dns").placed("ctl1", "designate-central", "designate-api", "designate-worker")
        made = planned(built, bindings=(binding("stop", project="designate", action="drain"), ANY))
        names = [s.services[0] for s in made.steps if s.action == "drain"]
        assert names == ["designate-api", "designate-worker", "designate-central"]

    def test_what_runs_the_target_already_is_left_alone(self):
        built = with_heat().running("ctl2", "25.0.0", "heat-api", "heat-engine")
        drained = [s.hosts for s in planned(built, bindings=(STOP, ANY)).steps if s.action == "drain"]
        assert drained == [("ctl1",), ("ctl1",)]

    @pytest.mark.parametrize("use", ["haproxy", "nova"])
    def test_what_takes_a_host_out_for_a_while_stops_nothing_for_good(self, use):
        fence = replace(binding("fence", action="drain"), use=use)
        made = planned(with_heat(), bindings=(fence, ANY))
        assert "plan.cold" in codes(made.findings)
        assert all(s.project != "heat" for s in made.steps if s.action == "drain" and s.stage == "control")

    def test_one_entry_may_take_requests_away_and_another_stop(self):
        """heat stops as a whole; the other APIs leave the load balancer node by node, by the entry before."""
        fence = replace(binding("fence", action=("drain", "uncordon")), use="haproxy")
        made = planned(with_heat(), bindings=(fence, STOP, ANY))
        stopped = [s for s in made.steps if s.strategy == "stop"]
        assert [s.services for s in stopped] == [("heat-api",), ("heat-api",), ("heat-engine",), ("heat-engine",)]
        assert "plan.cold" not in codes(made.findings)
        [outage] = [f.message for f in made.findings if f.code == "plan.outage" and f.subject == "heat"]
        assert "from 2025.2-drain-heat-api@ctl1" in outage

    def test_an_entry_for_everything_asks_for_no_stop(self):
        assert "drain" not in {s.action for s in planned(with_heat()).steps}


class TestNotStopped:
    def test_the_plan_says_who_keeps_running_and_what_to_do(self):
        found = finding(planned(with_heat()).findings, "plan.cold")
        assert (found.severity, found.subject) == ("warning", "heat")
        assert "nobody stops heat-api, heat-engine" in found.message
        assert 'project = "heat", action = "drain"' in found.resolution
        assert "virtual host" in found.resolution, "heat has another way"

    def test_it_is_told_once_for_all_hops(self):
        found = finding(planned(with_heat(), "2026.1", "2024.2").findings, "plan.cold")
        assert "2024.2 to 2025.1, 2025.1 to 2026.1" in found.message

    def test_who_is_forgotten_is_named(self):
        half = binding("half", service="heat-api", action="drain")
        found = finding(planned(with_heat(), bindings=(half, ANY)).findings, "plan.cold")
        assert "nobody stops heat-engine while" in found.message

    def test_its_database_step_is_no_place_to_stop(self):
        made = planned(with_heat())
        expand = made.step("2025.2-db-expand-heat")
        assert needs_approval(expand)
        assert "may not run on it" in expand.reason
        assert not made.step("2025.2-db-expand-nova").one_way


class TestNeutron:
    """Its contraction must find every server stopped, and come before the first new one."""

    ENTRY = binding("stop", project="neutron", action="drain")

    def test_on_the_way_to_newton_it_comes_before_the_new_servers(self):
        made = planned(a_cloud(control=2), "2016.2", "2016.1", (self.ENTRY, ANY))
        steps = [(s.action, s.stage, s.hosts) for s in made.steps if s.project == "neutron" and s.stage != "network"]
        assert steps == [
            ("drain", "control", ("ctl1",)),
            ("drain", "control", ("ctl2",)),
            ("db-contract", "control", ("ctl1",)),
        ]
        contract = made.step("2016.2-db-contract-neutron")
        assert contract.one_way
        assert "every server stopped" in made.steps[made.steps.index(contract) - 1].reason

    def test_without_an_entry_somebody_is_told(self):
        made = planned(a_cloud(control=2), "2016.2", "2016.1")
        assert finding(made.findings, "plan.cold").subject == "neutron"
        assert [s.stage for s in made.steps if s.action == "db-contract" and s.project == "neutron"] == ["finish"]

    def test_later_only_for_who_asks_for_it_by_name(self):
        everyone = binding("all", action="drain")
        assert planned(a_cloud(), bindings=(everyone, ANY)).step("2025.2-db-expand-neutron")
        made = planned(a_cloud(), bindings=(self.ENTRY, ANY))
        assert made.step("2025.2-db-expand-neutron") is None
        assert made.step("2025.2-db-contract-neutron").stage == "control"
        assert [s.action for s in made.steps if s.project == "neutron"].count("db-contract") == 1


@given(cases(), st.sampled_from(["host", "batch", "cloud"]))
def test_nothing_cold_runs_across_its_database_step(case, concurrency):
    """With an entry that stops, every old service of the project is stopped before, and started only by its upgrade."""
    stop = binding("stop", concurrency, action="drain")
    plan = replace(case, given=case.given | {"bindings": (stop, *case.given["bindings"])}).plan()
    changed = False
    for hop, steps in per_hop(plan):
        for step in (s for s in steps if s.action in DATABASE_ACTIONS and s.stage == "control"):
            if procedure(step.project).cold:
                changed = True
                mine = [s for s in steps if s.project == step.project and s.action == "drain"]
                upgrades = [s for s in steps if s.action == "upgrade" and s.stage == "control"]
                after = [s for s in upgrades if any(_project(n) == step.project for n in s.services)]
                stopped = {(n, h) for s in mine for n in s.services for h in s.hosts}
                started = {(n, h) for s in after for n in s.services for h in s.hosts if _project(n) == step.project}
                assert stopped >= started, f"{hop}: {step.project}"
                assert all_before(plan, mine, [step])
                assert all_before(plan, [step], after)
    assume(changed)
    assert "plan.cold" not in codes(plan.findings)


@given(cases())
def test_every_contraction_comes_after_the_last_old_process_or_before_the_first_new_one(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        upgrades = [s for s in steps if s.action == "upgrade"]
        for step in (s for s in steps if s.action == "db-contract"):
            mine = [s for s in upgrades if any(_project(n) == step.project for n in s.services)]
            assert all_before(plan, mine, [step]) if step.stage == "finish" else all_before(plan, [step], mine)


@given(cases())
def test_no_agent_is_upgraded_before_the_last_server(case):
    plan = case.plan()
    for _, steps in per_hop(plan):
        upgrades = [s for s in steps if s.action == "upgrade"]
        servers = [s for s in upgrades if any(_is_server(n) for n in s.services)]
        agents = [s for s in upgrades if any(_is_agent(n) for n in s.services)]
        assert all_before(plan, servers, agents)


def _is_server(name: str) -> bool:
    one = binary(name)
    return (one.project, one.plane) == ("neutron", "control")


def _is_agent(name: str) -> bool:
    one = binary(name)
    return (one.project, one.plane) == ("neutron", "resource")
