"""Servers as Nova shows them: what each microversion and each asker gets to see."""

from typing import Any

from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import USERS, project_id
from stairlift.sandbox.guests.guest import Guest
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.times import nova_time
from stairlift.sandbox.versions import Microversion

LOCKED_SINCE: Microversion = (2, 9)
TAGS_SINCE: Microversion = (2, 26)
EMBEDDED_FLAVOR_SINCE: Microversion = (2, 47)
GROUPS_SINCE: Microversion = (2, 71)


def brief(guest: Guest) -> dict[str, Any]:
    """A server in a list without details."""
    return {"id": guest.uuid, "name": guest.spec.name, "links": []}


def flavor_id(sim: Simulation, name: str) -> str:
    """The id of a flavor."""
    return identity(sim.scenario.name, "flavor", name)


def group_id(sim: Simulation, name: str) -> str:
    """The id of a server group."""
    return identity(sim.scenario.name, "server-group", name)


def detailed(sim: Simulation, guest: Guest, version: Microversion, *, admin: bool) -> dict[str, Any]:
    """A server with its details; where it runs is for administrators."""
    spec = guest.spec
    row = None if guest.compute is None else sim.nova.row_of(guest.compute)
    document: dict[str, Any] = brief(guest) | {
        "status": guest.status,
        "tenant_id": project_id(spec.project),
        "user_id": USERS[0].id,
        "created": _time(guest.created),
        "updated": _time(guest.updated or guest.created),
        "OS-EXT-AZ:availability_zone": row.zone if row else spec.zone or "",
        "OS-EXT-STS:power_state": guest.power_state,
        "OS-EXT-STS:task_state": guest.task,
        "OS-EXT-STS:vm_state": guest.vm_state,
        "addresses": {},
        "flavor": _flavor(sim, guest, version),
        "image": {"id": identity(sim.scenario.name, "image", "cirros"), "links": []} if spec.image else "",
        "metadata": dict(spec.metadata),
        "os-extended-volumes:volumes_attached": [] if spec.image else [{"id": identity(guest.uuid, "volume")}],
    }
    if admin:
        document["OS-EXT-SRV-ATTR:host"] = row.host if row else None
        document["OS-EXT-SRV-ATTR:hypervisor_hostname"] = sim.nova.hypervisor_name(row) if row else None
        document["OS-EXT-SRV-ATTR:instance_name"] = f"instance-{guest.uuid[:8]}"
    if guest.fault:
        document["fault"] = {"code": 500, "created": _time(guest.updated), "message": guest.fault}
    return document | _later(guest, version)


def shown(sim: Simulation, guest: Guest, version: Microversion, *, admin: bool) -> dict[str, Any]:
    """A server that is asked for by itself: only then Nova names its group."""
    group = guest.spec.group
    mine = {"server_groups": [group_id(sim, group)] if group else []} if version >= GROUPS_SINCE else {}
    return detailed(sim, guest, version, admin=admin) | mine


def _later(guest: Guest, version: Microversion) -> dict[str, Any]:
    """What newer microversions add."""
    added: list[tuple[Microversion, str, Any]] = [
        (LOCKED_SINCE, "locked", guest.spec.locked),
        (TAGS_SINCE, "tags", sorted(guest.tags)),
    ]
    return {key: value for since, key, value in added if version >= since}


def _flavor(sim: Simulation, guest: Guest, version: Microversion) -> dict[str, Any]:
    flavor = guest.flavor
    if version < EMBEDDED_FLAVOR_SINCE:
        return {"id": flavor_id(sim, flavor.name), "links": []}
    return {
        "original_name": flavor.name,
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": 0,
        "extra_specs": dict(flavor.extra_specs),
    }


def _time(moment: float) -> str:
    return f"{nova_time(moment)[:19]}Z"
