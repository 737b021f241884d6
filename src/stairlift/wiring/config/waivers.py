"""`[[waiver]]` tables: what somebody answers for, by name, with who, why and until when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.model.finding import Waiver
from stairlift.model.plan import Plan
from stairlift.plan import plan_hash
from stairlift.wiring.config.toml import demand_known, invalid, places_of

_KEYS = ("code", "subject", "who", "why", "until")
_DEMANDED = ("code", "who", "why")


def read_waivers(file: Path, tables: Any) -> tuple[Waiver, ...]:
    """The tables of a file. UsageError (config.invalid) naming the place and what is missing or wrong."""
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise invalid(file, "waivers are written [[waiver]], in double brackets")
    places = places_of(file, "waiver", len(tables))
    return tuple(_waiver(place, table) for place, table in zip(places, tables, strict=True))


def _waiver(place: str, table: Mapping[str, Any]) -> Waiver:
    demand_known(place, table, _KEYS, "keys")
    if lacking := [key for key in _DEMANDED if not table.get(key)]:
        raise invalid(place, f"needs {' and '.join(lacking)}: a waiver says who answers for what, and why")
    texts = {key: table.get(key) for key in _KEYS if key != "until"}
    if wrong := [key for key, value in texts.items() if not isinstance(value, str | None)]:
        raise invalid(place, f"{wrong[0]} is a text")
    if table.get("subject") == "":
        raise invalid(place, "subject is empty: leave it out to waive the code whatever it is about")
    return Waiver(str(table["code"]), table.get("subject"), str(table["who"]), str(table["why"]), _day(place, table))


def _day(place: str, table: Mapping[str, Any]) -> date | None:
    """A day as TOML has it, or as text."""
    until = table.get("until")
    if isinstance(until, str):
        try:
            return date.fromisoformat(until)
        except ValueError:
            until = 0
    if until is not None and type(until) is not date:
        raise invalid(place, "until is a day, the last on which it counts: until = 2026-12-31")
    return until


def in_force(waivers: Iterable[Waiver], today: date) -> tuple[Waiver, ...]:
    """Those whose time is not over."""
    return tuple(waiver for waiver in waivers if waiver.holds(today))


def expired(waivers: Iterable[Waiver], today: date) -> tuple[str, ...]:
    """A sentence for each whose time is over."""
    over = (waiver for waiver in waivers if not waiver.holds(today))
    return tuple(f"the waiver {waiver} of {waiver.who} ended on {waiver.until}: it does not count" for waiver in over)


def with_used(made: Plan, asked: Collection[str]) -> Plan:
    """The plan with only those tables on record that it needs: for a finding of its own, or for a check of `asked`.

    What was typed as a flag stays.
    """
    kept = tuple(w for w in made.waivers if not w.who or w.code in asked or any(map(w.covers, made.findings)))
    if kept == made.waivers:
        return made
    less = replace(made, waivers=kept, hash="")
    return replace(less, hash=plan_hash(less))


def demand_in_force(waivers: Sequence[Waiver], today: date) -> None:
    """UsageError (waiver.expired) where a plan rests on one whose time is over."""
    if over := expired(waivers, today):
        raise UsageError(
            code="waiver.expired",
            brief=over[0],
            resolution="mend what it was for, or give the [[waiver]] a later day, and plan again",
        )
