"""Cinder's registry: os-services with one row per backend, and no ids."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from stairlift.sandbox.binaries import Registry
from stairlift.sandbox.records.rows import opened
from stairlift.sandbox.times import nova_time
from stairlift.sandbox.versions import Microversion
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

CLUSTER_SINCE: Microversion = (3, 7)


@dataclass(slots=True)
class VolumeRow:
    """A record of Cinder's os-services. `host` may name a backend: `stor1@rbd`."""

    key: Key
    host: str
    zone: str
    cluster: str | None
    disabled: str | None

    @property
    def status(self) -> str:
        """What an operator wants of it."""
        return "enabled" if self.disabled is None else "disabled"

    def head(self, microversion: Microversion) -> bytes:
        """The row as far as it does not change by itself."""
        fields: dict[str, object] = {
            "binary": self.key[1],
            "host": self.host,
            "zone": self.zone,
            "status": self.status,
            "disabled_reason": self.disabled or None,
        }
        if self.key[1] == "cinder-volume":
            fields |= {"replication_status": "disabled", "active_backend_id": None, "frozen": False}
        return opened(fields | {"cluster": self.cluster} if microversion >= CLUSTER_SINCE else fields)


class CinderRecords:
    """The rows of Cinder's os-services."""

    def __init__(self, world: World) -> None:
        self._world = world
        keys = (key for key in world.specs if world.kind(key).registry is Registry.CINDER)
        self.rows = [row for key in keys for row in self._rows(key)]

    def _rows(self, key: Key) -> Iterator[VolumeRow]:
        host, spec = self._world.hosts[key[0]], self._world.specs[key]
        name = host.called("cinder")
        hosts = [f"{name}@{backend}" for backend in spec.backends] or [name]
        yield from (VolumeRow(key, one, host.zone, spec.cluster, spec.disabled) for one in hosts)

    def listing(self, rows: Iterable[VolumeRow], microversion: Microversion, now: float) -> Iterator[bytes]:
        """The rows as os-services shows them at this moment; a program that never reported has no row."""
        known = list(rows)
        for row, reported in zip(known, self._world.reports([r.key for r in known], now), strict=True):
            if reported is not None:
                up = now - reported <= self._world.scenario.timing.service_down_time
                yield row.head(microversion) + _tail(up, int(reported))


@lru_cache(maxsize=4096)
def _tail(up: bool, reported: int) -> bytes:
    return b'"state":"%s","updated_at":"%s"}' % (b"up" if up else b"down", nova_time(reported).encode())
