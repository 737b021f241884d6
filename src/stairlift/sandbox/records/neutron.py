"""Neutron's registry: the agents that report over RPC, and those that OVN's southbound database stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from stairlift.sandbox.binaries import Registry
from stairlift.sandbox.records.rows import identity, opened
from stairlift.sandbox.scenario import HostSpec, ProgramSpec
from stairlift.sandbox.times import neutron_time
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.life import Life
from stairlift.sandbox.world.world import World

_WITH_ZONE = frozenset({"neutron-dhcp-agent", "neutron-l3-agent", "ovn-controller"})


@dataclass(slots=True)
class AgentRow:
    """An agent. Its head is made anew when its process is a new one, because `started_at` is part of it."""

    key: Key
    uuid: str
    fixed: dict[str, object]
    ovn: bool
    admin_state_up: bool = True
    _head: bytes = b""
    _starts: int = -1

    def set_admin_state(self, up: bool) -> None:
        """Note what an operator wants of it."""
        self.admin_state_up = up
        self._starts = -1

    def head(self, life: Life, begin: float) -> bytes:
        """The row as far as it does not change by itself."""
        if self._starts != life.starts:
            started = life.up_from if life.up_from is not None else life.reported or begin
            changing = {"admin_state_up": self.admin_state_up, "started_at": neutron_time(started)}
            self._head, self._starts = opened(self.fixed | changing), life.starts
        return self._head


class NeutronRecords:
    """The agents, by id: that is the order in which Neutron pages through them."""

    def __init__(self, world: World) -> None:
        self._world = world
        rows = (self._row(key) for key in world.specs if world.kind(key).agent_type)
        self.rows = sorted(rows, key=lambda row: row.uuid)
        self.has_ovn = any(row.ovn for row in self.rows)

    def _row(self, key: Key) -> AgentRow:
        host, spec = self._world.hosts[key[0]], self._world.specs[key]
        uuid = identity(self._world.scenario.name, "agent", *key)
        ovn = spec.kind.registry is Registry.OVN
        fixed: dict[str, object] = {
            "id": uuid,
            "agent_type": spec.agent_type or spec.kind.agent_type,
            "binary": spec.binary,
            "topic": spec.kind.topic,
            "host": host.called("ovn" if ovn else "neutron"),
            "availability_zone": host.zone if spec.binary in _WITH_ZONE else None,
            "created_at": neutron_time(self._world.begin),
            "description": None,
            "resources_synced": None,
            "configurations": _configurations(host, spec),
        }
        return AgentRow(key, uuid, fixed, ovn)

    def listing(self, rows: list[AgentRow], now: float) -> Iterator[bytes]:
        """The rows as /v2.0/agents shows them at this moment; an agent that never reported has no row."""
        lives, begin = self._world.lives, self._world.begin
        for row, reported in zip(rows, self._world.reports([r.key for r in rows], now), strict=True):
            if reported is not None:
                alive = self._ovn_alive(reported, now) if row.ovn else self._alive(reported, now)
                yield row.head(lives[row.key], begin) + _tail(alive, int(reported))

    def _alive(self, reported: float, now: float) -> bool:
        return now - reported <= self._world.scenario.timing.agent_down_time

    def _ovn_alive(self, reported: float, now: float) -> bool:
        """A chassis counts as alive until it has left two polls unanswered; the first list after its death is wrong."""
        return self._world.hearing.unanswered(reported) <= 1 or self._alive(reported, now)

    def document(self, row: AgentRow, now: float) -> dict[str, Any]:
        """A row as a document; only its fixed fields where the agent never reported."""
        shown = b"".join(self.listing([row], now))
        return dict(orjson.loads(shown)) if shown else dict(row.fixed)

    def find(self, uuid: str) -> AgentRow | None:
        """The agent with this id."""
        return next((row for row in self.rows if row.uuid == uuid), None)


def _configurations(host: HostSpec, spec: ProgramSpec) -> dict[str, Any]:
    """What an agent says of itself: the keys that the real ones send, with the values of a small cloud."""
    if spec.binary == "neutron-openvswitch-agent":
        return {
            "bridge_mappings": {"physnet1": "br-ex"},
            "datapath_type": "system",
            "devices": 2,
            "in_distributed_mode": spec.agent_mode is not None,
            "integration_bridge": "br-int",
            "l2_population": True,
            "ovs_capabilities": {"datapath_types": ["netdev", "system"], "iface_types": ["geneve", "vxlan", "vlan"]},
            "tunnel_types": ["vxlan"],
            "tunneling_ip": "192.0.2.1",
        }
    if spec.binary == "neutron-l3-agent":
        counts: dict[str, Any] = {"routers": 1, "ex_gw_ports": 1, "interfaces": 1, "floating_ips": 0}
        return {"agent_mode": spec.agent_mode or "legacy", "interface_driver": "openvswitch"} | counts
    if spec.binary == "neutron-dhcp-agent":
        driver = {"dhcp_driver": "neutron.agent.linux.dhcp.Dnsmasq", "dhcp_lease_duration": 86400}
        return driver | {"networks": 1, "subnets": 1, "ports": 2}
    if spec.kind.registry is Registry.OVN:
        return {"chassis_name": host.called("ovn"), "bridge-mappings": "physnet1:br-ex"}
    return {"log_agent_heartbeats": False}


@lru_cache(maxsize=16384)
def _tail(alive: bool, reported: int) -> bytes:
    return b'"alive":%s,"heartbeat_timestamp":"%s"}' % (b"true" if alive else b"false", neutron_time(reported).encode())
