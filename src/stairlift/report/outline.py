"""A plan in outline: of each step what lines of a timeline need. A plan of 80,000 steps is kept in mind as this."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.likeness import sort_of

#: A host belongs where the first of these stages has work for it that is no preparation.
_ROLES = ("control", "ovn", "network", "compute", "infra", "finish", "prepare")

#: So many hosts are a group.
GROUP = 100


@dataclass(frozen=True, slots=True)
class Outlined:
    """A step. `sort` tells which others take as long; `gate` says that it is an approval and does nothing itself."""

    id: str
    action: str
    stage: str
    services: tuple[str, ...]
    hosts: tuple[str, ...]
    sort: str
    strategy: str
    one_way: bool
    hop: str

    @property
    def gate(self) -> bool:
        """Whether it is an approval and nothing else."""
        return self.action == "approve"


@dataclass(frozen=True, slots=True)
class Item:
    """Steps of one host that follow each other and hold their slots meanwhile, or a single step, by their places.

    `behind` are items that come to their end first, by their numbers.
    """

    steps: tuple[int, ...]
    behind: tuple[int, ...]
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts of a role, and of a zone where the plan keeps a window for it, that follow each other in the plan."""

    hosts: tuple[str, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan. `windows` are how many hosts of a slot may be out at once; `gates` are the places of approvals.

    `groups` are of at most GROUP hosts, called as what they have in common, with a number: compute/1.
    """

    steps: tuple[Outlined, ...]
    items: tuple[Item, ...]
    windows: Mapping[str, int]
    number: Mapping[str, int]
    by_host: Mapping[str, tuple[int, ...]]
    by_service: Mapping[str, tuple[int, ...]]
    by_stage: Mapping[str, tuple[int, ...]]
    groups: Mapping[str, "Group"]
    gates: tuple[int, ...]

    def named(self, ids: Iterable[int]) -> tuple[str, ...]:
        """The ids of the steps at these places."""
        return tuple(self.steps[place].id for place in ids)


def outline(document: Mapping[str, Any]) -> Outline:
    """Of a plan's document. Equal parts are kept once: the hosts of a step are hosts of forty."""
    same: dict[Any, Any] = {}
    documents = document.get("steps", ())
    steps = tuple(outlined(step, same) for step in documents)
    by_host = _gathered((host, place) for place, step in enumerate(steps) for host in step.hosts)
    return Outline(
        steps=steps,
        items=_items(documents, {step.id: place for place, step in enumerate(steps)}, _alone(document)),
        windows={**document.get("windows", {}), **dict.fromkeys(_alone(document).values(), 1)},
        number={step.id: place for place, step in enumerate(steps)},
        by_host=by_host,
        by_service=_gathered((name, place) for place, step in enumerate(steps) for name in step.services),
        by_stage=_gathered((_stage_of(step, document), place) for place, step in enumerate(steps)),
        groups=_groups(by_host, {host: _group(places, steps, documents) for host, places in by_host.items()}),
        gates=tuple(place for place, step in enumerate(steps) if step.gate),
    )


def outlined(step: Mapping[str, Any], same: dict[Any, Any] | None = None) -> Outlined:
    """Of a step's document; `same` are parts that others have as well."""
    kept = {} if same is None else same

    def once(value: Any) -> Any:
        return kept.setdefault(value, value)

    services, hosts = once(tuple(step["services"])), once(tuple(step["hosts"]))
    sort = once(sort_of(step["action"], services, step["strategy"]))
    words = (once(step["action"]), once(step["stage"]), services, hosts, sort, once(step["strategy"] or ""))
    return Outlined(step["id"], *words, step["reversibility"] == "no-return", once(step.get("to", "")))


def _stage_of(step: Outlined, document: Mapping[str, Any]) -> str:
    """The stage, of a way over several releases with the hop that it is part of."""
    return f"{step.hop} {step.stage}" if len(document.get("hops", ())) > 1 else step.stage


def _gathered(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for name, place in pairs:
        found.setdefault(name, []).append(place)
    return {name: tuple(dict.fromkeys(places)) for name, places in found.items()}


def _group(places: Sequence[int], steps: tuple[Outlined, ...], documents: Any) -> str:
    """What a host stands together with: its role, and its zone where the plan keeps a window for that."""
    stages = {steps[place].stage for place in places}
    role = next((stage for stage in _ROLES if stage in stages), "other")
    slots = (slot for place in places for slot in documents[place].get("slots", ()))
    zone = next((slot.partition(":")[2] for slot in slots if slot.startswith("zone:")), "")
    return f"{role} {zone}".strip()


def _groups(by_host: Mapping[str, tuple[int, ...]], group_of: Mapping[str, str]) -> dict[str, Group]:
    numbers: Counter[str] = Counter()
    found: dict[str, list[str]] = {}
    for host, group in group_of.items():
        found.setdefault(f"{group}/{numbers[group] // GROUP + 1}", []).append(host)
        numbers[group] += 1
    return {
        name: Group(tuple(hosts), tuple(dict.fromkeys(place for host in hosts for place in by_host[host])))
        for name, hosts in found.items()
    }


# What follows what


def _alone(document: Mapping[str, Any]) -> dict[str, str]:
    """Strategies that bear one process at a time, each with the slot that it takes."""
    bindings = document.get("strategies", ())
    return {one["id"]: f"alone:{one['id']}" for one in bindings if one.get("concurrency") == "cloud"}


def _items(documents: Any, number: Mapping[str, int], alone: Mapping[str, str]) -> tuple[Item, ...]:
    members: dict[object, list[int]] = {}
    for place, step in enumerate(documents):
        members.setdefault(step.get("unit") or place, []).append(place)
    units = sorted(members.values())
    item_of = {place: item for item, places in enumerate(units) for place in places}
    return tuple(_item(places, documents, number, (item_of, alone)) for places in units)


def _item(
    places: list[int], documents: Any, number: Mapping[str, int], around: tuple[Mapping[int, int], Mapping[str, str]]
) -> Item:
    item_of, alone = around
    mine = item_of[places[0]]
    waits = {other for place in places for key in ("needs", "after") for other in documents[place].get(key, ())}
    behind = {item_of[number[other]] for other in waits if other in number}
    slots = {slot for place in places for slot in documents[place].get("slots", ())}
    slots |= {alone[name] for place in places if (name := documents[place].get("strategy")) in alone}
    return Item(tuple(places), tuple(sorted(one for one in behind if one < mine)), tuple(sorted(slots)))
