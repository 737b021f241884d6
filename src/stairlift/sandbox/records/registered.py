"""The registries of the smaller projects: who is in them, and when each program was last heard of."""

from collections.abc import Iterator
from dataclasses import dataclass

from stairlift.sandbox.binaries import Registry
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.scenario import ProgramSpec
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World


@dataclass(frozen=True, slots=True)
class Heard:
    """A program as its registry knows it at one moment. `host` may name a backend; times are seconds of the epoch."""

    key: Key
    number: int
    uuid: str
    host: str
    zone: str
    spec: ProgramSpec
    reported: float
    up: bool

    @property
    def state(self) -> str:
        return "up" if self.up else "down"


class Registered:
    """The rows of all registries that have no peculiar form of their own."""

    def __init__(self, world: World) -> None:
        self._world = world

    def rows(self, registry: Registry, now: float) -> Iterator[Heard]:
        """The programs that ever reported, in the scenario's order."""
        keys = [key for key in self._world.specs if self._world.kind(key).registry is registry]
        numbered = enumerate(zip(keys, self._world.reports(keys, now), strict=True), 1)
        for number, (key, reported) in numbered:
            if reported is not None:
                up = now - reported <= self._world.scenario.timing.service_down_time
                yield from self._heard(key, number, reported, up)

    def _heard(self, key: Key, number: int, reported: float, up: bool) -> Iterator[Heard]:
        host, spec = self._world.hosts[key[0]], self._world.specs[key]
        name = host.called(spec.kind.project)
        for one in [f"{name}@{backend}" for backend in spec.backends] or [name]:
            uuid = identity(self._world.scenario.name, spec.kind.project, key[1], one)
            yield Heard(key, number, uuid, one, host.zone, spec, reported, up)

    def processes(self, row: Heard) -> Iterator[tuple[str, float, float]]:
        """The processes of a program that wrote rows: an id of each, its last report, and its report interval.

        What ended before the last restart is still there, as its own rows.
        """
        life = self._world.lives[row.key]
        if life.up_from is not None and row.reported >= life.up_from:
            yield from self._workers(row, life.starts, row.reported, life.interval)
        if life.reported is not None and (life.starts or life.up_from is None):
            yield from self._workers(row, life.starts - 1, life.reported, life.interval)

    @staticmethod
    def _workers(row: Heard, start: int, reported: float, interval: float) -> Iterator[tuple[str, float, float]]:
        yield from ((identity(row.uuid, str(start), worker), reported, interval) for worker in ("0", "1"))
