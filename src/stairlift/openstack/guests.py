"""What Nova, placement and Neutron say of servers and of the room for them, row by row as nouns.

Read by the source of plans and by the drains of runs. A row that makes no sense raises what its wrong shape raises:
LookupError, TypeError, ValueError or AttributeError.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from stairlift.model.workload import (
    Aggregate,
    Amounts,
    ComputeHost,
    MigrationUnderWay,
    Pairs,
    Provider,
    Server,
    ServerGroup,
    ServerPort,
)

Row = Mapping[str, Any]

#: The newest microversion with something of use here: 2.47 has the flavor in the server, 2.96 the zone that was asked
#: for, 2.98 the properties of the image (Nova REST API history).
SERVERS = (2, 98)
#: Pages and a filter by what is under way (2.59), who asked for it (2.80).
MIGRATIONS = (2, 80)
#: The rules of a policy (2.64).
GROUPS = (2, 64)
#: Nested providers, from 1.14 on.
PLACEMENT = (1, 29)

#: The kinds that end in VERIFY_RESIZE.
COLD = frozenset({"migration", "resize"})

_OWNER = "compute:"
#: Virtual cables, which any host plugs in: all other kinds of ports belong to a device of the host.
PLAIN_PORTS = frozenset({"", "normal"})
#: What os-migrations says of one that will not change any more (Nova, objects/fields.py and compute/api.py).
ENDED = frozenset({"completed", "done", "confirmed", "reverted", "finished", "error", "failed", "cancelled"})


def server(row: Row, flavors: Mapping[str, Row] | None = None) -> Server:
    """A row of servers/detail; `flavors` are those by id, for rows of before 2.47 that only name theirs."""
    flavor = _flavor(row["flavor"], flavors or {})
    image = row.get("image") or {}
    return Server(
        id=_text(row["id"]),
        name=str(row.get("name") or row["id"]),
        project=str(row.get("tenant_id") or ""),
        host=_maybe(row.get("OS-EXT-SRV-ATTR:host")),
        status=_text(row["status"]),
        vm_state=str(row.get("OS-EXT-STS:vm_state") or row["status"]).lower(),
        task_state=_maybe(row.get("OS-EXT-STS:task_state")),
        flavor=str(flavor.get("original_name") or flavor.get("name") or flavor.get("id") or "?"),
        vcpus=_number(flavor.get("vcpus")),
        ram=_number(flavor.get("ram")),
        disk=_disk(flavor, on_volume=not image),
        locked=row.get("locked") is True,
        power_state=row["OS-EXT-STS:power_state"] if isinstance(row.get("OS-EXT-STS:power_state"), int) else None,
        zone=_maybe(row.get("OS-EXT-AZ:availability_zone")),
        pinned=_maybe(row["pinned_availability_zone"]) if "pinned_availability_zone" in row else "",
        specs=_pairs(flavor.get("extra_specs")),
        image=_pairs(image.get("properties")),
        tags=tuple(sorted(map(_text, row.get("tags") or ()))),
        metadata=_pairs(row.get("metadata")),
        volumes=tuple(sorted(_text(v["id"]) for v in row.get("os-extended-volumes:volumes_attached") or ())),
    )


def is_gone(row: Row) -> bool:
    """Whether it is there no more: Nova lists a server for a moment after it was deleted (DELETED, seen on 2026.1)."""
    return str(row.get("OS-EXT-STS:vm_state") or row.get("status")).lower() == "deleted"


def group(row: Row) -> ServerGroup:
    """A row of os-server-groups; `policy` is a list of one before 2.64."""
    policy = row.get("policy") or (row.get("policies") or [""])[0]
    most = (row.get("rules") or {}).get("max_server_per_host", 1)
    return ServerGroup(_text(row["id"]), str(policy), tuple(sorted(map(_text, row["members"]))), max(1, _number(most)))


def aggregate(row: Row) -> Aggregate:
    """A row of os-aggregates."""
    hosts = tuple(sorted(map(_text, row["hosts"] or ())))
    return Aggregate(_text(row["name"]), hosts, _maybe(row.get("availability_zone")), _pairs(row.get("metadata")))


def compute_host(row: Row, services: Mapping[str, Row]) -> ComputeHost:
    """A row of os-hypervisors/detail, with the rows of nova-compute's services by host."""
    name = _text(row["service"]["host"])
    service = services.get(name, {})
    return ComputeHost(
        name=name,
        node=_text(row["hypervisor_hostname"]),
        zone=_maybe(service.get("zone")),
        enabled=service.get("status", row.get("status")) == "enabled",
        up=service.get("state", row.get("state")) == "up",
        kind=str(row.get("hypervisor_type") or "").lower(),
    )


