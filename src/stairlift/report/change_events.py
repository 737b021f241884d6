"""Of the report on a run: who approved what and when, what people told it, and when it rested."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stairlift.model.run import Command, Event, Run
from stairlift.report.approvals import Given, approvals_given
from stairlift.report.paper import Section, grid, section, words
from stairlift.report.text import count, day, duration

#: Behind one of these a run rests; what takes it up again, or ends it, ends the rest.
_RESTS = {"run.paused": "paused", "run.waiting": "waited", "run.failed": "failed"}
_GOES_ON = frozenset({"run.resumed", "run.rolling-back", "run.cancelled", "run.done", "run.rolled-back"})


def word_given(run: Run, events: Sequence[Event], commands: Sequence[Command]) -> Section:
    """Who approved what, when, and what it covered. A blanket approval is one of everything that was to come."""
    rows = [_given(one) for one in approvals_given(run, events, commands)]
    covered = sum(bool(event.data.get("blanket")) for event in events if event.kind == "step.approved")
    told = f"The approval of the whole run covered {count(covered, 'step')} that would have asked." if covered else ""
    none = "" if rows else f"Nobody has approved anything yet; {run.actor or 'somebody'} began it."
    columns = ("When", "Who", "What", "What it covers", "Why", "Came of it")
    return section("approvals", "Who approved what", words(none), grid(columns, rows), words(told))


def _given(one: Given) -> tuple[str, ...]:
    return day(one.at), one.actor, one.what, one.covers, one.reason, _came(one.result, one.answer)


def _came(result: str, answer: str) -> str:
    return f"{result or 'nobody acted on it yet'}{f': {answer}' if answer else ''}"


def told_lines(commands: Sequence[Command]) -> Section:
    """What else people told it."""
    others = [command for command in commands if command.kind != "approve"]
    rows = [(day(c.at), c.actor, c.kind, c.step, c.reason, _came(c.result or "", c.answer)) for c in others]
    columns = ("When", "Who", "What", "Step", "Why", "Came of it")
    return section("commands", "What people told it", words("" if rows else "Nothing."), grid(columns, rows))


def rests(events: Sequence[Event], until: datetime) -> tuple[tuple[Event, timedelta], ...]:
    """The events by which a run came to rest, with how long it did: at most until then."""
    found: list[tuple[Event, timedelta]] = []
    began: Event | None = None
    for event in events:
        if began and event.kind in (*_RESTS, *_GOES_ON):
            found.append((began, event.at - began.at))
            began = None
        if event.kind in _RESTS:
            began = event
    return (*found, *([(began, max(until - began.at, timedelta()))] if began else []))


def pauses(run: Run, events: Sequence[Event], now: datetime) -> Section:
    """When it rested, and why."""
    found = rests(events, run.ended_at or now)
    rows = [(day(e.at), _RESTS[e.kind], duration(length), str(e.data.get("reason", ""))) for e, length in found]
    whole = sum((length for _, length in found), timedelta())
    said = f"It rested {count(len(found), 'time')}, {duration(whole)} altogether." if found else "It never rested."
    return section("rests", "Pauses and waits", words(said), grid(("When", "It", "For", "Why"), rows))
