"""What another plan for the same way would do otherwise, as far as the steps that remain are concerned."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from stairlift.model.difference import Changed, Difference, Other
from stairlift.model.plan import Binding, Plan, Step
from stairlift.model.plan_document import around_document


def difference(old: Plan, new: Plan, settled: Collection[str], kept: Collection[str]) -> Difference:
    """`settled` are the steps of the old plan that need not be done any more, `kept` those of the new one."""
    before = {step.id: step for step in old.steps if step.id not in settled}
    after = {step.id: step for step in new.steps if step.id not in kept}
    in_order = [step_id for step_id in after if step_id in before]
    moved, both = _moved([step_id for step_id in before if step_id in after], in_order), frozenset(in_order)
    pairs = ((before[step_id], after[step_id]) for step_id in in_order)
    found = [Changed(two, _others((old, one), (new, two), both, moved)) for one, two in pairs]
    changed = tuple(one for one in found if one.others)
    unknown = [step for step in after.values() if step.id not in before]
    return Difference(
        gone=tuple(step for step in before.values() if step.id not in after and step.id not in kept),
        new=tuple(step for step in unknown if step.id not in settled),
        again=tuple(step for step in unknown if step.id in settled),
        changed=changed,
        plan=(*_of_plan(old, new), *_of_bindings(old, new, {one.step.strategy for one in changed})),
        kept=tuple(step.id for step in new.steps if step.id in kept),
    )


_Side = tuple[Plan, Step]


def _others(old: _Side, new: _Side, both: Collection[str], moved: Collection[str]) -> tuple[Other, ...]:
    one, two = old[1], new[1]
    waits = (_waits(one, both), _waits(two, both))
    pairs: Iterable[tuple[str, Any, Any]] = (
        ("hosts", list(one.hosts), list(two.hosts)),
        ("services", list(one.services), list(two.services)),
        ("action", one.action, two.action),
        ("way", [str(one.source), str(one.target)], [str(two.source), str(two.target)]),
        ("window", list(one.slots), list(two.slots)),
        ("failure budget", list(one.budgets), list(two.budgets)),
        ("deadline", one.deadline, two.deadline),
        ("queue", one.queue, two.queue),
        ("reversibility", one.reversibility, two.reversibility),
        ("covers", one.reason, two.reason if one.action == two.action == "approve" else one.reason),
    )
    order = [Other("order", *waits)] if waits[0] != waits[1] or two.id in moved else []
    return (*(Other(*pair) for pair in pairs if pair[1] != pair[2]), *_strategy(old, new), *order)


def _waits(step: Step, both: Collection[str]) -> list[str]:
    return sorted(step_id for step_id in {*step.needs, *step.after} if step_id in both)


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Those that have changed their place: all but the longest run of those that stand as they stood."""
    place = {step_id: n for n, step_id in enumerate(before)}
    last: list[int] = []
    ends: list[str] = []
    link: dict[str, str] = {}
    for step_id in after:
        at = bisect_left(last, place[step_id])
        last[at : at + 1], ends[at : at + 1] = [place[step_id]], [step_id]
        if at:
            link[step_id] = ends[at - 1]
    stayed, current = set[str](), ends[-1] if ends else None
    while current is not None:
        stayed.add(current)
        current = link.get(current)
    return set(after) - stayed


def _strategy(old: _Side, new: _Side) -> list[Other]:
    one, two = old[0].binding(old[1]), new[0].binding(new[1])
    if one is None or two is None:
        return [] if one is two else [Other("strategy", one and one.id, two and two.id)]
    return _of_binding(one, two)


def _of_binding(one: Binding, two: Binding) -> list[Other]:
    """What a strategy does otherwise. Its number and what it matches are no business of a step that has it."""
    parts = [
        ("strategy", {"use": one.use}, {"use": two.use}),
        ("option", dict(one.options), dict(two.options)),
        ("file", dict(one.files), dict(two.files)),
        ("version", dict(one.versions), dict(two.versions)),
        (
            "way of working",
            {"concurrency": one.concurrency, "undo": one.can_undo},
            {"concurrency": two.concurrency, "undo": two.can_undo},
        ),
    ]
    return [
        Other(f"{kind} {key}" if kind != "strategy" else kind, before.get(key), after.get(key))
        for kind, before, after in parts
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _of_plan(old: Plan, new: Plan) -> list[Other]:
    tables: tuple[tuple[str, Mapping[str, Any], Mapping[str, Any]], ...] = (
        ("policy", old.policy, new.policy),
        ("window", old.windows, new.windows),
        ("failure budget", old.budgets, new.budgets),
        ("around", _around(old), _around(new)),
    )
    waivers = ([str(w) for w in old.waivers], [str(w) for w in new.waivers])
    return [
        *(
            Other(f"{table} {key}", before.get(key), after.get(key))
            for table, before, after in tables
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        ),
        *([Other("waivers", *waivers)] if waivers[0] != waivers[1] else []),
    ]


def _around(plan: Plan) -> dict[str, Any]:
    return {one.name: {"place": place, **around_document(one)} for place, one in enumerate(plan.around, 1)}


def _of_bindings(old: Plan, new: Plan, told: Collection[str | None]) -> list[Other]:
    """Entries with other files or tools that no step has told of: a run of the old plan would not go on with them."""
    known = {binding.id: binding for binding in old.bindings}
    return [
        Other(f"{two.id}: {other.what}", other.before, other.after)
        for two in new.bindings
        if two.id in known and known[two.id].use == two.use and two.id not in told
        for other in _of_binding(known[two.id], two)
    ]
