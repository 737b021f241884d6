"""One run in five lines that are drawn anew, in the words of its page.

What it does now, what comes next, what blocks it, what users feel, and when it may have ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stairlift.model.plan import Step
from stairlift.model.run import SETTLED, StepState
from stairlift.report.availability_words import meter_line
from stairlift.report.screen import Link, Screen
from stairlift.report.signs import Tone
from stairlift.report.status import Standing
from stairlift.report.text import clock, count, duration, span


@dataclass(frozen=True, slots=True)
class Row:
    """A line: what it is about, what there is to say, and in which tone."""

    label: str
    text: str
    tone: Tone = "rest"


@dataclass(frozen=True, slots=True)
class Coming:
    """What is not in the standing: the next step of the plan, and when the run may have ended."""

    step: Step | None = None
    end: datetime | None = None


def live_rows(seen: Screen, standing: Standing, coming: Coming, now: datetime) -> tuple[Row, ...]:
    """At most five."""
    return (
        Row("now", _now(seen, now), seen.sign.tone),
        Row("next", _next(coming)),
        _blocked(seen),
        _felt(standing, now),
        Row("end", _end(standing, coming, now)),
    )


def _now(seen: Screen, now: datetime) -> str:
    since = f", for {duration(now - seen.since)}" if seen.since and seen.busy else ""
    usual = f" ({seen.usual})" if seen.usual and since else ""
    task = f": {seen.busy[0].task}" if seen.busy and seen.busy[0].task else ""
    return f"{seen.sign.glyph} {seen.sign.word} · {seen.sentence}{since}{usual}{task}"


def _next(coming: Coming) -> str:
    step = coming.step
    if step is None:
        return "nothing is left to begin"
    mark = "ONE-WAY " if step.one_way else ""
    return f"{mark}{step.id} ({step.action} on {span(step.hosts)})" if step.hosts else f"{mark}{step.id}"


def _blocked(seen: Screen) -> Row:
    """What is amiss comes first, then what the next step waits for, down to what can be done about it."""
    bad = next((one for one in seen.health if one.level == "bad"), None)
    if bad is not None:
        then = f"; see: stairlift logs {seen.run.id} --step {bad.step}" if bad.step else ""
        return Row("blocked", f"{bad.sign.glyph} {bad.word}: {bad.step or bad.subject}: {bad.message}{then}", "bad")
    if not seen.blocked:
        return Row("blocked", "by nothing", "idle")
    root = _root(seen.blocked)
    command = next(iter(root.commands), "")
    can = f"; type: {command}" if command else f"; can end it: {root.ending}" if root.ending else ""
    return Row("blocked", f"{root.step} {root.sentence}{can}", "ask" if command or root.ending else "rest")


def _root(chain: Sequence[Link]) -> Link:
    """What the first reason comes down to; those beside it are for afterwards, as to resume what is approved."""
    root = chain[0]
    for link in chain[1:]:
        if link.depth <= root.depth:
            break
        root = link
    return root


def _felt(standing: Standing, now: datetime) -> Row:
    found = standing.meter
    if found is None:
        return Row("users", "nobody measures what they feel", "idle")
    told = meter_line(found, standing.run.id, now, under_way=True).split(None, 1)[1]
    return Row("users", told, "bad" if sum(found.failed.values()) else "good")


def _end(standing: Standing, coming: Coming, now: datetime) -> str:
    whole, done = standing.number(*StepState), standing.number(*SETTLED)
    share = f" ({100 * done // whole} %)" if whole else ""
    took = f", {duration(now - standing.run.started_at)} so far" if standing.run.started_at else ""
    left = ""
    if coming.end and coming.end > now and done < whole:
        left = f", about {duration(coming.end - now)} left (until {clock(coming.end)})"
    return f"{done} of {count(whole, 'step')} done{share}{took}{left}"


def as_lines(rows: Sequence[Row]) -> tuple[str, ...]:
    """With their labels in a column."""
    return tuple(f"{row.label:<8} {row.text}" for row in rows)
