"""What the cloud carries, as releases tell it that know more or less."""

from dataclasses import replace

import pytest

from stairlift.inventory.workload import WorkloadInventory
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.workload import (
    Aggregate,
    ComputeHost,
    MigrationUnderWay,
    Provider,
    ServerGroup,
    ServerPort,
    Workload,
)
from stairlift.ports import Answer
from unit.inventory.answers import GivenCloud

FLAVOR = {
    "original_name": "m1",
    "vcpus": 2,
    "ram": 512,
    "disk": 4,
    "ephemeral": 1,
    "swap": 1500,
    "extra_specs": {"hw:cpu_policy": "dedicated"},
}
SERVER = {
    "id": "s1",
    "name": "web",
    "tenant_id": "p1",
    "status": "ACTIVE",
    "OS-EXT-SRV-ATTR:host": "cmp1",
    "OS-EXT-STS:vm_state": "active",
    "OS-EXT-STS:task_state": None,
    "OS-EXT-STS:power_state": 1,
    "OS-EXT-AZ:availability_zone": "az1",
    "pinned_availability_zone": None,
    "flavor": FLAVOR,
    "image": {"id": "i", "properties": {"hw_tpm_version": "2.0"}},
    "locked": True,
    "tags": ["stairlift:drain=stop"],
    "metadata": {"team": "x"},
    "os-extended-volumes:volumes_attached": [{"id": "v1"}],
}
HYPERVISOR = {
    "id": "u1",
    "hypervisor_hostname": "cmp1.example.com",
    "hypervisor_type": "QEMU",
    "state": "up",
    "status": "enabled",
    "service": {"host": "cmp1"},
}
PORT = {"id": "p1", "device_id": "s1", "device_owner": "compute:az1", "binding:vnic_type": "direct"}


def a_cloud(offered="2.100", **changes):
    bodies = {
        "/servers/detail": {"servers": [SERVER]},
        "/os-server-groups": {
            "server_groups": [
                {"id": "g", "policy": "anti-affinity", "members": ["s1"], "rules": {"max_server_per_host": 2}}
            ]
        },
        "/os-aggregates": {
            "aggregates": [{"name": "fast", "hosts": ["cmp1"], "availability_zone": "az1", "metadata": {"ssd": "true"}}]
        },
        "/os-services": {"services": [{"host": "cmp1", "zone": "az1", "status": "disabled", "state": "up"}]},
        "/os-hypervisors/detail": {"hypervisors": [HYPERVISOR]},
        "/os-migrations": {
            "migrations": [
                {
                    "id": 1,
                    "uuid": "m1",
                    "instance_uuid": "s1",
                    "source_compute": "cmp1",
                    "dest_compute": None,
                    "status": "running",
                    "migration_type": "live-migration",
                },
                {
                    "id": 2,
                    "uuid": "m2",
                    "instance_uuid": "s2",
                    "source_compute": "cmp1",
                    "dest_compute": "cmp2",
                    "status": "completed",
                    "migration_type": "live-migration",
                },
            ]
        },
        "/resource_providers": {
            "resource_providers": [{"uuid": "u1", "name": "cmp1.example.com", "root_provider_uuid": "u1"}]
        },
        "/resource_providers/u1/inventories": {
            "inventories": {"VCPU": {"total": 8, "reserved": 1, "allocation_ratio": 4.0}}
        },
        "/resource_providers/u1/usages": {"usages": {"VCPU": 2}},
        "/resource_providers/u1/traits": {"traits": ["COMPUTE_NODE"]},
        "/resource_providers/u1/aggregates": {"aggregates": ["a1"]},
        "/ports": {
            "ports": [
                PORT,
                {**PORT, "id": "p2", "binding:vnic_type": "normal"},
                {**PORT, "id": "p3", "device_owner": "network:dhcp"},
            ]
        },
        "/flavors/detail": {"flavors": [{"id": "f1", "name": "m1.old", "vcpus": 4, "ram": 100, "disk": 2}]},
    }
    versions = {"compute": [{"id": "v2.1", "version": offered}], "placement": [{"id": "v1.0", "max_version": "1.39"}]}
    return GivenCloud(bodies | changes, versions=versions)