def provider(row: Row, about: Mapping[str, Any]) -> Provider:
    """A row of resource_providers with what was asked `about` it: inventories, usages, traits and aggregates."""
    inventories = about["inventories"]["inventories"]
    return Provider(
        uuid=_text(row["uuid"]),
        name=_text(row["name"]),
        root=str(row.get("root_provider_uuid") or row["uuid"]),
        capacity=_amounts({name: _capacity(one) for name, one in inventories.items()}),
        used=_amounts(about["usages"]["usages"]),
        traits=tuple(sorted(map(_text, (about.get("traits") or {}).get("traits", ())))),
        aggregates=tuple(sorted(map(_text, (about.get("aggregates") or {}).get("aggregates", ())))),
    )


def port(row: Row) -> ServerPort | None:
    """A row of Neutron's ports; None for one that is no server's, or plain."""
    kind = str(row.get("binding:vnic_type") or "")
    of_server = str(row.get("device_owner") or "").startswith(_OWNER)
    if kind in PLAIN_PORTS or not of_server or not row.get("device_id"):
        return None
    return ServerPort(_text(row["id"]), _text(row["device_id"]), kind)


def migration(row: Row) -> MigrationUnderWay:
    """A row of os-migrations."""
    return MigrationUnderWay(
        id=str(row["id"]),
        server=_text(row["instance_uuid"]),
        source=str(row.get("source_compute") or ""),
        target=_maybe(row.get("dest_compute")),
        status=_text(row["status"]).lower(),
        kind=str(row.get("migration_type") or ""),
    )


def unsettled(rows: Iterable[Row]) -> tuple[MigrationUnderWay, ...]:
    """The same, with cold migrations that wait for somebody to keep them or to take them back ("finished")."""
    found = (migration(row) for row in rows)
    return tuple(one for one in found if one.status not in ENDED or (one.status == "finished" and one.kind in COLD))


def under_way(rows: Iterable[Row]) -> tuple[MigrationUnderWay, ...]:
    """The migrations that have not come to their end."""
    found = (migration(row) for row in rows)
    return tuple(one for one in found if one.status not in ENDED)


def candidate(uuid: str, name: str, summary: Row, roots: Mapping[str, str]) -> Provider:
    """An entry of provider_summaries in placement's allocation candidates; `roots` are the names of hypervisors."""
    root = str(summary.get("root_provider_uuid") or uuid)
    resources: Mapping[str, Row] = summary["resources"]
    return Provider(
        uuid=uuid,
        name=roots.get(root, name),
        root=root,
        capacity=_amounts({key: one["capacity"] for key, one in resources.items()}),
        used=_amounts({key: one["used"] for key, one in resources.items()}),
        traits=tuple(sorted(map(_text, summary.get("traits") or ()))),
    )


def _flavor(row: Row, flavors: Mapping[str, Row]) -> Row:
    return row if "vcpus" in row else {**row, **flavors.get(str(row.get("id")), {})}


def _disk(flavor: Row, *, on_volume: bool) -> int:
    """In GiB; swap is in MiB, and counted in whole GiB (Nova, scheduler/utils.py)."""
    root = 0 if on_volume else _number(flavor.get("disk"))
    ephemeral = _number(flavor.get("ephemeral", flavor.get("OS-FLV-EXT-DATA:ephemeral")))
    return root + ephemeral + -(-_number(flavor.get("swap")) // 1024)


def _capacity(inventory: Row) -> int:
    free = _number(inventory["total"]) - _number(inventory.get("reserved"))
    return int(max(0, free) * float(inventory.get("allocation_ratio", 1.0)))


def _amounts(given: Mapping[str, Any]) -> Amounts:
    return tuple(sorted((_text(name), _number(amount)) for name, amount in given.items()))


def _pairs(given: Any) -> Pairs:
    return tuple(sorted((_text(key), str(value)) for key, value in (given or {}).items()))


def _number(value: Any) -> int:
    """A whole number; "" and nothing are none of it."""
    if value in (None, ""):
        return 0
    if isinstance(value, bool):
        raise TypeError("a truth value is no number")
    return int(value)


def _maybe(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _text(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{value!r:.40} is not a name")
