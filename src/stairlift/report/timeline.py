"""A run by time: what each host, service or stage went through, what is to come, when it stood still and for whom."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stairlift.model.outline import Outline
from stairlift.model.run import FINAL_RUN_STATES, IN_FLIGHT, Attempt, Run, StepState, StepStatus
from stairlift.report.axis import Axis
from stairlift.report.bars import Bar, Look, Placed, lanes_of, of_attempt, of_plan, of_skip, placed
from stairlift.report.forecast import NOT_TO_COME, Forecast
from stairlift.report.moments import Moments, Wait
from stairlift.report.signs import Sign, group_sign
from stairlift.report.text import clock, duration
from stairlift.report.timeline_rows import Asked, Chosen, Kind, Row, of, states

#: What is to come takes at most as much of the axis as what was, but this much in any case.
_AHEAD = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Known:
    """All that a timeline is made of. `attempts` are those of the steps that are shown each, `failed` of the others."""

    run: Run
    outline: Outline
    statuses: Mapping[str, StepStatus]
    moments: Moments
    forecast: Forecast | None
    now: datetime
    attempts: Sequence[Attempt] = ()
    failed: Sequence[Attempt] = ()


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """A row with its bars in lanes. `done` of `steps` have come to their end."""

    key: str
    name: str
    bars: tuple[Placed, ...]
    lanes: int
    sign: Sign
    done: int
    steps: int
    hosts: int = 1


@dataclass(frozen=True, slots=True)
class Band:
    """A time in which the run stood still, in percent of the axis."""

    begin: float
    width: float
    told: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of it. `now` is where the present is, None where it is not on the axis, or the run is over.

    `beyond` is when all that is to come may have ended, where nobody asked for an end and the axis ends before.
    """

    axis: Axis
    kind: Kind
    rows: tuple[TimelineRow, ...]
    gates: TimelineRow | None
    bands: tuple[Band, ...]
    now: float | None
    chosen: Chosen
    counts: Mapping[StepState, int] = field(default_factory=dict)
    beyond: datetime | None = None


def timeline(known: Known, chosen: Chosen, asked: Asked) -> Timeline:
    """The page that was chosen."""
    axis = axis_of(known, asked)
    by_step: dict[str, list[Attempt]] = {}
    for attempt in (*known.attempts, *known.failed):
        by_step.setdefault(attempt.id.step, []).append(attempt)
    under_way = known.run.state not in FINAL_RUN_STATES
    return Timeline(
        axis=axis,
        kind=chosen.kind,
        rows=tuple(_row(row, _bars(row, chosen.kind, known, by_step), known, axis) for row in chosen.rows),
        gates=_gates(known, axis),
        bands=tuple(_bands(known, axis)),
        now=axis.place(known.now) if under_way and axis.shows(known.now, known.now) else None,
        chosen=chosen,
        counts=Counter([status.state for status in known.statuses.values()]),
        beyond=None if asked.end else _beyond(known, axis),
    )


def axis_of(known: Known, asked: Asked) -> Axis:
    """What was asked for, or the whole run: from its beginning to its end, or some way into what is to come."""
    run = known.run
    begin = asked.begin or run.started_at or run.created_at
    if asked.end:
        return Axis.over(begin, asked.end)
    if run.ended_at and run.state in FINAL_RUN_STATES:
        return Axis.over(begin, run.ended_at)
    ahead = known.forecast.end() - known.now if known.forecast else timedelta()
    return Axis.over(begin, known.now + min(ahead, max(_AHEAD, known.now - begin)))


def _beyond(known: Known, axis: Axis) -> datetime | None:
    end = known.forecast.end() if known.forecast else axis.end
    return end if end > axis.end else None


def _row(row: Row, bars: Iterable[Bar], known: Known, axis: Axis) -> TimelineRow:
    laid = placed(bars, axis)
    counts = states(row.places, known.outline, known.statuses)
    done = counts[StepState.DONE] + counts[StepState.SKIPPED]
    return TimelineRow(row.key, row.name, laid, lanes_of(laid), group_sign(counts), done, len(row.places), row.hosts)


# Bars


def _bars(row: Row, kind: Kind, known: Known, by_step: Mapping[str, Sequence[Attempt]]) -> Iterator[Bar]:
    if row.dense:
        yield from _sorts(row, kind, known)
    for place in _shown_each(row, known, by_step):
        step = known.outline.steps[place]
        status = known.statuses.get(step.id)
        yield from (of_attempt(attempt, step, status, known.now) for attempt in by_step.get(step.id, ()))
        if not row.dense:
            yield from _others(place, status, known)


def _shown_each(row: Row, known: Known, by_step: Mapping[str, Sequence[Attempt]]) -> Iterable[int]:
    """The steps that have bars of their own: in a row of many only those that failed."""
    if not row.dense:
        return row.places
    mine = set(row.places)
    return [place for step in by_step if (place := known.outline.number.get(step)) in mine and place is not None]


