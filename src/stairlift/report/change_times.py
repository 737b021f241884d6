"""Of the report on a run: how long its stages took beside what was expected, and the attempts that failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stairlift.model.plan import Plan
from stairlift.model.run import IN_FLIGHT, SETTLED, UNWELL, Attempt, StepStatus
from stairlift.report.change_course import stages, told
from stairlift.report.estimates import Estimate, Place
from stairlift.report.paper import Section, grid, section, words
from stairlift.report.text import clock, day, duration


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stage has come to. `begin` and `end` are None before its first attempt; `work` is in seconds."""

    place: Place
    steps: int
    settled: int
    unwell: int
    begin: datetime | None
    end: datetime | None
    work: float

    @property
    def took(self) -> timedelta | None:
        """From its first beginning to its last end; rests in between are in it."""
        return self.end - self.begin if self.begin and self.end else None


def spent(plan: Plan, attempts: Sequence[Attempt], steps: Sequence[StepStatus], now: datetime) -> tuple[Spent, ...]:
    """One for each stage of each hop, in order. The steps and the work of all together are those of the run."""
    statuses = {status.id: status for status in steps}
    mine: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        mine.setdefault(attempt.id.step, []).append(attempt)
    found = []
    for place, of_stage in stages(plan):
        theirs = [statuses[step.id] for step in of_stage if step.id in statuses]
        tried = [attempt for step in of_stage for attempt in mine.get(step.id, ())]
        found.append(_spent(place, theirs, tried, now))
    return tuple(found)


def _spent(place: Place, steps: Sequence[StepStatus], attempts: Sequence[Attempt], now: datetime) -> Spent:
    begins = [attempt.started_at for attempt in attempts]
    busy = any(status.state in IN_FLIGHT for status in steps)
    ends = [end for s in steps if s.attempt and (end := s.ended_at)] + [a.ended_at for a in attempts if a.ended_at]
    return Spent(
        place=place,
        steps=len(steps),
        settled=sum(status.state in SETTLED for status in steps),
        unwell=sum(status.state in UNWELL for status in steps),
        begin=min(begins, default=None),
        end=now if busy else max(ends, default=None),
        work=work(attempts, now),
    )


def work(attempts: Sequence[Attempt], now: datetime) -> float:
    """Seconds that attempts were at work, together."""
    return sum(((attempt.ended_at or now) - attempt.started_at).total_seconds() for attempt in attempts)


def durations(
    plan: Plan, estimate: Estimate, attempts: Sequence[Attempt], steps: Sequence[StepStatus], now: datetime
) -> Section:
    """How long each stage took, beside what the like took before."""
    rows = [_row(one, estimate) for one in spent(plan, attempts, steps, now)]
    columns = ("Hop", "Stage", "Steps", "Done", "Failed", "Began", "Ended", "Took", "Expected (p50, p90)", "Work")
    note = (
        "What a stage took counts from its first beginning to its last end, with all rests; work is all attempts' own."
    )
    return section("durations", "How long it took", grid(columns, rows), words(note))


def _row(one: Spent, estimate: Estimate) -> tuple[str, ...]:
    usual = estimate.stages.get(one.place)
    hop, stage = one.place
    expected = f"{told(usual.p50)}, {told(usual.p90)}" if usual else "not known"
    numbers = (str(one.steps), str(one.settled), str(one.unwell or ""))
    times = (day(one.begin), clock(one.end) if one.end else "", duration(one.took) if one.took is not None else "")
    return (hop, stage, *numbers, *times, expected, told(one.work))


def failed_attempts(plan: Plan, attempts: Sequence[Attempt], steps: Sequence[StepStatus]) -> Section:
    """What did not work at first, why, and what came of it."""
    states = {status.id: str(status.state) for status in steps}
    hosts = {step.id: ", ".join(step.hosts) for step in plan.steps}
    bad = [attempt for attempt in attempts if attempt.result in ("failed", "unknown")]
    rows = [_failure(attempt, hosts, states) for attempt in bad]
    said = "" if rows else "None."
    columns = ("Step", "Attempt", "On", "When", "Took", "Why", "The step is now")
    return section("failures", "Attempts that failed", words(said), grid(columns, rows))


def _failure(attempt: Attempt, hosts: Mapping[str, str], states: Mapping[str, str]) -> tuple[str, ...]:
    step, undo = attempt.id.step, "undo " if attempt.undo else ""
    took = duration(attempt.ended_at - attempt.started_at) if attempt.ended_at else ""
    number = f"{undo}{attempt.id.number}"
    return step, number, hosts.get(step, ""), day(attempt.started_at), took, attempt.reason, states.get(step, "")
