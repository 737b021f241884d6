"""The rows of the smaller projects' lists, with the fields of their API references."""

from collections.abc import Mapping
from typing import Any

from stairlift.sandbox.api.rows import rows_of
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.binaries import Registry
from stairlift.sandbox.records.registered import Heard
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.times import nova_time

Row = Mapping[str, Any]

PROVIDERS: tuple[Row, ...] = (
    {"name": "amphora", "description": "The Octavia Amphora driver."},
    {"name": "octavia", "description": "Deprecated alias of the Octavia Amphora driver."},
)


def heat(sim: Simulation) -> list[Row]:
    now = sim.now()
    return [
        {
            "id": engine,
            "engine_id": engine,
            "binary": row.key[1],
            "host": row.host,
            "hostname": row.host,
            "topic": "engine",
            "report_interval": max(int(interval), 1),
            "created_at": nova_time(reported),
            "updated_at": nova_time(reported),
            "deleted_at": None,
            "status": "up" if now - reported <= 2 * interval else "down",
        }
        for row in sim.registered.rows(Registry.HEAT, now)
        for engine, reported, interval in sim.registered.processes(row)
    ]


def with_status(row: Heard) -> dict[str, Any]:
    return {
        "binary": row.key[1],
        "host": row.host,
        "zone": row.zone,
        "status": "enabled" if row.spec.disabled is None else "disabled",
        "state": row.state,
        "updated_at": nova_time(row.reported),
    }


def magnum(sim: Simulation) -> list[Row]:
    return [
        {
            "id": row.number,
            "binary": row.key[1],
            "host": row.host,
            "state": row.state,
            "report_count": int(row.reported - sim.world.begin) if row.reported > sim.world.begin else 0,
            "disabled": row.spec.disabled is not None,
            "disabled_reason": row.spec.disabled,
            "created_at": nova_time(sim.world.begin),
            "updated_at": nova_time(row.reported),
        }
        for row in sim.registered.rows(Registry.MAGNUM, sim.now())
    ]


def watcher(sim: Simulation) -> list[Row]:
    return [
        {
            "id": row.number,
            "name": row.key[1],
            "host": row.host,
            "status": "ACTIVE" if row.up else "FAILED",
            "last_seen_up": nova_time(row.reported),
        }
        for row in sim.registered.rows(Registry.WATCHER, sim.now())
    ]


def zun(sim: Simulation) -> list[Row]:
    return [
        {
            "id": row.number,
            "binary": row.key[1],
            "host": row.host,
            "state": row.state,
            "availability_zone": row.zone,
            "disabled": row.spec.disabled is not None,
            "disabled_reason": row.spec.disabled,
            "forced_down": row.spec.forced_down,
            "report_count": 1,
            "last_seen_up": nova_time(row.reported),
            "created_at": nova_time(sim.world.begin),
            "updated_at": nova_time(row.reported),
        }
        for row in sim.registered.rows(Registry.ZUN, sim.now())
    ]


def amphorae(sim: Simulation) -> list[Row]:
    """Two for each octavia-worker, one that has gone, and those of the scenario."""
    states = ["ALLOCATED"] * (2 * len(sim.world.places("octavia-worker"))) + ["DELETED"]
    always: list[Row] = [
        {"id": identity(sim.scenario.name, "amphora", str(n)), "status": status, "role": "STANDALONE"}
        for n, status in enumerate(states)
    ]
    return always + rows_of(sim, "amphorae")


def segments(sim: Simulation) -> list[Row]:
    """One segment with every host that has nova-compute."""
    segment = {"uuid": identity(sim.scenario.name, "segment"), "name": "computes", "recovery_method": "auto"}
    return [segment | {"service_type": "COMPUTE", "enabled": True, "description": ""}]


def watched(sim: Simulation) -> list[Row]:
    return [
        {
            "uuid": (uuid := identity(sim.scenario.name, "watched", host)),
            "name": sim.world.hosts[host].called("nova"),
            "failover_segment_id": identity(sim.scenario.name, "segment"),
            "type": "COMPUTE",
            "control_attributes": "SSH",
            "reserved": False,
            "on_maintenance": uuid in sim.on_maintenance,
        }
        for host, _ in sim.world.places("nova-compute")
    ]


def reservable(sim: Simulation) -> list[Row]:
    return [
        {"id": str(n), "hypervisor_hostname": sim.world.hosts[host].called("hypervisor"), "reservable": True}
        for n, (host, _) in enumerate(sim.world.places("nova-compute"), 1)
    ]
