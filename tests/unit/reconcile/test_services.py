"""Rows become services: one per binary and host, and what they say keeps its meaning."""

from datetime import timedelta

import pytest

from planning import seen
from stairlift.model.release import Release
from stairlift.testing.clouds import NOON, CloudBuilder, a_cloud


def service(built, binary, host):
    [found] = [s for s in seen(built).cloud.services if (s.binary, s.host) == (binary, host)]
    return found


def roles(built):
    return {host.name: host.roles for host in seen(built).cloud.hosts}


def test_backends_are_instances_of_one_service():
    built = CloudBuilder().storage("stor1", backends=("rbd", "nfs"))
    found = service(built, "cinder-volume", "stor1")
    assert [i.name for i in found.instances] == ["stor1@nfs", "stor1@rbd"]
    assert (found.plane, found.role, found.registry) == ("control", "storage", "cinder")


def test_the_newest_heartbeat_and_the_best_state_of_the_rows_count():
    built = (
        CloudBuilder()
        .row("cinder-volume", "stor1@a", state="down", status="disabled", updated_at=NOON - timedelta(hours=2))
        .row("cinder-volume", "stor1@b", updated_at=NOON - timedelta(seconds=9))
    )
    found = service(built, "cinder-volume", "stor1")
    assert (found.state, found.status) == ("up", "enabled")
    assert found.updated_at == NOON - timedelta(seconds=9)
    assert [(i.state, i.status) for i in found.instances] == [("down", "disabled"), ("up", "enabled")]


@pytest.mark.parametrize(
    ("given", "status", "state"),
    [
        ({}, "enabled", "up"),
        ({"status": "disabled"}, "disabled", "up"),
        ({"state": "down"}, "enabled", "down"),
        ({"status": "unknown", "state": "unknown"}, "unknown", "unknown"),
    ],
)
def test_status_and_state_are_kept_apart(given, status, state):
    found = service(CloudBuilder().row("nova-compute", "cmp1", **given), "nova-compute", "cmp1")
    assert (found.status, found.state) == (status, state)


def test_forced_down_is_kept_with_the_row():
    built = CloudBuilder().row("nova-compute", "cmp1", state="down", forced_down=True)
    [row] = service(built, "nova-compute", "cmp1").instances
    assert row.forced_down


def test_what_only_an_inventory_places_has_no_heartbeat_and_an_unknown_state():
    found = service(CloudBuilder().placed("ctl1", "keystone"), "keystone", "ctl1")
    assert (found.state, found.status, found.updated_at, found.registry) == ("unknown", "unknown", None, None)
    assert found.sources == ("ansible:hosts",)


def test_all_sources_of_a_service_are_named():
    found = service(CloudBuilder().reporting("c", "nova-compute").placed("c", "nova-compute"), "nova-compute", "c")
    assert found.sources == ("ansible:hosts", "nova-services")


def test_planes_and_roles_of_hosts():
    built = a_cloud(control=1, network=1, compute=1).storage("stor1")
    planes = {host.name: host.planes for host in seen(built).cloud.hosts}
    assert planes == {"ctl1": ("control",), "net1": ("resource",), "cmp1": ("resource",), "stor1": ("control",)}
    assert roles(built) == {"ctl1": ("control",), "net1": ("network",), "cmp1": ("compute",), "stor1": ("storage",)}


def test_the_l2_agent_has_the_role_of_its_host():
    built = a_cloud(control=0, network=1, compute=1)
    assert service(built, "neutron-openvswitch-agent", "net1").role == "network"
    assert service(built, "neutron-openvswitch-agent", "cmp1").role == "compute"


@pytest.mark.parametrize("mode", ["dvr", "dvr_no_external"])
def test_distributed_routers_make_no_network_node(mode):
    """With DVR every hypervisor has an L3 and a metadata agent of its own."""
    built = CloudBuilder().compute("cmp1").row("neutron-l3-agent", "cmp1", agent_mode=mode)
    built = built.reporting("cmp1", "neutron-metadata-agent")
    assert roles(built) == {"cmp1": ("compute",)}


@pytest.mark.parametrize("mode", ["legacy", "dvr_snat", None])
def test_centralised_routers_make_a_network_node_also_of_a_hypervisor(mode):
    built = CloudBuilder().compute("cmp1").row("neutron-l3-agent", "cmp1", agent_mode=mode)
    assert roles(built) == {"cmp1": ("network", "compute")}


def test_the_zone_of_a_host_is_that_of_its_hypervisor_and_never_novas_internal_one():
    built = (
        CloudBuilder().reporting("h", "nova-conductor", zone="internal").reporting("h", "neutron-dhcp-agent", zone="n")
    )
    assert seen(built).cloud.host("h").zone == "n"
    assert seen(built.compute("h", zone="az1")).cloud.host("h").zone == "az1"
    assert seen(CloudBuilder().reporting("c", "nova-conductor", zone="internal")).cloud.host("c").zone is None


def test_a_version_seen_on_the_host_tells_the_release():
    found = service(CloudBuilder().compute("c").running("c", "32.0.1", "nova-compute"), "nova-compute", "c")
    assert (found.version, found.releases) == ("32.0.1", (Release(2025, 2),))


def test_of_two_containers_with_one_service_the_older_version_counts():
    built = CloudBuilder().placed("infra1", "nova-api").running("infra1", "32.0.1", "nova-api")
    built = built.running("infra1", "31.2.0", "nova-api")
    assert service(built, "nova-api", "infra1").releases == (Release(2025, 1),)


def test_a_binary_that_nobody_knows_stays_a_service():
    found = service(CloudBuilder().reporting("ctl1", "nova-frobnicator"), "nova-frobnicator", "ctl1")
    assert (found.project, found.plane) == ("unknown", "control")
