"""A plan in outline: of each step what pages that show a run need. A plan of 80,000 steps is kept in mind as this."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.model.likeness import sort_of
from stairlift.model.noun import noun

#: A host belongs where the first of these stages has work for it that is no preparation.
_ROLES = ("control", "ovn", "network", "compute", "infra", "finish", "prepare")

#: So many hosts are a group.
GROUP = 100


#: What a step shares with others, and waits for: its unit, its slots, and the ids of steps.
_Bonds = tuple[str, tuple[str, ...], tuple[str, ...]]


@noun
class Outlined:
    """A step. `sort` tells which others take as long; `gate` says that it is an approval and does nothing itself.

    It leads from the release `source` to `hop`.
    """

    id: str
    action: str
    stage: str
    services: tuple[str, ...]
    hosts: tuple[str, ...]
    sort: str
    strategy: str
    one_way: bool
    hop: str
    source: str = ""

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


def outline(document: Mapping[str, Any], each: Iterable[Mapping[str, Any]] | None = None) -> Outline:
    """Of a plan's document; `each` are those of its steps, for who reads them one by one.

    Equal parts are kept once: the hosts of a step are hosts of forty.
    """
    same: dict[Any, Any] = {}
    read = [(outlined(step, same), _bonds(step, same)) for step in (document["steps"] if each is None else each)]
    steps, bonds = tuple(step for step, _ in read), [bond for _, bond in read]
    number = {step.id: place for place, step in enumerate(steps)}
    by_host = _gathered((host, place) for place, step in enumerate(steps) for host in step.hosts)
    alone, several = _alone(document), len(document.get("hops", ())) > 1
    return Outline(
        steps=steps,
        items=_items(steps, bonds, number, alone),
        windows={**document.get("windows", {}), **dict.fromkeys(alone.values(), 1)},
        number=number,
        by_host=by_host,
        by_service=_gathered((name, place) for place, step in enumerate(steps) for name in step.services),
        by_stage=_gathered((_stage_of(step, several), place) for place, step in enumerate(steps)),
        groups=_groups(by_host, {host: _group(places, steps, bonds) for host, places in by_host.items()}),
        gates=tuple(place for place, step in enumerate(steps) if step.gate),
    )


def outlined(step: Mapping[str, Any], same: dict[Any, Any] | None = None) -> Outlined:
    """Of a step's document; `same` are parts that others have as well: few differ in more than id and hosts."""
    kept: dict[Any, Any] = {} if same is None else same
    name, hosts, services = step["id"], tuple(step["hosts"]), tuple(step["services"])
    way = (step["reversibility"], step.get("to", ""), step.get("from", ""))
    key = (step["action"], step["stage"], services, step["strategy"], way)
    if key not in kept:
        sort = sort_of(key[0], services, key[3])
        kept[key] = (*key[:3], sort, key[3] or "", way[0] == "no-return", *way[1:])
    action, stage, services, *told = kept[key]
    return Outlined(name, action, stage, services, kept.setdefault(hosts, hosts), *told)


def _bonds(step: Mapping[str, Any], same: dict[Any, Any]) -> _Bonds:
    unit, slots = step.get("unit", ""), tuple(step.get("slots", ()))
    return same.setdefault(unit, unit), same.setdefault(slots, slots), (*step.get("needs", ()), *step.get("after", ()))


def _stage_of(step: Outlined, several: bool) -> str:
    """The stage, of a way over several releases with the hop that it is part of."""
    return f"{step.hop} {step.stage}" if several else step.stage


def _gathered(pairs: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """By name, each place once; they come in their order."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for name, place in pairs:
        places = found[name]
        if not places or places[-1] != place:
            places.append(place)
    return {name: tuple(places) for name, places in found.items()}


def _group(places: Sequence[int], steps: Sequence[Outlined], bonds: Sequence[_Bonds]) -> str:
    """What a host stands together with: its role, and its zone where the plan keeps a window for that."""
    stages = {steps[place].stage for place in places}
    role = next((stage for stage in _ROLES if stage in stages), "other")
    slots = (slot for place in places for slot in bonds[place][1])
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


def _items(
    steps: Sequence[Outlined], bonds: Sequence[_Bonds], number: Mapping[str, int], alone: Mapping[str, str]
) -> tuple[Item, ...]:
    members: dict[object, list[int]] = {}
    for place, (unit, _, _) in enumerate(bonds):
        members.setdefault(unit or place, []).append(place)
    units = sorted(members.values())
    item_of = {place: item for item, places in enumerate(units) for place in places}

    def item(mine: int, places: list[int]) -> Item:
        waits = {number[other] for place in places for other in bonds[place][2] if other in number}
        behind = {one for other in waits if (one := item_of[other]) < mine}
        slots = {slot for place in places for slot in bonds[place][1]}
        slots |= {alone[name] for place in places if (name := steps[place].strategy) in alone}
        return Item(tuple(places), tuple(sorted(behind)), tuple(sorted(slots)))

    return tuple(item(mine, places) for mine, places in enumerate(units))
