"""The report on a change once its run has begun: the same page with what happened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from stairlift.model.effect import Effect
from stairlift.model.plan import Plan
from stairlift.model.run import (
    IN_FLIGHT,
    OVER,
    SETTLED,
    UNWELL,
    Attempt,
    Command,
    Event,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.report import change_course, change_guests, change_people, change_scope
from stairlift.report.change import Proposal, made, numbers, title
from stairlift.report.change_events import pauses, told_lines, word_given
from stairlift.report.change_felt import felt
from stairlift.report.change_left import left_over, to_do
from stairlift.report.change_times import durations, failed_attempts, work
from stairlift.report.figures import Availability
from stairlift.report.outlook import outlooks
from stairlift.report.paper import Paper, Section, Words, grid, section, words
from stairlift.report.text import count, day, duration

_ENDED = {
    RunState.DONE: "It is done.",
    RunState.ROLLED_BACK: "It was taken back: the cloud runs the old release where it did before.",
    RunState.CANCELLED: "It was cancelled, and is over.",
    RunState.FAILED: "It failed, and can go on once what failed is retried or skipped.",
    RunState.PAUSED: "It is paused.",
    RunState.WAITING: "It waits for a person.",
    RunState.RUNNING: "It is under way.",
    RunState.ROLLING_BACK: "It is being taken back.",
    RunState.PENDING: "It has not begun.",
}


@dataclass(frozen=True, slots=True)
class Account:
    """A run with all that is on record about it. `proposal` is its plan as it was decided on.

    `events` are at least those of the run as a whole, and those by which steps were approved or skipped.
    `availability` is None where it was not measured.
    """

    run: Run
    proposal: Proposal
    steps: Sequence[StepStatus]
    attempts: Sequence[Attempt]
    commands: Sequence[Command]
    events: Sequence[Event]
    effects: Sequence[Effect]
    availability: Availability | None = None

    @property
    def plan(self) -> Plan:
        """What was carried out."""
        return self.proposal.plan


def after(account: Account) -> Paper:
    """What happened, and what is left to do; then what was decided on."""
    plan, estimate = account.plan, account.proposal.estimate
    sections = (
        _outcome(account),
        to_do(plan, account.run, account.steps, account.effects),
        word_given(account.run, account.events, account.commands),
        durations(plan, estimate, account.attempts, account.steps, account.proposal.at),
        felt(plan, account.run, account.availability),
        failed_attempts(plan, account.attempts, account.steps),
        _skipped(account),
        pauses(account.run, account.events, account.proposal.at),
        told_lines(account.commands),
        left_over(account.effects),
        change_scope.scope(plan),
        change_course.one_way(plan),
        change_scope.expected_outages(outlooks(plan, estimate)),
        change_guests.servers(plan),
        change_people.findings(plan),
        change_people.origin(plan),
    )
    return Paper("after", title(plan), _facts(account), sections, _numbers(account))


def _facts(account: Account) -> tuple[tuple[str, str], ...]:
    run, plan = account.run, account.plan
    return (
        ("State", str(run.state)),
        ("Run", run.id),
        ("Cloud", run.cloud),
        ("Way", f"{run.source} -> {run.target}"),
        ("Begun", day(run.started_at) or "not yet"),
        ("Ended", day(run.ended_at) or "not yet"),
        ("Took", _took(account)),
        ("Expected to take", change_course.whole(account.proposal.estimate)),
        ("Begun by", run.actor),
        ("Plan", plan.hash),
        ("Plan made by", made(account.proposal)),
        ("Written", day(account.proposal.at)),
    )


def _took(account: Account) -> str:
    run = account.run
    if run.started_at is None:
        return ""
    return duration((run.ended_at or account.proposal.at) - run.started_at)


def _outcome(account: Account) -> Section:
    """How it ended, in two sentences."""
    run, states = account.run, counted(account.steps)
    total = sum(states.values())
    done = sum(states.get(str(state), 0) for state in SETTLED)
    rest = ", ".join(f"{number} {state}" for state, number in states.items())
    why = f" ({run.reason})" if run.reason and run.state is not RunState.DONE else ""
    weight = Words(_ENDED[run.state], "alert")
    return section(
        "outcome",
        "How it ended" if run.state in OVER else "Where it stands",
        weight,
        words(f"{done} of {count(total, 'step')} came to a good end: {rest}.{why}" if total else ""),
        words(_replaced(account)),
    )


def counted(steps: Sequence[StepStatus]) -> Mapping[str, int]:
    """How many steps are in each state, in the order of the states."""
    found = Counter(status.state for status in steps)
    return {str(state): found[state] for state in StepState if found[state]}


def _replaced(account: Account) -> str:
    """Changes of plan: the run in whose place this one came, and the one that came in its place."""
    before = next((e.data["replaces"] for e in account.events if e.kind == "run.created" and "replaces" in e.data), "")
    carried = sum(event.kind == "step.carried" for event in account.events)
    after = account.run.reason if account.run.reason.startswith("replaced by run ") else ""
    told = [
        f"The plan was changed on the way: it goes on with run {before}, which had settled {count(carried, 'step')}."
        if before
        else "",
        f"The plan was changed on the way: it was {after}." if after else "",
    ]
    return " ".join(filter(None, told))


def _skipped(account: Account) -> Section:
    """What was left out, by whom and why."""
    who = {event.step: event.data for event in account.events if event.kind == "step.skipped"}
    skipped = [status for status in account.steps if status.state is StepState.SKIPPED]
    rows = [_skip_row(status, who.get(status.id, {})) for status in skipped]
    return section("skipped", "Steps that were skipped", grid(("Step", "By", "Why"), rows), _none(rows))


def _skip_row(status: StepStatus, data: Mapping[str, object]) -> tuple[str, ...]:
    return status.id, str(data.get("actor", "")), str(data.get("reason") or status.reason)


def _none(rows: Sequence[object]) -> Words | None:
    return None if rows else Words("None.")


def _numbers(account: Account) -> Mapping[str, float | int | None]:
    """Those of the plan, and what came of them; lengths are in seconds."""
    run, found = account.run, account.availability
    took = (run.ended_at or account.proposal.at) - run.started_at if run.started_at else timedelta()
    states = Counter(status.state for status in account.steps)
    return {
        **numbers(account.plan, account.proposal.estimate),
        **{f"steps_{state}": states[state] for state in StepState},
        "settled": sum(states[state] for state in SETTLED),
        "unwell": sum(states[state] for state in UNWELL),
        "in_flight": sum(states[state] for state in IN_FLIGHT),
        "attempts": len(account.attempts),
        "attempts_failed": sum(attempt.result in ("failed", "unknown") for attempt in account.attempts),
        "took": took.total_seconds(),
        "work": work(account.attempts, account.proposal.at),
        "requests": found.requests if found else None,
        "requests_failed": found.failed if found else None,
        "effects_left": sum(effect.open for effect in account.effects),
    }
