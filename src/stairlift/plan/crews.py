"""Hosts that are upgraded together: one by one, or in batches where a strategy takes several in one process."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stairlift.knowledge.binaries import binary, in_quorum
from stairlift.knowledge.order import component_order
from stairlift.model.cloud import Host, Plane, Service
from stairlift.model.naming import natural
from stairlift.model.plan import Action, Binding, Stage
from stairlift.plan.fleet import Fleet
from stairlift.plan.matching import Work, runs_by_binding
from stairlift.plan.windows import Limits

Ordering = Callable[[Sequence[Service]], tuple[Service, ...]]


@dataclass(frozen=True, slots=True)
class Run:
    """What one binding does on every host of a crew in one go."""

    binding: Binding | None
    services: tuple[Service, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The binaries, in the order in which they are upgraded."""
        return tuple(s.binary for s in self.services)


@dataclass(frozen=True, slots=True)
class Crew:
    """Hosts with the same services, done by the same strategies, that share their slots.

    `settled`: an earlier run has done all of it. Such hosts go with none of which that is not so.
    """

    hosts: tuple[Host, ...]
    runs: tuple[Run, ...]
    slots: tuple[str, ...]
    budgets: tuple[str, ...]
    settled: bool = False


class Ranks:
    """The place of every binary of a fleet in the order of upgrades, worked out once."""

    def __init__(self, fleet: Fleet) -> None:
        order = component_order({s.binary for s in fleet.services})
        self._place: Mapping[str, int] = {name: place for place, name in enumerate(order)}

    def control(self, services: Sequence[Service]) -> tuple[Service, ...]:
        """In the order of projects and components."""
        return tuple(sorted(services, key=lambda s: self._place[s.binary]))

    def places(self, names: Iterable[str]) -> tuple[int, ...]:
        """Where these binaries stand in the order."""
        return tuple(self._place[name] for name in names)

    def resource(self, services: Sequence[Service]) -> tuple[Service, ...]:
        """The L2 agent, nova-compute right behind it, then the other agents.

        Guests lost their network where nova-compute was upgraded and the agent was not (crowbar-core 1988).
        """
        return tuple(sorted(services, key=lambda s: (_back_to_back(s), self._place[s.binary])))


def _back_to_back(service: Service) -> int:
    known = binary(service.binary)
    return 0 if known and known.l2 else 1 if service.binary == "nova-compute" else 2


@dataclass(frozen=True, slots=True)
class Assembly:
    """What it takes to put crews together for one kind of work; not `windowed` is what takes all hosts at once."""

    bindings: tuple[Binding, ...]
    limits: Limits
    stage: Stage
    action: Action
    ordering: Ordering
    settled: Callable[[Sequence[Service]], bool]
    windowed: bool = True

    def crews(self, machines: Iterable[tuple[Host, Sequence[Service]]], first: int = 0) -> list[Crew]:
        """One crew per host, or per window of hosts where a binding takes many; the first `first` by themselves."""
        ordered = sorted(machines, key=_least_to_lose)
        singles = [self._crew(host, services) for host, services in ordered]
        return [*_merge(singles[:first], self.limits), *_merge(singles[first:], self.limits)]

    def _crew(self, host: Host, services: Sequence[Service]) -> Crew:
        plane: Plane = services[0].plane
        works = [Work(s, host, self.stage, self.action) for s in self.ordering(services)]
        runs = tuple(Run(b, tuple(w.service for w in part)) for b, part in runs_by_binding(works, self.bindings))
        # nothing stops while it is prepared
        slots = () if self.action == "prepare" or not self.windowed else self.limits.slots(host, plane)
        return Crew((host,), runs, slots, self.limits.budgets_of(host, plane), self.settled(services))


def _least_to_lose(machine: tuple[Host, Sequence[Service]]) -> tuple[bool, bool, bool, str, object]:
    """Hypervisors first, so that one of them is the canary, rather none that also carries networks; zone by zone.

    Who leads a cluster comes last: others are elected as seldom as can be.
    """
    host, services = machine
    leads = any(s.duty == "leader" for s in services)
    hypervisor = any(s.binary == "nova-compute" for s in services)
    return (leads, not hypervisor, "network" in host.roles, host.zone or "", natural(host.name))


def _merge(singles: Sequence[Crew], limits: Limits) -> list[Crew]:
    """Hosts of one zone that are alike go together, as many as may be out at once; those that stay in, all of them."""
    alike: dict[object, list[Crew]] = {}
    for crew in singles:
        alike.setdefault(_profile(crew), []).append(crew)
    merged: list[Crew] = []
    for group in alike.values():
        size = _size(group, limits) if _takes_many(group[0]) else 1
        merged += [_together(group[n : n + size]) for n in range(0, len(group), size)]
    return merged


def _size(group: Sequence[Crew], limits: Limits) -> int:
    slots = group[0].slots
    return limits.room(slots) if slots else len(group)


def _profile(crew: Crew) -> object:
    """What hosts of one batch have in common. A crew that takes one host at a time keeps its place in the order."""
    if not _takes_many(crew):
        return crew.hosts
    runs = tuple((run.binding and run.binding.id, run.names) for run in crew.runs)
    return (crew.hosts[0].zone if crew.slots else None, crew.slots, crew.budgets, crew.settled, runs)


def _takes_many(crew: Crew) -> bool:
    """Whether every strategy that has a part in it takes several hosts in one process; never those of one quorum."""
    bindings = [run.binding for run in crew.runs if run.binding]
    together = bool(bindings) and all(b.concurrency != "host" for b in bindings)
    return together and not (crew.slots and any(in_quorum(name) for run in crew.runs for name in run.names))


def _together(crews: Sequence[Crew]) -> Crew:
    one = crews[0]
    return Crew(tuple(h for crew in crews for h in crew.hosts), one.runs, one.slots, one.budgets, one.settled)