def _others(place: int, status: StepStatus | None, known: Known) -> Iterator[Bar]:
    """What a step has beside its attempts."""
    step = known.outline.steps[place]
    if status is not None and status.state is StepState.SKIPPED and (status.ended_at or status.started_at):
        yield of_skip(step, status)
    yield from _planned(place, known)


def _planned(place: int, known: Known) -> Iterator[Bar]:
    """A forecast is some seconds old: what has begun meanwhile is not to come."""
    step = known.outline.steps[place]
    status = known.statuses.get(step.id)
    planned = known.forecast.planned(place) if known.forecast else None
    if planned is not None and (status is None or status.state not in NOT_TO_COME):
        yield of_plan(step, planned)


def _sorts(row: Row, kind: Kind, known: Known) -> Iterator[Bar]:
    """Of a row with many steps a bar for each sort: how far it is, and when what is left of it may come."""
    sorts: dict[str, list[int]] = {}
    for place in row.places:
        step = known.outline.steps[place]
        sorts.setdefault(step.stage if kind == "groups" else step.action, []).append(place)
    for name, places in sorts.items():
        yield from _sort(name, places, known)


def _sort(name: str, places: Sequence[int], known: Known) -> Iterator[Bar]:
    found = [status for status in of(places, known.outline, known.statuses) if status]
    counts = Counter([status.state for status in found])
    counts[StepState.PENDING] += len(places) - len(found)
    if begun := [status.started_at for status in found if status.started_at]:
        ends = [at for status in found if (at := status.ended_at or status.worked_at)]
        end = known.now if any(counts[state] for state in IN_FLIGHT) else max([*ends, *begun])
        attempts = sum([status.attempt for status in found])
        numbers = ", ".join(f"{number} {state.value}" for state, number in sorted(counts.items()) if number)
        told = f"{name}, {len(places)} steps: {numbers}; {attempts} attempts, {clock(min(begun))} to {clock(end)}"
        yield Bar(_look(counts), min(begun), end, f"{name}: {counts[StepState.DONE]} of {len(places)}", told)
    reach = known.forecast.reach(places) if known.forecast else None
    left = counts[StepState.PENDING] + counts[StepState.WAITING]
    if reach is not None and left:
        yield Bar("planned", *reach, f"{name}: {left} to come", f"{name}, {left} steps to come, {_length(reach)}")


def _look(counts: Mapping[StepState, int]) -> Look:
    """Of many steps together. What failed has bars of its own, so that one of a thousand does not colour them all."""
    if any(counts.get(state) for state in (StepState.UNDOING, StepState.UNDONE)):
        return "undo"
    return "running" if any(counts.get(state) for state in IN_FLIGHT) else "done"


def _length(reach: tuple[datetime, datetime]) -> str:
    return f"in about {duration(reach[1] - reach[0])}"


# Gates and rests


def _gates(known: Known, axis: Axis) -> TimelineRow | None:
    """Whom it asked for approval, and whom it will ask; None where nobody is asked for anything."""
    waits = known.moments.waits
    asked = {wait.step for wait in waits}
    gates = [place for place in known.outline.gates if known.outline.steps[place].id not in asked]
    bars = [*(_waited(wait, known.now) for wait in waits), *(bar for place in gates for bar in _gate(place, known))]
    if not bars:
        return None
    laid = placed(bars, axis)
    open_, total = sum(wait.end is None for wait in waits), len(waits) + len(gates)
    sign = group_sign(
        {StepState.WAITING: open_} if open_ else {StepState.DONE: len(waits), StepState.PENDING: len(gates)}
    )
    return TimelineRow("approvals", "approvals", laid, lanes_of(laid), sign, len(waits) - open_, total)


def _waited(wait: Wait, now: datetime) -> Bar:
    length = duration((wait.end or now) - wait.begin)
    if wait.end is None:
        return Bar("asked", wait.begin, now, "approval", f"{wait.step}: waits for approval, for {length}", wait.step)
    told = f"{wait.step}: {wait.answer} {clock(wait.end)}, after {length}"
    return Bar("agreed", wait.begin, wait.end, "approval", told, wait.step)


def _gate(place: int, known: Known) -> Iterator[Bar]:
    """One that nobody was asked about: it was approved with the whole run, or is still to come."""
    step, status = known.outline.steps[place], known.statuses.get(known.outline.steps[place].id)
    if status is not None and status.state is StepState.DONE and status.ended_at:
        told = f"{step.id}: approved with the whole run, {clock(status.ended_at)}"
        yield Bar("agreed", status.ended_at, status.ended_at, "approval", told, step.id)
    yield from _planned(place, known)


def _bands(known: Known, axis: Axis) -> Iterator[Band]:
    for rest in known.moments.rests:
        end = rest.end or (known.now if known.run.state not in FINAL_RUN_STATES else rest.begin)
        if axis.shows(rest.begin, end):
            first, last = axis.place(rest.begin), axis.place(end)
            yield Band(first, round(max(last - first, 0.1), 3), rest.told(known.now))
