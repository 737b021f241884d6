"""The hosts that are emptied at the same time, wave after wave, and where their servers could go."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from stairlift.model.cloud import Cloud
from stairlift.model.plan import Plan, Step
from stairlift.model.policy import Drain
from stairlift.model.workload import Server, Workload
from stairlift.plan.draining.packing import Move, Room, Unplaced, pack
from stairlift.plan.draining.places import places
from stairlift.plan.draining.ways import Surroundings, Way, way

COMPUTE = "nova-compute"


@dataclass(frozen=True, slots=True)
class Leaver:
    """A server on a host that is to be emptied, and how it leaves."""

    server: Server
    host: str
    way: Way


@dataclass(frozen=True, slots=True)
class Wave:
    """Hosts that are out together: where their servers go, those without a place, how full the others are then."""

    hosts: tuple[str, ...]
    moves: tuple[Move, ...]
    left: tuple[Unplaced, ...]
    full: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of every server, if the plan began now. `old` are moves to hosts that still run old code."""

    leavers: tuple[Leaver, ...]
    waves: tuple[Wave, ...]
    old: tuple[Move, ...]

    @property
    def twice(self) -> tuple[str, ...]:
        """The servers that would have to move more than once."""
        moved: dict[str, int] = {}
        for wave in self.waves:
            for move in wave.moves:
                moved[move.server.id] = moved.get(move.server.id, 0) + 1
        return tuple(sorted(server for server, times in moved.items() if times > 1))


def drained(plan: Plan, cloud: Cloud, workload: Workload) -> tuple[tuple[str, ...], ...]:
    """The hosts that the first hop of a plan empties, wave by wave, by nova-compute's names for them."""
    steps = [s for s in plan.steps if s.action == "drain" and COMPUTE in s.services and s.target == plan.hops[0]]
    ours = {one.name: host.name for one in workload.computes if (host := cloud.host(one.name))}
    named = {host: name for name, host in ours.items()}
    canary = int(plan.policy.get("canary", 0))
    first, rest = steps[:canary], steps[canary:]
    groups = [*_chunks(plan, first), *_chunks(plan, rest)]
    return tuple(tuple(named.get(host, host) for step in group for host in step.hosts) for group in groups)


def _chunks(plan: Plan, steps: Sequence[Step]) -> list[Sequence[Step]]:
    """As many at once as the windows let: those that are out together cannot take each other's servers."""
    found: list[Sequence[Step]] = []
    rest = list(steps)
    while rest:
        size = max(1, min((plan.windows[key] for key in rest[0].slots if key in plan.windows), default=1))
        found.append(rest[:size])
        rest = rest[size:]
    return found


def rehearse(waves: Sequence[Sequence[str]], workload: Workload, policy: Drain, *, new: AbstractSet[str]) -> Rehearsal:
    """Empty the hosts of each wave, one wave after the other. `new` are hosts that run the target already.

    Servers go to hosts that are new, so that nobody moves twice and nothing goes back to old code; only where no such
    host takes one, to an old one.
    """
    all_places = places(workload)
    room = Room(all_places, {s.id: s.host for s in workload.servers if s.host}, workload.group_of)
    servers = {s.id: s for s in workload.servers}
    upgraded, made, old = set(new), list[Wave](), list[Move]()
    leavers = {host: _leavers(host, workload, policy) for hosts in waves for host in hosts}
    ways = {one.server.id: one.way for found in leavers.values() for one in found}
    for hosts in waves:
        there = [(servers[one], host) for one, host in room.where.items() if host in hosts]
        leaving = [(s, host) for s, host in there if (ways.get(s.id) or way(s, policy, _around(s, workload))).moves]
        packed = pack(room, leaving, hosts, lambda host: host not in upgraded)
        made.append(Wave(tuple(hosts), packed.moves, packed.left, _fullness(room, hosts)))
        old += [move for move in packed.moves if move.target not in upgraded]
        for move in packed.moves:
            room.release(move.server, move.source)
        upgraded.update(hosts)
    return Rehearsal(tuple(one for found in leavers.values() for one in found), tuple(made), tuple(old))


def _leavers(host: str, workload: Workload, policy: Drain) -> list[Leaver]:
    return [Leaver(s, host, way(s, policy, _around(s, workload))) for s in workload.on.get(host, ())]


def _around(server: Server, workload: Workload) -> Surroundings:
    kind = next((one.kind for one in workload.computes if one.name == server.host), "")
    return Surroundings(workload.ports_of.get(server.id, ()), workload.group_of.get(server.id), kind)


def _fullness(room: Room, out: Sequence[str]) -> dict[str, float]:
    """How much of processors and memory is taken on the hosts that are left, as shares."""
    found: dict[str, float] = {}
    for name in ("VCPU", "PCPU", "MEMORY_MB"):
        total = sum(place.capacity.get(name, 0) for host, place in room.places.items() if host not in out)
        free = sum(room.free[host].get(name, 0) for host in room.places if host not in out)
        if total:
            found[name] = 1 - free / total
    return found
