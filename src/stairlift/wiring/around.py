"""The `[[around]]` tables, and what surrounds a run."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from stairlift.model.effect import AROUND
from stairlift.model.errors import UsageError
from stairlift.model.plan import Around, Plan
from stairlift.model.run import Run
from stairlift.ports import Executor, UpgradeStrategy
from stairlift.strategy.around import read_around, typed
from stairlift.strategy.surroundings import RunSurroundings
from stairlift.wiring.config.policy import whole_seconds
from stairlift.wiring.config.toml import invalid, places_of

#: Seconds that each of the commands may take at most: a run that comes to rest waits for a minute and no longer.
_LONGEST = 45


def read_arounds(file: Path, value: Any) -> tuple[Around, ...]:
    """The tables of a file. Raises UsageError (config.invalid) naming the place and the key."""
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise invalid(file, "what surrounds a run is written [[around]], in double brackets")
    places = places_of(file, AROUND, len(value))
    found = [_read(place, entry, file.parent) for place, entry in zip(places, value, strict=True)]
    _demand_different(places, found)
    return tuple(found)


def _read(place: str, entry: Mapping[str, Any], folder: Path) -> Around:
    options = {key: value for key, value in entry.items() if key != "deadline"}
    try:
        found = read_around({**options, "folder": str(folder)})
    except UsageError as wrong:
        what = wrong.brief.partition(": ")[2]
        raise invalid(place, f"{what}. {wrong.resolution}".strip(" .")) from wrong
    deadline = whole_seconds(place, "deadline", entry.get("deadline", found.deadline))
    if not 1 <= deadline <= _LONGEST:
        raise invalid(place, f"deadline is 1 to {_LONGEST} s: no run waits longer for it when it comes to rest")
    return replace(found, deadline=deadline)


def _demand_different(places: Iterable[str], found: Iterable[Around]) -> None:
    names: set[str] = set()
    for place, one in zip(places, found, strict=True):
        if one.name in names:
            raise invalid(place, f"there is another one with name = {one.name!r}")
        names.add(one.name)


def commands_around(around: Around, plan: Plan) -> tuple[str, str]:
    """What a person would type to begin it, and to end it."""
    return typed(around, around.begin, plan), typed(around, around.end, plan)


def surroundings(plan: Plan, run: Run, executor: Executor) -> RunSurroundings | None:
    """What surrounds a run of this plan; None where nothing does."""
    return RunSurroundings(plan, run, executor) if plan.around else None


def with_surroundings(
    strategies: Mapping[str, UpgradeStrategy], plan: Plan, run: Run, executor: Executor
) -> Mapping[str, UpgradeStrategy]:
    """The strategies of a run, and beside them who ends what surrounds it."""
    ending = cast("UpgradeStrategy", RunSurroundings(plan, run, executor))  # the ledger asks nothing else of it
    return {**strategies, **{f"{AROUND}:{one.name}": ending for one in plan.around}}
