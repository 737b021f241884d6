"""Nova's registry: os-services, and the hypervisors and servers of the computes in it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import orjson

from stairlift.sandbox.binaries import Registry
from stairlift.sandbox.records.rows import identity, opened
from stairlift.sandbox.times import nova_time
from stairlift.sandbox.versions import Microversion
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

FORCED_DOWN_SINCE: Microversion = (2, 11)
UUID_SINCE: Microversion = (2, 53)
PARTIAL_ROWS_SINCE: Microversion = (2, 69)


@dataclass(slots=True)
class ServiceRow:
    """A record of os-services. `disabled` holds the reason; None means enabled."""

    key: Key
    number: int
    uuid: str
    host: str
    zone: str
    reachable: bool
    disabled: str | None
    forced_down: bool
    _heads: dict[tuple[bool, bool], bytes] = field(default_factory=dict)

    @property
    def binary(self) -> str:
        """The program's name."""
        return self.key[1]

    @property
    def status(self) -> str:
        """What an operator wants of it."""
        return "enabled" if self.disabled is None else "disabled"

    def set(self, disabled: str | None, *, forced_down: bool) -> None:
        """Note what an operator wants of it."""
        self.disabled, self.forced_down = disabled, forced_down
        self._heads.clear()

    def head(self, microversion: Microversion) -> bytes:
        """The row as far as it does not change by itself."""
        variant = (microversion >= FORCED_DOWN_SINCE, microversion >= UUID_SINCE)
        if variant not in self._heads:
            self._heads[variant] = opened(self._fields(*variant))
        return self._heads[variant]

    def _fields(self, forced_down: bool, uuid: bool) -> dict[str, object]:
        fields: dict[str, object] = {
            "id": self.uuid if uuid else self.number,
            "binary": self.binary,
            "host": self.host,
            "zone": self.zone,
            "status": self.status,
            "disabled_reason": self.disabled or None,
        }
        return fields | {"forced_down": self.forced_down} if forced_down else fields


class NovaRecords:
    """The rows of os-services, in the order in which they were made."""

    def __init__(self, world: World) -> None:
        self._world = world
        keys = (key for key in world.specs if world.kind(key).registry is Registry.NOVA)
        self.rows = [self._row(number, key) for number, key in enumerate(keys, 1)]
        self.computes = [row for row in self.rows if row.binary == "nova-compute"]
        self._by_key = {row.key: row for row in self.rows}

    def _row(self, number: int, key: Key) -> ServiceRow:
        scenario, host, spec = self._world.scenario, self._world.hosts[key[0]], self._world.specs[key]
        return ServiceRow(
            key=key,
            number=number,
            uuid=identity(scenario.name, "service", *key),
            host=host.called("nova"),
            zone=host.zone if key[1] == "nova-compute" else "internal",
            reachable=host.cell not in scenario.unreachable_cells,
            disabled=spec.disabled,
            forced_down=spec.forced_down,
        )

    def listing(self, rows: Iterable[ServiceRow], microversion: Microversion, now: float) -> Iterator[bytes]:
        """The rows as os-services shows them at this moment. Those of a cell that cannot be reached are partial.

        Before 2.69 they are left out, and a program that never reported has no row.
        """
        known = list(rows)
        for row, reported in zip(known, self._world.reports([r.key for r in known], now), strict=True):
            if not row.reachable:
                if microversion >= PARTIAL_ROWS_SINCE and row.binary == "nova-compute":
                    yield orjson.dumps({"binary": row.binary, "host": row.host, "status": "UNKNOWN"})
            elif reported is not None:
                up = now - reported <= self._world.scenario.timing.service_down_time and not row.forced_down
                yield row.head(microversion) + _tail(up, int(reported))

    def all_up(self, rows: Sequence[ServiceRow], now: float) -> list[bool]:
        """Whether Nova takes each of these services for alive."""
        limit = self._world.scenario.timing.service_down_time
        reports = self._world.reports([row.key for row in rows], now)
        return [
            reported is not None and now - reported <= limit and not row.forced_down
            for row, reported in zip(rows, reports, strict=True)
        ]

    def row_of(self, key: Key) -> ServiceRow:
        """The record of a program."""
        return self._by_key[key]

    def find(self, name: str) -> ServiceRow | None:
        """The row with this UUID or number."""
        return next((row for row in self.rows if name in {row.uuid, str(row.number)}), None)

    def set(self, row: ServiceRow, disabled: str | None, *, forced_down: bool) -> None:
        """Note what an operator wants of a service, in the row and for Nova's interlocks."""
        row.set(disabled, forced_down=forced_down)
        (self._world.forced_down.add if forced_down else self._world.forced_down.discard)(row.key)

    def hypervisor_name(self, row: ServiceRow) -> str:
        """What libvirt calls the machine of a compute."""
        return self._world.hosts[row.key[0]].called("hypervisor")


@lru_cache(maxsize=16384)
def _tail(up: bool, reported: int) -> bytes:
    return b'"state":"%s","updated_at":"%s"}' % (b"up" if up else b"down", nova_time(reported).encode())
