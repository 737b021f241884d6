"""What took time, takes it or may take it, as bars; and bars laid out in lanes so that none hides another."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from stairlift.model.outline import Outlined
from stairlift.model.run import IN_FLIGHT, Attempt, StepState, StepStatus
from stairlift.report.axis import Axis
from stairlift.report.forecast import Planned
from stairlift.report.signs import step_sign
from stairlift.report.text import clock, count, duration, span

#: How a bar is drawn: each has a shape or a pattern of its own. "planned" and "guessed" are to come, "guessed" where
#: nothing tells how long; "asked" waits for a person, "open" will.
Look = Literal[
    "done",
    "failed",
    "unknown",
    "running",
    "verifying",
    "undo",
    "undo-failed",
    "skipped",
    "planned",
    "guessed",
    "asked",
    "agreed",
    "open",
]
#: Of several bars drawn as one the first of these that there is.
FOREMOST: tuple[Look, ...] = (
    *("failed", "unknown", "undo-failed", "asked", "undo", "running", "verifying"),
    *("done", "agreed", "skipped", "open", "guessed", "planned"),
)
GLYPHS: Mapping[Look, str] = {
    "done": step_sign(StepState.DONE).glyph,
    "failed": step_sign(StepState.FAILED).glyph,
    "unknown": "?",
    "running": step_sign(StepState.RUNNING).glyph,
    "verifying": step_sign(StepState.VERIFYING).glyph,
    "undo": step_sign(StepState.UNDOING).glyph,
    "undo-failed": step_sign(StepState.UNDO_FAILED).glyph,
    "skipped": step_sign(StepState.SKIPPED).glyph,
    "planned": "",
    "guessed": "~",
    "asked": "?",
    "agreed": "",
    "open": "",
}
#: Percent of an axis that the narrowest bar takes, and the most lanes of a row.
NARROWEST, LANES = 0.4, 6
#: Percent of an axis that narrow bars grow to, as one, before the next begins.
_WIDEST = 6.0
_LOOKS: Mapping[StepState, Look] = {
    StepState.DONE: "done",
    StepState.FAILED: "failed",
    StepState.UNKNOWN: "unknown",
    StepState.RUNNING: "running",
    StepState.VERIFYING: "verifying",
    StepState.UNDOING: "undo",
    StepState.UNDONE: "undo",
    StepState.UNDO_FAILED: "undo-failed",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """`name` is what it is in a few words, `told` all that is to be said of it. `attempt` is 0 where there is none.

    `parts` are the bars that it stands for, where they are several.
    """

    look: Look
    begin: datetime
    end: datetime
    name: str
    told: str
    step: str = ""
    attempt: int = 0
    parts: tuple["Bar", ...] = ()

    @property
    def gate(self) -> bool:
        """Whether it is a moment at which somebody decides."""
        return self.look in {"asked", "agreed", "open"}

    @property
    def glyph(self) -> str:
        """The sign of its look."""
        return GLYPHS[self.look]

    @property
    def each(self) -> tuple["Bar", ...]:
        """What it stands for."""
        return self.parts or (self,)


@dataclass(frozen=True, slots=True)
class Placed:
    """A bar at its place: in percent of the axis, in a lane of its row."""

    bar: Bar
    begin: float
    end: float
    lane: int

    @property
    def width(self) -> float:
        """How wide it is."""
        return round(self.end - self.begin, 3)


# What is a bar


def of_attempt(attempt: Attempt, step: Outlined, status: StepStatus | None, now: datetime) -> Bar:
    """An attempt, the newest one until its services had reported."""
    newest = status if status is not None and status.attempt == attempt.id.number else None
    look = _look(attempt, newest)
    end = max(attempt.started_at, _end(attempt, newest, now))
    number = f", attempt {attempt.id.number}" if attempt.id.number > 1 else ""
    undo = "undo of " if attempt.undo else ""
    word = _word(look, newest, undo=attempt.undo)
    went = f"{clock(attempt.started_at)} to {'now' if _goes_on(attempt, newest) else clock(end)}"
    reason = f" ({attempt.reason})" if attempt.reason else ""
    told = f"{undo}{step.id}{number}: {word}{reason}, {went}, {duration(end - attempt.started_at)}"
    return Bar(look, attempt.started_at, end, f"{undo}{called(step)}", told, step.id, attempt.id.number)


def called(step: Outlined) -> str:
    """What a step does, in a few words."""
    return f"{step.action} {', '.join(step.services)}" if step.services else step.action


def _look(attempt: Attempt, newest: StepStatus | None) -> Look:
    if attempt.result == "unknown":
        return "unknown"
    if attempt.result == "failed":
        return "undo-failed" if attempt.undo else "failed"
    if newest is not None and newest.state in _LOOKS:
        return _LOOKS[newest.state]
    if attempt.undo:
        return "undo"
    return "running" if attempt.result is None else "done"


def _word(look: Look, newest: StepStatus | None, *, undo: bool) -> str:
    if newest is not None and _LOOKS.get(newest.state) == look:
        return step_sign(newest.state).word
    words: Mapping[str, str] = {"running": "at work", "undo-failed": "failed", "undo": "done"}
    return words.get(look, look) if look != "done" or not undo else "done"


def _goes_on(attempt: Attempt, newest: StepStatus | None) -> bool:
    return attempt.ended_at is None or (newest is not None and newest.state in IN_FLIGHT)


def _end(attempt: Attempt, newest: StepStatus | None, now: datetime) -> datetime:
    if _goes_on(attempt, newest):
        return now
    ends = [at for at in (attempt.ended_at, newest.ended_at if newest else None) if at]
    return max(ends)


def of_plan(step: Outlined, planned: Planned) -> Bar:
    """A step that is to come."""
    if step.gate:
        return Bar("open", planned.begin, planned.begin, "approval", f"{step.id}: will ask for approval", step.id)
    length = duration(planned.end - planned.begin)
    told = f"{step.id}: to come, usually {length}" if planned.known else f"{step.id}: to come, nobody knows how long"
    return Bar("planned" if planned.known else "guessed", planned.begin, planned.end, called(step), told, step.id)


def of_skip(step: Outlined, status: StepStatus) -> Bar:
    """A step that somebody set aside."""
    at = status.ended_at or status.started_at
    assert at is not None  # noqa: S101  # whoever skips a step writes down when
    reason = f": {status.reason}" if status.reason else ""
    return Bar("skipped", at, at, f"skipped {called(step)}", f"{step.id}: skipped{reason}, {clock(at)}", step.id)


# Several as one


def together(bars: Iterable[Bar]) -> Bar:
    """Bars that stand too close to be told apart."""
    parts = tuple(part for bar in bars for part in bar.each)
    looks = Counter(part.look for part in parts)
    begin, end = min(part.begin for part in parts), max(part.end for part in parts)
    steps = list(dict.fromkeys(part.step for part in parts if part.step))
    numbers = ", ".join(f"{looks[one]} {one}" for one in FOREMOST if looks[one])
    told = f"{count(len(parts), 'bar')}, {numbers}: {span(steps)}, {clock(begin)} to {clock(end)}"
    foremost = next(one for one in FOREMOST if looks[one])
    return Bar(foremost, begin, end, f"{len(parts)}", told, steps[0] if len(steps) == 1 else "", parts=parts)


# Places


def placed(bars: Iterable[Bar], axis: Axis) -> tuple[Placed, ...]:
    """Those that can be seen, each once, in as few lanes as they need.

    Narrow ones that touch each other become one; so do those for which there is no lane left.
    """
    lanes: list[list[Placed]] = []
    for bar in sorted(bars, key=lambda one: (one.begin, one.end, one.step, one.attempt)):
        if axis.shows(bar.begin, bar.end):
            _put(lanes, _place(bar, axis))
    return tuple(one for lane in lanes for one in lane)


def _place(bar: Bar, axis: Axis) -> Placed:
    begin, end = axis.place(bar.begin), axis.place(bar.end)
    begin = min(begin, 100.0 - NARROWEST)
    return Placed(bar, round(begin, 3), round(max(end, begin + NARROWEST), 3), 0)


def _put(lanes: list[list[Placed]], one: Placed) -> None:
    """What only touches because a bar before it is drawn wider than it is begins a little later in the same lane."""
    for number, lane in enumerate(lanes):
        last = lane[-1]
        if _narrow(last) and _narrow(one) and one.begin <= last.end + NARROWEST / 4 and one.bar.gate == last.bar.gate:
            lane[-1] = _merged(last, one)
            return
        if one.begin >= last.end or (one.bar.begin >= last.bar.end and one.end > last.end + NARROWEST):
            lane.append(replace(one, begin=max(one.begin, last.end), lane=number))
            return
    if len(lanes) < LANES:
        lanes.append([replace(one, lane=len(lanes))])
        return
    lanes[-1][-1] = _merged(lanes[-1][-1], one)


def _narrow(one: Placed) -> bool:
    return one.width <= (_WIDEST if one.bar.parts else 2 * NARROWEST)


def _merged(one: Placed, other: Placed) -> Placed:
    bar = together([one.bar, other.bar])
    return Placed(bar, min(one.begin, other.begin), max(one.end, other.end), one.lane)


def lanes_of(bars: Iterable[Placed]) -> int:
    """How many lanes they take; a row without any takes one."""
    return max((one.lane for one in bars), default=0) + 1