def read(cloud):
    source = WorkloadInventory(cloud)
    answer = source.fetch()
    return Workload.of(source.read(answer)), answer.documents["notes"]


def refused(_query):
    raise SourceTrouble(Trouble.DENIED, "it refuses this user (403)")


def test_everything_is_a_noun():
    found, notes = read(a_cloud())
    [server] = found.servers
    assert notes == []
    assert (server.host, server.vcpus, server.ram, server.disk) == ("cmp1", 2, 512, 4 + 1 + 2)
    assert (server.locked, server.zone, server.pinned, server.wish) == (True, "az1", None, "stop")
    assert dict(server.image) == {"hw_tpm_version": "2.0"}
    assert server.volumes == ("v1",)
    assert found.groups == (ServerGroup("g", "anti-affinity", ("s1",), 2),)
    assert found.aggregates == (Aggregate("fast", ("cmp1",), "az1", (("ssd", "true"),)),)
    assert found.computes == (ComputeHost("cmp1", "cmp1.example.com", "az1", enabled=False, up=True, kind="qemu"),)
    assert found.providers == (
        Provider("u1", "cmp1.example.com", "u1", (("VCPU", 28),), (("VCPU", 2),), ("COMPUTE_NODE",), ("a1",)),
    )
    assert found.ports == (ServerPort("p1", "s1", "direct"),)
    assert found.migrations == (MigrationUnderWay("1", "s1", "cmp1", None, "running", "live-migration"),)


def test_the_disk_of_a_volume_is_not_the_host_s():
    found, _ = read(a_cloud(**{"/servers/detail": {"servers": [{**SERVER, "image": ""}]}}))
    assert found.servers[0].disk == 1 + 2


def test_a_server_that_was_just_deleted_is_none():
    """Nova lists it for a moment: the testbed's drain stumbled on one."""
    gone = {**SERVER, "id": "s2", "status": "DELETED", "OS-EXT-STS:vm_state": "deleted"}
    found, _ = read(a_cloud(**{"/servers/detail": {"servers": [SERVER, gone]}}))
    assert [server.id for server in found.servers] == ["s1"]


def test_before_2_47_flavors_are_asked_for_and_what_is_not_told_is_said():
    old = {key: value for key, value in SERVER.items() if key != "pinned_availability_zone"} | {"flavor": {"id": "f1"}}
    cloud = a_cloud("2.25", **{"/servers/detail": {"servers": [old]}})
    found, notes = read(cloud)
    assert (found.servers[0].flavor, found.servers[0].vcpus, found.servers[0].pinned) == ("m1.old", 4, "")
    assert any("2.98" in note for note in notes)
    asked = {path: (query, version) for _, path, query, version in cloud.asked}
    assert asked["/os-migrations"] == ("", "2.25")
    assert asked["/servers/detail"][1] == "2.25"


def test_what_may_not_be_asked_is_left_out_and_said():
    found, notes = read(a_cloud(**{"/resource_providers": refused, "/os-server-groups": refused}))
    assert len(found.servers) == 1
    assert found.providers == ()
    assert sorted(note.partition(" ")[0] for note in notes) == ["groups", "providers"]


def test_without_servers_there_is_nothing_to_say():
    with pytest.raises(SourceTrouble) as told:
        read(a_cloud(**{"/servers/detail": refused}))
    assert told.value.trouble is Trouble.DENIED
    assert "administrator" in told.value.details


def test_server_groups_are_counted_off():
    def page(query):
        offset = int(query.rpartition("offset=")[2])
        return {
            "server_groups": [
                {"id": f"g{n}", "policies": ["affinity"], "members": []}
                for n in range(offset, min(offset + 1000, 1500))
            ]
        }

    found, _ = read(a_cloud(**{"/os-server-groups": page}))
    assert len(found.groups) == 1500
    assert found.groups[0].policy == "affinity"


def test_reading_needs_nobody():
    answer = WorkloadInventory(a_cloud()).fetch()
    assert WorkloadInventory(None).read(replace(answer, cloud_time=None)) == WorkloadInventory(None).read(
        Answer(answer.documents)
    )
