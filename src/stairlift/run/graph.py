"""The shape of a plan, worked out once: who waits for whom, who shares slots, how wide the windows are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan, Step
from stairlift.run.windows import Places


@dataclass(frozen=True, slots=True)
class Graph:
    """A plan by position: `steps` are numbered as they stand in it, which is also the order of preference.

    `needed_by` and `before` are the reverse of `needs` and `after`. `units` are the steps that share slots,
    `unit_places` what each takes as long as it is open; `exclusive` names, for the steps of a binding that bears one
    process at a time, the window that keeps it so.
    """

    plan: Plan
    steps: tuple[Step, ...]
    number: Mapping[str, int]
    needed_by: Sequence[Sequence[int]]
    before: Sequence[Sequence[int]]
    units: Sequence[Sequence[int]]
    unit_of: Sequence[int]
    unit_places: Sequence[Places]
    exclusive: Sequence[str | None]
    windows: Mapping[str, int]


def graph(plan: Plan) -> Graph:
    """The shape of `plan`. Refuses one that could never come to its end (run.plan_impossible)."""
    number = {step.id: i for i, step in enumerate(plan.steps)}
    _demand(len(number) == len(plan.steps), "two steps have the same id")
    needed_by, before = _reverse_edges(plan, number)
    units = _units(plan)
    busy = _exclusive(plan)
    shape = Graph(
        plan=plan,
        steps=plan.steps,
        number=number,
        needed_by=needed_by,
        before=before,
        units=units,
        unit_of=_unit_of(units, len(plan.steps)),
        unit_places=[_places(plan, unit) for unit in units],
        exclusive=[busy.get(step.strategy or "") for step in plan.steps],
        windows={**plan.windows, **dict.fromkeys(busy.values(), 1)},
    )
    _demand_room(shape)
    _demand_order(shape)
    return shape


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Refusal(
            code="run.plan_impossible",
            brief=f"this plan can never come to its end: {otherwise}",
            resolution="make it anew with `stairlift plan`",
        )


def _reverse_edges(plan: Plan, number: Mapping[str, int]) -> tuple[list[list[int]], list[list[int]]]:
    needed_by: list[list[int]] = [[] for _ in plan.steps]
    before: list[list[int]] = [[] for _ in plan.steps]
    for i, step in enumerate(plan.steps):
        for reverse, ids in ((needed_by, step.needs), (before, step.after)):
            for other in dict.fromkeys(ids):
                _demand(other in number, f"{step.id} waits for {other}, which it does not have")
                reverse[number[other]].append(i)
    return needed_by, before


def _units(plan: Plan) -> list[list[int]]:
    """Steps that share their slots; a step without a unit is one by itself."""
    members: dict[object, list[int]] = defaultdict(list)
    for i, step in enumerate(plan.steps):
        members[step.unit or i].append(i)
    return list(members.values())


def _unit_of(units: Sequence[Sequence[int]], steps: int) -> list[int]:
    found = [0] * steps
    for unit, members in enumerate(units):
        for i in members:
            found[i] = unit
    return found


def _places(plan: Plan, unit: Sequence[int]) -> Places:
    """For each window that a unit counts in, how many hosts it takes out."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for i in unit:
        for slot in plan.steps[i].slots:
            hosts[slot].update(plan.steps[i].hosts)
    return tuple(sorted((slot, len(names)) for slot, names in hosts.items()))


def _exclusive(plan: Plan) -> dict[str, str]:
    """Bindings that bear one process in the whole cloud, each with the key of a window that is one wide."""
    return {b.id: f"binding:{b.id}" for b in plan.bindings if b.concurrency == "cloud"}


def _demand_room(shape: Graph) -> None:
    for places in set(shape.unit_places):
        for key, size in places:
            wide = shape.windows.get(key, 0)
            _demand(size <= wide, f"{size} hosts go together in the window {key!r}, which is {wide} wide")


def _demand_order(shape: Graph) -> None:
    """Nothing waits for itself (Kahn's algorithm)."""
    waits = [len({*step.needs, *step.after}) for step in shape.steps]
    free = [i for i, count in enumerate(waits) if not count]
    for i in free:
        for other in {*shape.needed_by[i], *shape.before[i]}:
            waits[other] -= 1
            if not waits[other]:
                free.append(other)
    stuck = next((shape.steps[i].id for i, count in enumerate(waits) if count), None)
    _demand(stuck is None, f"{stuck} waits for itself, directly or through others")
