"""What a plan tells about the projects in it: outages, what is not promised, what is left to people, what takes long."""

from dataclasses import replace

import pytest
from hypothesis import given

from anyclouds import cases, deployed, per_hop
from planning import binding, codes, finding, planned, policy
from stairlift.knowledge.binaries import binary
from stairlift.knowledge.procedures import all_procedures
from stairlift.model.plan import Manner
from stairlift.model.release import Release
from stairlift.testing.clouds import a_cloud, an_ovn_cloud


def found(plan, code):
    return [(f.subject, f.message) for f in plan.findings if f.code == code]


class TestOutages:
    def test_what_one_host_serves_alone_is_down_while_that_restarts(self):
        [(subject, message)] = found(planned(a_cloud(control=1)), "plan.outage")
        assert subject == "2025.2"
        assert "keystone (2025.2-control@ctl1)" in message

    def test_behind_a_load_balancer_nothing_is_down(self):
        assert "plan.outage" not in codes(planned(a_cloud(control=2)).findings)

    def test_a_host_that_is_upgraded_already_serves_as_well(self):
        built = a_cloud(control=2).running("ctl1", "32.1.0", "nova-api", "nova-conductor", "nova-scheduler")
        assert "plan.outage" not in codes(planned(built).findings)

    def test_inside_a_deployers_step(self):
        manner = Manner("together", absorbs={"*": ("db-expand",)})
        built = a_cloud(control=2).serving("orchestration")
        for host in ("ctl1", "ctl2"):
            built = built.placed(host, "heat-api", "heat-engine")
        made = planned(built, bindings=(replace(binding("kolla", "cloud"), manner=manner),))
        assert dict(found(made, "plan.outage"))["heat"].endswith(
            "may be down while 2025.2-control-heat@ctl1+1 runs, which changes its schema"
        )


class TestOverARelease:
    BUILT = (
        a_cloud()
        .serving("block-storage", "orchestration", "container-infra")
        .placed("ctl1", "cinder-api", "heat-api", "magnum-api")
    )

    def test_who_does_not_promise_it_is_named_once(self):
        told = dict(found(planned(self.BUILT, "2026.1", "2023.1"), "project.skip"))
        assert set(told) == {"cinder", "heat", "magnum"}
        assert "2023.1 to 2024.1, 2024.1 to 2025.1, 2025.1 to 2026.1" in told["heat"]
        assert "from one release to the next only" in told["cinder"]
        assert "no upgrade test" in told["magnum"]

    def test_from_one_release_to_the_next_nobody_is(self):
        assert "project.skip" not in codes(planned(self.BUILT).findings)


def test_what_is_left_to_people_before_a_hop_is_told_once():
    built = a_cloud().serving("baremetal", "load-balancer").reporting("ctl1", "ironic-conductor")
    told = dict(found(planned(built.placed("ctl1", "octavia-api"), "2026.1", "2024.2"), "project.before"))
    assert "pin_release_version" in told["ironic"]
    assert "failover_threshold" in told["octavia"]
    assert len(told) == 2


class TestStopping:
    def test_from_2026_1_on_nova_waits_before_it_ends(self):
        """At the end of the hop to it, where the new code is restarted; on the next hop everywhere."""
        first = finding(planned(a_cloud(compute=4), "2026.1").findings, "plan.slow_stop")
        assert first.message == (
            "for 160 s nothing happens where nova-scheduler stops: about 8 min of this plan, in 3 steps"
        )
        then = finding(planned(a_cloud(compute=4, microversion="2.103"), "2026.2", "2026.1").findings, "plan.slow_stop")
        assert "nova-compute and nova-scheduler" in then.message
        assert "in 10 steps" in then.message
        assert "plan.slow_stop" not in codes(planned(a_cloud()).findings)

    def test_windows_let_hosts_wait_side_by_side(self):
        wide = policy(max_unavailable={"resource": 4})
        made = planned(a_cloud(control=1, compute=4, microversion="2.103"), "2026.2", "2026.1", policy=wide)
        assert "about 8 min" in finding(made.findings, "plan.slow_stop").message

    @pytest.mark.parametrize(("seconds", "told"), [(160, True), (200, False)])
    def test_a_deadline_that_is_shorter_is_named(self, seconds, told):
        made = planned(a_cloud(control=1), "2026.1", policy=policy(deadline={"control": seconds}))
        assert ("plan.deadline" in codes(made.findings)) == told
        if told:
            assert "2026.1-unpin-nova@ctl1 has 160 s" in finding(made.findings, "plan.deadline").message


class TestMixing:
    def test_node_by_node_a_new_api_meets_an_old_conductor(self):
        """Stories of whoever rolled nova in parallel: the conductor could not translate what the API sent."""
        told = dict(found(planned(a_cloud()), "order.mixed"))
        assert told["nova"].startswith("nova-api of ctl1 is upgraded before nova-conductor of ctl3")

    def test_service_by_service_nothing_meets(self):
        assert "order.mixed" not in codes(planned(a_cloud(), policy=policy(order="service")).findings)

    def test_one_node_meets_nobody(self):
        assert "order.mixed" not in codes(planned(a_cloud(control=1)).findings)


@given(cases(orders=("service",)))
def test_service_by_service_no_barrier_is_ever_told_to_be_broken(case):
    assert "order.mixed" not in codes(case.plan().findings)


@given(cases() | deployed())
def test_every_step_that_a_finding_names_is_in_the_plan(case):
    plan = case.plan()
    ids = {s.id for s in plan.steps}
    for _, message in found(plan, "plan.outage"):
        named = {word.strip("(),") for word in message.split()}
        assert {n for n in named if "@" in n and n.split("-")[0] in map(str, plan.hops)} <= ids


@given(cases())
def test_expansion_is_once_with_the_targets_code_and_before_every_new_process(case):
    for _, steps in per_hop(case.plan()):
        for known in all_procedures():
            mine = [s for s in steps if s.project == known.project and s.action in ("db-expand", "db-migrate")]
            assert len([s for s in mine if s.action == "db-expand"]) <= 1
            assert len([s for s in mine if s.action == "db-migrate"]) <= 1
            assert all(s.stage == ("control" if s.action == "db-expand" else "finish") for s in mine)


def test_ovn_is_nobodys_project_over_a_release():
    assert "project.skip" not in codes(planned(an_ovn_cloud(), "2026.1").findings)


def test_knowledge_names_what_stops_at_releases_that_exist():
    slow = [s for known in all_procedures() for s in known.stopping]
    assert slow
    assert all(binary(name) and s.first >= Release(2026, 1) for s in slow for name in s.services)
