"""Databases, brokers, load balancers and switches: found always, upgraded only for who asked for it."""

from dataclasses import replace

import pytest

from anyclouds import all_before
from deployers import kolla_cloud, osa_cloud
from planning import ANY, binding, hosts_of, planned, request, seen
from stairlift.model.plan import Binding, Manner, Plan
from stairlift.plan import plan
from stairlift.plan.drift import drift
from stairlift.run.graph import graph
from stairlift.testing.clouds import CloudBuilder, a_cloud

INFRA = binding("infra-1", "cloud", stage="infra")


def built() -> CloudBuilder:
    made = a_cloud(control=3, network=1, compute=2)
    for host in ("ctl1", "ctl2", "ctl3"):
        made = made.placed(host, "mariadb", "rabbitmq", "memcached")
    for host in ("net1", "cmp1", "cmp2"):
        made = made.placed(host, "openvswitch")
    return made.placed("lb1", "haproxy", "keepalived").placed("lb2", "haproxy", "keepalived")


def of(made: Plan) -> list:
    return [s for s in made.steps if s.stage == "infra"]


def parts(made: Plan) -> list[tuple[str, ...]]:
    return [s.services for s in of(made) if s.action == "upgrade"]


def with_order(*names: str) -> Binding:
    return replace(INFRA, manner=Manner(order=names))


class TestOffUnlessAsked:
    @pytest.mark.parametrize("entries", [(), (ANY,), (binding("p-1", stage="prepare"), ANY)])
    def test_nothing_of_it_gets_a_step(self, entries):
        made = planned(built(), bindings=entries)
        assert not of(made)
        assert not {"mariadb", "openvswitch"} & {name for s in made.steps for name in s.services}

    def test_what_another_entry_would_take_stays_as_it_is(self):
        made = planned(built(), bindings=(binding("i-1", stage="infra", service=("mariadb", "haproxy")), ANY))
        assert {name for names in parts(made) for name in names} == {"mariadb", "haproxy"}

    def test_a_plan_for_other_stages_has_none(self):
        assert not of(planned(built(), bindings=(INFRA, ANY), stages=("control",)))

    def test_it_can_go_alone(self):
        assert {s.stage for s in planned(built(), bindings=(INFRA, ANY), stages=("infra",)).steps} == {"infra"}


class TestSteps:
    def test_a_gate_and_then_part_after_part(self):
        made = planned(built(), bindings=(INFRA, ANY))
        gate, *others = of(made)
        assert (gate.id, gate.action, gate.strategy) == ("2025.2-approve-infra", "approve", None)
        assert (gate.services, gate.hosts) == ((), ())
        assert [s.id for s in others] == [
            "2025.2-infra-haproxy@lb1+1",
            "2025.2-infra-memcached@ctl1+2",
            "2025.2-infra-mariadb@ctl1+2",
            "2025.2-infra-rabbitmq@ctl1+2",
            "2025.2-approve-infra-openvswitch",
            "2025.2-infra-openvswitch@cmp1+2",
        ]
        ways = ["parking", "parking", "no-return", "no-return", "parking", "parking"]
        assert [s.reversibility for s in others] == ways
        assert "without network" in others[-2].reason
        assert "networks of guests are cut" in others[-1].reason
        for before, step in zip(of(made), others, strict=False):
            assert step.needs == (before.id,)

    def test_everything_else_of_the_hop_waits_for_it(self):
        made = planned(built(), bindings=(INFRA, ANY))
        rest = [s for s in made.steps if s.stage != "infra"]
        assert rest
        assert all_before(made, of(made), rest)
        assert graph(made).steps == made.steps

    def test_it_comes_again_in_every_hop(self):
        made = planned(built(), "2026.1", "2024.2", bindings=(INFRA, ANY))
        gates = [s.id for s in of(made) if s.id.endswith("-approve-infra")]
        assert gates == ["2025.1-approve-infra", "2026.1-approve-infra"]

    def test_preparation_comes_first(self):
        made = planned(built(), bindings=(binding("p-1", "cloud", stage="prepare"), INFRA, ANY))
        prepared = [s for s in made.steps if s.stage == "prepare"]
        assert all_before(made, prepared, of(made))

    def test_a_strategy_of_one_host_takes_them_one_by_one(self):
        made = planned(built(), bindings=(binding("i-1", stage="infra", service="mariadb"), ANY))
        steps = [s for s in of(made) if s.action == "upgrade"]
        assert [s.hosts for s in steps] == [("ctl1",), ("ctl2",), ("ctl3",)]
        assert steps[2].needs == (steps[1].id,)

    def test_a_deployers_own_order_counts_for_what_it_names(self):
        made = planned(built(), bindings=(with_order("mariadb", "haproxy", "rabbitmq"), ANY))
        assert [names[0] for names in parts(made)] == ["mariadb", "memcached", "haproxy", "rabbitmq", "openvswitch"]

    def test_notes_tell_of_an_outage(self):
        noted = replace(INFRA, manner=Manner(notes={"rabbitmq": "the queues change their type: the APIs stop"}))
        reasons = {s.services: s.reason for s in of(planned(built(), bindings=(noted, ANY)))}
        assert reasons["rabbitmq",].endswith("; the queues change their type: the APIs stop")
        assert "queues" not in reasons["mariadb",]

    def test_hosts_left_out_stay_out(self):
        made = planned(built(), bindings=(INFRA, ANY), exclude=("ctl3", "lb2"))
        assert not {"ctl3", "lb2"} & set(hosts_of(of(made)))
        assert {"ctl1", "lb1"} <= set(hosts_of(of(made)))

    def test_it_is_no_drift(self):
        made = planned(built(), bindings=(INFRA, ANY))
        assert drift(made, seen(built()).cloud, made.steps) == ()


class TestFound:
    def test_it_is_kept_and_makes_no_host(self):
        cloud = seen(built()).cloud
        assert {(s.binary, s.host) for s in cloud.infrastructure if s.host.startswith("lb")} == {
            ("haproxy", "lb1"),
            ("keepalived", "lb1"),
            ("haproxy", "lb2"),
            ("keepalived", "lb2"),
        }
        assert cloud.host("lb1") is None
        assert not {s.binary for s in cloud.services} & {s.binary for s in cloud.infrastructure}
        planes = {s.binary: (s.project, s.plane) for s in cloud.infrastructure}
        assert planes["mariadb"] == ("infra", "control")
        assert planes["openvswitch"] == ("infra", "resource")
        roles = {s.host: s.role for s in cloud.infrastructure if s.binary == "openvswitch"}
        assert roles == {"net1": "network", "cmp1": "compute", "cmp2": "compute"}

    @pytest.mark.parametrize(
        ("cloud", "containers"), [(kolla_cloud, ("net1", "net2")), (osa_cloud, ("infra1", "infra2", "infra3"))]
    )
    def test_both_deployers_inventories_name_it(self, cloud, containers):
        """openstack-ansible's database runs in containers, which live on hosts."""
        found = cloud()
        balancers = {s.host for s in found.cloud.infrastructure if s.binary == "haproxy"}
        databases = {s.host for s in found.cloud.infrastructure if s.binary == "mariadb"}
        assert balancers == set(containers)
        assert len(databases) == 3
        assert {h.name for h in found.cloud.hosts} >= databases
        made = plan(found.cloud, found.findings, request("2026.1", "2025.1"), (INFRA, ANY))
        assert {("mariadb",), ("rabbitmq",), ("memcached",)} <= set(parts(made))
