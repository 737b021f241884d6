"""Whether servers fit on hosts: each into one, so sums say nothing. Several orders are tried, the best one counts."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stairlift.model.workload import Server, ServerGroup
from stairlift.plan.draining.places import Needs, Place, fits, kept_away, needs

#: Policies of server groups that Nova insists upon; the soft ones only make it prefer.
_APART = "anti-affinity"


@dataclass(frozen=True, slots=True)
class Move:
    """One server from one host to another."""

    server: Server
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A server that no host takes, and why. `full`: some would, if they had the room."""

    server: Server
    source: str
    why: str
    full: bool


@dataclass(frozen=True, slots=True)
class Packed:
    """Where each server goes, and those for which there is no place."""

    moves: tuple[Move, ...] = ()
    left: tuple[Unplaced, ...] = ()


@dataclass
class Room:
    """What is free on each host, and who is where. Changes as servers are put there."""

    places: Mapping[str, Place]
    where: dict[str, str]
    groups: Mapping[str, ServerGroup]
    free: dict[str, dict[str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.free = {host: dict(place.free) for host, place in self.places.items()}

    def copy(self) -> "Room":
        """One to try things in."""
        made = Room(self.places, dict(self.where), self.groups)
        made.free = {host: dict(free) for host, free in self.free.items()}
        return made

    def put(self, server: Server, host: str) -> None:
        """It takes its room there; where it came from keeps its own until `release`."""
        self.take(host, needs(server))
        self.where[server.id] = host

    def release(self, server: Server, host: str) -> None:
        """The host that it has left has its room back."""
        self.take(host, {name: -amount for name, amount in needs(server).items()})

    def take(self, host: str, wanted: Needs) -> None:
        """Less is free there."""
        free = self.free[host]
        for name, amount in wanted.items():
            free[name] = free.get(name, 0) - amount

    def apart(self, server: Server, host: str) -> bool:
        """Whether its group lets it be there (hard anti-affinity)."""
        group = self.groups.get(server.id)
        if group is None or group.policy != _APART:
            return True
        there = sum(self.where.get(member) == host for member in group.members if member != server.id)
        return there < group.most


#: How good a host is for a server; the least is taken.
Preference = Callable[[str], int]
#: Which server is placed first, and how hosts of the same preference are told apart.
_Order = Callable[[Server], tuple[float, ...]]


def pack(room: Room, leaving: Sequence[tuple[Server, str]], out: Collection[str], prefer: Preference) -> Packed:
    """Find a place for each of these (server, host), on hosts that are not `out`. What is found is put into `room`."""
    tried = [_try(room.copy(), sorted(leaving, key=order), out, prefer) for order in _orders(room)]
    packed, after = min(tried, key=lambda one: len(one[0].left))
    room.where, room.free = after.where, after.free
    return packed


def _orders(room: Room) -> Iterable[Callable[[tuple[Server, str]], tuple[float, ...]]]:
    """The large ones first, by what is scarce, by memory, by processors."""
    total: dict[str, int] = {}
    for free in room.free.values():
        for name, amount in free.items():
            total[name] = total.get(name, 0) + max(0, amount)

    def share(server: Server) -> float:
        return max((amount / max(1, total.get(name, 0)) for name, amount in needs(server).items()), default=0.0)

    yield lambda one: (-share(one[0]), -one[0].ram)
    yield lambda one: (-one[0].ram, -one[0].vcpus)
    yield lambda one: (-one[0].vcpus, -one[0].ram)


def _try(
    room: Room, leaving: Iterable[tuple[Server, str]], out: Collection[str], prefer: Preference
) -> tuple[Packed, Room]:
    moves: list[Move] = []
    left: list[Unplaced] = []
    for server, source in leaving:
        host = _best(room, server, out, prefer)
        if host is None:
            left.append(_unplaced(room, server, source, out))
            continue
        room.put(server, host)
        moves.append(Move(server, source, host))
    return Packed(tuple(moves), tuple(left)), room


def _best(room: Room, server: Server, out: Collection[str], prefer: Preference) -> str | None:
    wanted = needs(server)
    good = (
        host
        for host, place in room.places.items()
        if host not in out
        and fits(wanted, room.free[host])
        and not kept_away(server, place)
        and room.apart(server, host)
    )
    return min(good, key=lambda host: (prefer(host), room.free[host].get("MEMORY_MB", 0), host), default=None)


def _unplaced(room: Room, server: Server, source: str, out: Collection[str]) -> Unplaced:
    """Rules that keep it away from every host come before the lack of room."""
    others = {host: place for host, place in room.places.items() if host != source}
    rules = {host: why for host, place in others.items() if (why := kept_away(server, place))}
    open_to_it = [host for host in others if host not in rules]
    if not open_to_it:
        why = f"each other host {_some(sorted(set(rules.values())))}" if others else "there is no other host"
        return Unplaced(server, source, why, full=False)
    apart = [host for host in open_to_it if room.apart(server, host)]
    if not apart:
        why = "its group keeps its servers apart (anti-affinity), and every other host has one of them"
        return Unplaced(server, source, why, full=False)
    there = [host for host in apart if host not in out]
    most = f"the most that is free is {_most_free(room, there)}" if there else "all that could take it are out, too"
    return Unplaced(server, source, f"it needs {_amounts(needs(server))}, and {most}", full=True)


def _most_free(room: Room, hosts: Sequence[str]) -> str:
    host = max(hosts, key=lambda one: (room.free[one].get("MEMORY_MB", 0), one))
    shown = {name: room.free[host].get(name, 0) for name in ("VCPU", "PCPU", "MEMORY_MB", "DISK_GB")}
    return f"{_amounts({name: amount for name, amount in shown.items() if name in room.free[host]})} on {host}"


def _amounts(given: Mapping[str, int]) -> str:
    return ", ".join(f"{amount} {name}" for name, amount in sorted(given.items()))


def _some(texts: Sequence[str], most: int = 3) -> str:
    return "; ".join(texts[:most]) + (f"; and {len(texts) - most} more rules" if len(texts) > most else "")
