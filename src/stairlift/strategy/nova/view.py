"""What is still on a host that is being emptied, as one look at the cloud shows it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stairlift.model.policy import Drain
from stairlift.model.workload import MigrationUnderWay, Server, ServerGroup
from stairlift.openstack.guests import COLD
from stairlift.plan.draining.ways import Surroundings, Way, way

#: What a cold migration waits in until somebody keeps it or takes it back.
FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class View:
    """The servers on the host, how each is to leave, and what is under way from it and to it.

    `ours` are the servers, anywhere, with our mark: their migration away from here is ours, to confirm or take back.
    A migration counts as long as its server is at work: where an old record never came to its end, it is at rest.
    """

    host: str
    servers: tuple[Server, ...]
    ways: Mapping[str, Way]
    leaving: Mapping[str, MigrationUnderWay]
    arriving: tuple[MigrationUnderWay, ...]
    ours: tuple[Server, ...]
    groups: Mapping[str, ServerGroup]

    @property
    def moving(self) -> tuple[MigrationUnderWay, ...]:
        """What moves away just now."""
        return tuple(one for one in self.leaving.values() if one.status != FINISHED)

    @property
    def staying(self) -> frozenset[str]:
        """The servers that may stay where they are."""
        return frozenset(s.id for s in self.servers if self.ways[s.id].how == "skip")

    def busy(self, server: Server) -> str:
        """Why nobody may touch a server just now; "" where one may."""
        if server.task_state:
            return f"Nova is at work on it ({server.task_state})"
        if server.vm_state in ("building", "resized"):
            return "it is being built" if server.vm_state == "building" else "a resize of it waits to be confirmed"
        return ""

    def free(self, *hows: str) -> tuple[Server, ...]:
        """The servers that are to leave in one of these ways, and neither move already nor are busy."""
        return tuple(
            s for s in self.servers if self.ways[s.id].how in hows and s.id not in self.leaving and not self.busy(s)
        )


def view(
    host: str,
    policy: Drain,
    servers: Collection[Server],
    migrations: Collection[MigrationUnderWay],
    *,
    groups: Mapping[str, ServerGroup],
    ours: Collection[Server],
    kind: str,
) -> View:
    """Put one look together."""
    there = tuple(s for s in servers if s.host == host)
    at_work = {s.id for s in there if s.task_state}
    return View(
        host=host,
        servers=there,
        ways={s.id: way(s, policy, Surroundings(group=groups.get(s.id), kind=kind)) for s in there},
        leaving={m.server: m for m in migrations if m.source == host and (m.status == FINISHED or m.server in at_work)},
        arriving=tuple(one for one in migrations if one.target == host and one.source != host and not _done(one)),
        ours=tuple(ours),
        groups=groups,
    )


def _done(one: MigrationUnderWay) -> bool:
    return one.status == FINISHED and one.kind in COLD
