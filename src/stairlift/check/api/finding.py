"""Findings of the checks of the catalogue, as grave as the way makes them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from stairlift.check.answers import Row
from stairlift.knowledge.checks import rule
from stairlift.model.check import Scene
from stairlift.model.finding import Finding, Severity

#: More of a kind are told in one finding.
MOST = 10


def found(
    scene: Scene, code: str, subject: str, *, message: str, resolution: str, severity: Severity | None = None
) -> Finding:
    """A failure of the check `code`."""
    return Finding(code, severity or rule(code).severity(scene.target), subject, message, resolution)


def each(rows: Collection[Row], made: Callable[[Row], Finding]) -> tuple[Finding, ...]:
    """A finding for each row, as far as `bounded` keeps them."""
    return bounded([made(row) for row in rows])


def bounded(told: Sequence[Finding]) -> tuple[Finding, ...]:
    """Of very many findings of a kind the first ones, and one that says how many more there are.

    That one has to be waived by itself: who waives those that are named has not seen the others.
    """
    kept = tuple(told[:MOST])
    if len(told) <= MOST:
        return kept
    more = f"{len(told) - MOST} more are like {kept[0].subject}"
    return (*kept, replace(kept[-1], subject="others", message=more))


def named(row: Row) -> str:
    """What a resource is called, for people who will look for it: its id, with its name where it has one."""
    name, key = row.get("name") or row.get("stack_name"), row.get("id") or row.get("uuid") or "?"
    return f"{key} ({name})" if name else str(key)


def minutes_since(row: Row, now: datetime, *keys: str) -> float | None:
    """How long ago, in minutes, the first of these times of a row was; None where it has none."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return (now - (at if at.tzinfo else at.replace(tzinfo=UTC))).total_seconds() / 60
    return None
