"""The rows of lists that nothing in the sandbox moves: what a scenario says, laid over what the API always has.

`rows` of a scenario names them: images, volumes, snapshots, backups, stacks, loadbalancers, amphorae, shares, nodes.
"""

from collections.abc import Mapping
from typing import Any

from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.times import nova_time

Row = Mapping[str, Any]

_OWNED = {"project_id": PROJECT_ID}
_DEFAULTS: Mapping[str, Row] = {
    "images": {
        "status": "active",
        "visibility": "public",
        "disk_format": "qcow2",
        "owner": PROJECT_ID,
        "size": 1 << 24,
    },
    "volumes": {"status": "available", "size": 1, "os-vol-host-attr:host": "stor1@rbd#rbd", "attachments": []},
    "snapshots": {"status": "available", "size": 1, "volume_id": ""},
    "backups": {"status": "available", "size": 1, "volume_id": "", "fail_reason": None},
    "stacks": {"stack_status": "CREATE_COMPLETE", "stack_status_reason": "", "project": PROJECT_ID},
    "loadbalancers": _OWNED | {"provisioning_status": "ACTIVE", "operating_status": "ONLINE", "provider": "amphora"},
    "amphorae": {"status": "ALLOCATED", "role": "STANDALONE", "cert_expiration": "2030-01-01T00:00:00"},
    "shares": _OWNED | {"status": "available", "task_state": None, "share_proto": "NFS", "size": 1},
    "nodes": {"provision_state": "active", "target_provision_state": None, "power_state": "power on"},
}
_NAMED: Mapping[str, str] = {"stacks": "stack_name"}
_IDENTIFIED: Mapping[str, str] = {"nodes": "uuid"}
#: Every cloud has this image.
_ALWAYS: Mapping[str, tuple[Row, ...]] = {"images": ({"name": "cirros"},)}


def rows_of(sim: Simulation, name: str) -> list[Row]:
    """The rows of a list."""
    given = (*_ALWAYS.get(name, ()), *sim.scenario.rows.get(name, ()))
    return [_row(sim, name, number, row) for number, row in enumerate(given, 1)]


def _row(sim: Simulation, name: str, number: int, given: Row) -> Row:
    named = str(given.get("name") or f"{name.removesuffix('s')}-{number}")
    made = nova_time(sim.world.begin)[:19]
    head: dict[str, Any] = {
        _IDENTIFIED.get(name, "id"): identity(sim.scenario.name, name.removesuffix("s"), named),
        _NAMED.get(name, "name"): named,
        "created_at": made,
        "updated_at": made,
    }
    return {**head, **_DEFAULTS[name], **{k: v for k, v in given.items() if k != "name"}}
