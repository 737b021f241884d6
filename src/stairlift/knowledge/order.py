"""What comes before what: a total order over projects and over binaries, and the reason behind each pair."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Literal, cast

from stairlift.knowledge.binaries import Binary, all_binaries, binary
from stairlift.knowledge.document import Entry, invalid, read

Level = Literal["project", "component"]

EVERY = "*"
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Edge:
    """`before` is upgraded before `after`, and why.

    Of scope "cloud" it is a barrier: every instance of the one, then any of the other. Of scope "node" it holds on
    each host for itself. `before` or `after` of an edge between projects may be "*".
    """

    before: str
    after: str
    level: Level
    strength: Literal["hard", "soft"]
    scope: Literal["cloud", "node"]
    reason: str
    source: str
    exceptions: tuple[str, ...] = ()

    def covers(self, before: str, after: str) -> bool:
        """Whether this edge orders these two."""
        return before != after and self._means(self.before, before) and self._means(self.after, after)

    def _means(self, end: str, name: str) -> bool:
        return end == name or (end == EVERY and name not in self.exceptions)

    def pairs(self, names: Iterable[str]) -> "Iterable[tuple[str, str]]":
        """What it says of these names, pair by pair."""
        known = tuple(names)
        befores = [name for name in known if self._means(self.before, name)]
        afters = [name for name in known if self._means(self.after, name)]
        return ((before, after) for before, after in product(befores, afters) if before != after)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a procedure that a project supports, and why it stands where it does."""

    name: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Order:
    """The content of an order file: the edges, and all projects and all components in an order that keeps them.

    `ways` are the procedures that a policy can choose, by (project, name).
    """

    projects: tuple[str, ...]
    components: tuple[str, ...]
    edges: tuple[Edge, ...]
    ways: Mapping[tuple[str, str], tuple[Part, ...]] = field(default_factory=dict)


def order_of(document: Entry) -> Order:
    """The content of an order file; a name that is unknown or a cycle is an error."""
    sequence = document.texts("default_sequence")
    projects = [edge for entry in document.entries("projects") for edge in _edges(entry, "project")]
    components = [edge for entry in document.entries("components") for edge in _edges(entry, "component")]
    ways = _ways(document)
    document.close()
    if sequence.count(OTHERS) != 1 or len(set(sequence)) != len(sequence):
        raise invalid(document.where, f"the sequence names each project once, and {OTHERS!r}")
    _check_names(document.where, _ends(projects), {*sequence, EVERY})
    _check_names(document.where, _ends(components), {one.name for one in all_binaries()})
    _check_names(document.where, {one.project for one in all_binaries()}, set(sequence))
    ranked = _sorted(document.where, sequence, projects)
    by_rank = sorted(all_binaries(), key=lambda one: _rank(one, ranked))
    in_order = _sorted(document.where, [one.name for one in by_rank], components)
    return Order(ranked, in_order, (*projects, *components), ways)


def _ways(document: Entry) -> dict[tuple[str, str], tuple[Part, ...]]:
    found: dict[tuple[str, str], tuple[Part, ...]] = {}
    for entry in document.entries("ways"):
        key, source = (entry.text("project"), entry.text("way")), entry.source()
        found[key] = tuple(_part(one, source) for one in entry.entries("parts"))
        entry.close()
    return found


def _part(entry: Entry, source: str) -> Part:
    made = Part(entry.text("part"), entry.text("reason"), source)
    entry.close()
    return made


def _edges(entry: Entry, level: Level) -> list[Edge]:
    befores, afters, exceptions = entry.texts("before"), entry.texts("after"), entry.texts("except")
    strength = entry.text("strength", among=("hard", "soft"))
    scope = entry.text("scope", "cloud" if level == "project" else None, among=("cloud", "node"))
    reason, source = entry.text("reason"), entry.source()
    entry.close()
    return [
        Edge(
            before=before,
            after=after,
            level=level,
            strength=cast("Literal['hard', 'soft']", strength),
            scope=cast("Literal['cloud', 'node']", scope),
            reason=reason,
            source=source,
            exceptions=(*exceptions, *befores, *afters),
        )
        for before, after in product(befores, afters)
    ]


def _ends(edges: Iterable[Edge]) -> set[str]:
    return {name for edge in edges for name in (edge.before, edge.after)}


def _check_names(where: str, names: set[str], known: set[str]) -> None:
    if names - known:
        raise invalid(where, f"unknown names {sorted(names - known)}")


def _sorted(where: str, preferred: Sequence[str], edges: Iterable[Edge]) -> tuple[str, ...]:
    """All names in an order that keeps the edges and else the one preferred; a cycle is an error."""
    waits: dict[str, set[str]] = {name: set() for name in preferred}
    for edge in edges:
        for before, after in edge.pairs(preferred):
            waits[after].add(before)
    done: list[str] = []
    while waits:
        ready = next((name for name in preferred if name in waits and not waits[name]), None)
        if ready is None:
            raise invalid(where, f"a cycle among {sorted(waits)}")
        del waits[ready]
        done.append(ready)
        for left in waits.values():
            left.discard(ready)
    return tuple(done)


def _rank(one: Binary, projects: Sequence[str]) -> tuple[int, int]:
    """By stage, then by project: OVN's own rules ask for its stage before the control plane."""
    stage = 1 if one.project == "ovn" else {"infra": 0, "control": 2, "resource": 3}[one.plane]
    return stage, projects.index(one.project)


@cache
def _order() -> Order:
    return order_of(read("order.yaml"))


@cache
def _places() -> tuple[Mapping[str, int], Mapping[str, int]]:
    order = _order()
    return (
        {name: place for place, name in enumerate(order.projects)},
        {name: place for place, name in enumerate(order.components)},
    )


def edges() -> tuple[Edge, ...]:
    """Every known edge, hard and soft, between projects and between components."""
    return _order().edges


def way(project: str, name: str) -> tuple[Part, ...]:
    """The parts of a procedure of a project, in their order. KeyError for one that is not known."""
    return _order().ways[project, name]


def project_order(projects: Iterable[str]) -> tuple[str, ...]:
    """The projects in the order of their upgrade, each once; the order given does not matter.

    Edges count whether or not the projects between two of them are there. Unknown projects come before the
    dashboards, by the alphabet.
    """
    places, _ = _places()
    return tuple(sorted(set(projects), key=lambda name: (places.get(name, places[OTHERS]), name)))


def component_order(binaries: Iterable[str]) -> tuple[str, ...]:
    """The binaries in the order of their upgrade, each once; the order given does not matter.

    OVN comes first, then the control plane project by project, then the resource plane; unknown ones come last, by
    the alphabet.
    """
    _, places = _places()
    return tuple(sorted(set(binaries), key=lambda name: (places.get(name, len(places)), name)))


@cache
def why(before: str, after: str) -> str | None:
    """The reason why one comes before the other, if an edge says so; None otherwise.

    Takes components and projects. Two components are also ordered by their projects; what is soft between projects
    is about their APIs and says nothing of an agent.
    """
    between = _project(before), _project(after)
    agents = any(one is not None and one.plane == "resource" for one in (binary(before), binary(after)))
    direct = [e for e in edges() if e.level == "component" and e.covers(before, after)]
    indirect = [e for e in edges() if e.level == "project" and e.covers(*between)]
    found = direct + [e for e in indirect if e.strength == "hard" or not agents]
    return found[0].reason if found else None


def _project(name: str) -> str:
    known = binary(name)
    return known.project if known else name
