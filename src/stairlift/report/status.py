"""Where a run stands, for people: a few lines that say what it does, what is amiss, and what to type."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stairlift.model.availability import METER, Totals
from stairlift.model.effect import Effect
from stairlift.model.hindrance import Hindrance
from stairlift.model.plan import Plan, Step
from stairlift.model.run import (
    FINAL_RUN_STATES,
    IN_FLIGHT,
    SETTLED,
    UNWELL,
    Command,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.scope import Scope
from stairlift.report.availability_words import meter_line
from stairlift.report.expected import Slow, slow_words
from stairlift.report.ledger import fenced_lines
from stairlift.report.prepared import Found, found_lines
from stairlift.report.text import count, duration, span
from stairlift.report.why import why_line

STEP_COLUMNS = ("STEP", "STATE", "ATTEMPTS", "HOSTS", "TOOK", "REASON")
#: So many steps of a kind are shown, each on lines of its own.
SHOWN = 10
#: How a length of time is told beside a state.
_TOOK = {
    RunState.RUNNING: "for",
    RunState.ROLLING_BACK: "for",
    RunState.DONE: "in",
    RunState.ROLLED_BACK: "in",
    RunState.FAILED: "after",
    RunState.CANCELLED: "after",
    RunState.PAUSED: "since its start",
    RunState.WAITING: "since its start",
}
#: Of a running one, that nothing more starts.
_TELL_WHY = frozenset(RunState) - {RunState.WAITING, RunState.DONE}


@dataclass(frozen=True, slots=True)
class Standing:
    """A run with what is on record about it at one time.

    `steps` are all of them, or those that there is something to say about; `counts` tells how many are in each state
    where they are not all, and `plan` has at least those that are shown. `doing` is the task at hand of steps that tell
    it; `told` are the commands that nobody has acted on yet; `found` is what the stage `prepare` has to say to whoever
    approves the plan. `slow` are the steps that take longer than expected, `again` is when those that failed in passing
    begin again, `why` is what holds up the step that would be next. `meter` is where the run's meter stands.
    `fenced` are the side effects that have not been put back.
    """

    run: Run
    plan: Plan
    steps: Sequence[StepStatus]
    orchestrator: Orchestrator | None = None
    doing: Mapping[str, str] = field(default_factory=dict)
    told: Sequence[Command] = ()
    found: Sequence[Found] = ()
    counts: Mapping[StepState, int] = field(default_factory=dict)
    slow: Mapping[str, Slow] = field(default_factory=dict)
    again: Mapping[str, datetime] = field(default_factory=dict)
    why: Sequence[Hindrance] = ()
    meter: Totals | None = None
    fenced: Sequence[Effect] = ()

    @property
    def numbers(self) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        return self.counts or Counter(s.state for s in self.steps)

    def number(self, *states: StepState) -> int:
        """How many steps are in one of these states."""
        return sum(self.numbers.get(state, 0) for state in states)

    @property
    def attended(self) -> bool:
        """Whether somebody carries on this very run."""
        return self.orchestrator is not None and self.orchestrator.run in (None, self.run.id)

    @property
    def unwell(self) -> frozenset[StepState]:
        """The states in which a step asks for a person: what failed before is no matter to a run that is taken back."""
        return frozenset({StepState.UNDO_FAILED}) if self.run.intent == "rollback" else UNWELL

    @property
    def waits_for_plan(self) -> bool:
        """Whether it rests until somebody approves the plan as a whole."""
        return self.run.state is RunState.WAITING and not Scope.of(self.run).approved

    @property
    def asks_about_failures(self) -> bool:
        """Whether it waits for a word on what has failed, as nothing wants approval: `on_failure = "ask"`."""
        approvals = self.waits_for_plan or self.number(StepState.WAITING)
        return self.run.state is RunState.WAITING and not approvals

    @property
    def by_id(self) -> Mapping[str, Step]:
        """The plan's steps by their ids."""
        return {step.id: step for step in self.plan.steps}

    def in_state(self, *states: StepState) -> tuple[StepStatus, ...]:
        """The steps in one of these states, in the order of the plan."""
        return tuple(s for s in self.steps if s.state in states)

    def told_to(self, step: str) -> str | None:
        """What a step was told last, where that was not acted on yet."""
        return next((command.kind for command in reversed(self.told) if command.step == step), None)

    def busy(self) -> tuple[str, ...]:
        """The ids of the steps in flight that `status_lines` shows."""
        return tuple(s.id for s in self.in_state(*IN_FLIGHT)[:SHOWN])

    def shown(self) -> tuple[str, ...]:
        """The ids of all steps that it shows."""
        groups = (IN_FLIGHT, UNWELL, (StepState.WAITING,), (StepState.RETRYING,))
        return tuple(s.id for states in groups for s in self.in_state(*states)[:SHOWN])


def step_rows(standing: Standing, now: datetime) -> Sequence[tuple[str, ...]]:
    """One row per step, as `STEP_COLUMNS` name it."""
    by_id = standing.by_id
    return [
        (s.id, s.state.value, str(s.attempt or ""), span(by_id[s.id].hosts), _step_took(s, now), s.reason)
        for s in standing.steps
    ]


def _step_took(status: StepStatus, now: datetime) -> str:
    end = status.ended_at or (now if status.state in IN_FLIGHT else None)
    return duration(end - status.started_at) if status.started_at and end else ""


def status_lines(standing: Standing, now: datetime) -> tuple[str, ...]:
    """What it is doing, how far it is, what blocks it and what to type."""
    by_id = standing.by_id
    return (
        _headline(standing, now),
        *_why(standing.run),
        *_meter(standing, now),
        *_in_flight(standing, by_id, now),
        *_again(standing, by_id, now),
        *_next_in_line(standing, now),
        *_at_its_end(standing),
        *_unwell(standing, by_id),
        *_fenced(standing),
        *_approvals(standing, by_id),
        *_plan_approval(standing),
        *_advice(standing),
        *(f"  waived    {waiver}" for waiver in standing.run.options.get("waivers", ())),
    )


def _headline(standing: Standing, now: datetime) -> str:
    run, steps = standing.run, standing.number(*StepState)
    done, what = standing.number(*SETTLED), "done"
    if "rollback" in run.options:
        done, steps, what = standing.number(StepState.UNDONE), run.options["rollback"]["steps"], "taken back"
    share = 100 * done // steps if steps else 100
    way = f"{run.cloud} {run.source} -> {run.target}, {run.state}{_took(run, now)}"
    return f"{run.id}: {way}, {done} of {count(steps, 'step')} {what} ({share}%){_rest(standing)}"


def _rest(standing: Standing) -> str:
    """What else there is, of a run that is not over well."""
    if standing.run.state is RunState.DONE:
        return ""
    again = "not tried again" if standing.run.state in FINAL_RUN_STATES else "to be tried again"
    groups = {
        "failed": standing.number(*standing.unwell),
        "in flight": standing.number(*IN_FLIGHT),
        again: standing.number(StepState.RETRYING),
        "not started": standing.number(StepState.PENDING, StepState.WAITING),
    }
    return "".join(f", {number} {name}" for name, number in groups.items() if number)


def _took(run: Run, now: datetime) -> str:
    if run.started_at is None:
        return ""
    length = duration((run.ended_at or now) - run.started_at)
    words = _TOOK.get(run.state, "for")
    return f" ({length} {words})" if words.startswith("since") else f" {words} {length}"


def _why(run: Run) -> list[str]:
    return [f"  why: {run.reason}"] if run.reason and run.state in _TELL_WHY else []


def _meter(standing: Standing, now: datetime) -> list[str]:
    run, found = standing.run, standing.meter
    return [meter_line(found, run.id, now, under_way=run.state not in FINAL_RUN_STATES)] if found else []


def _in_flight(standing: Standing, by_id: Mapping[str, Step], now: datetime) -> list[str]:
    busy = standing.in_state(*IN_FLIGHT)
    lines = []
    for status in busy[:SHOWN]:
        lines.append(_busy_line(status, by_id[status.id], standing.doing.get(status.id, ""), now))
        if status.id in standing.slow:
            lines.append(f"            {slow_words(standing.slow[status.id])}")
    return [*lines, *_omitted(len(busy), "in flight")]


def _busy_line(status: StepStatus, step: Step, task: str, now: datetime) -> str:
    unheard = status.state is StepState.VERIFYING or (status.state is StepState.UNDOING and status.worked_at)
    undo = "undo of " if status.state is StepState.UNDOING else ""
    since = status.worked_at if unheard else status.started_at
    took = f" for {duration(now - since)}" if since and (unheard or not undo) else ""
    what = "waits for its services" if unheard else f"{undo}{step.action}"
    return f"  {status.state:<9} {status.id} on {span(step.hosts)}, {what}{took}" + (f": {task}" if task else "")


def _again(standing: Standing, by_id: Mapping[str, Step], now: datetime) -> list[str]:
    """What failed for a reason that passes."""
    waiting = standing.in_state(StepState.RETRYING)
    lines = []
    for status in waiting[:SHOWN]:
        where, when = span(by_id[status.id].hosts), _begins(standing, status, now)
        lines.append(f"  retrying  {status.id} on {where}, {when}: {status.reason}")
    return [*lines, *_omitted(len(waiting), "to be tried again")]


def _begins(standing: Standing, status: StepStatus, now: datetime) -> str:
    if standing.run.state in FINAL_RUN_STATES:
        return "was to begin again"
    if not standing.attended:
        return "begins again once the run goes on"
    due = standing.again.get(status.id)
    return f"begins again by itself in {duration(due - now)}" if due and due > now else "begins again by itself"


def _next_in_line(standing: Standing, now: datetime) -> list[str]:
    """Why it does not go on faster, where it could be expected to; of a run that rests the other lines tell it."""
    told = standing.attended and standing.why and standing.why[0].kind != "next"
    return [f"  {why_line(standing.why, standing.run, now)}"] if told else []


def _at_its_end(standing: Standing) -> list[str]:
    """What a run is at of which every step has ended."""
    run, left = standing.run, standing.number(*StepState) - standing.number(*SETTLED)
    if run.state is not RunState.RUNNING or not standing.attended or left:
        return []
    writes = run.options.get(METER, {}).get("write")
    tried = "of the whole cloud the write probe tries once more what users do; then " if writes else ""
    return [f"  ending    every step has ended: {tried}what was changed on the way is put back"]


def _unwell(standing: Standing, by_id: Mapping[str, Step]) -> list[str]:
    bad = standing.in_state(*standing.unwell)
    lines: list[str] = []
    for status in bad[:SHOWN]:
        lines.append(f"  {status.state:<9} {status.id} on {span(by_id[status.id].hosts)}: {status.reason}")
        lines.append(f"            see:  stairlift logs {standing.run.id} --step {status.id}")
        lines.append(_next(standing, status.id, "retry"))
    return [*lines, *_omitted(len(bad), "not well")]


def _fenced(standing: Standing) -> list[str]:
    """What is left of side effects, where nobody is at work who would see to it."""
    left = standing.fenced if not standing.attended else [e for e in standing.fenced if e.state == "kept"]
    return fenced_lines(standing.run, left)


def _approvals(standing: Standing, by_id: Mapping[str, Step]) -> list[str]:
    waiting = standing.in_state(StepState.WAITING)
    lines = []
    for status in waiting[:SHOWN]:
        step = by_id[status.id]
        mark = "ONE-WAY, " if step.one_way else ""
        where = f" on {span(step.hosts)}" if step.hosts else ""
        lines.append(f"  waiting   {status.id}{where} wants approval: {mark}{step.reason}")
        lines.append(_next(standing, status.id, "approve"))
    return [*lines, *_omitted(len(waiting), "waiting for approval")]


def _plan_approval(standing: Standing) -> list[str]:
    if not standing.waits_for_plan:
        return []
    found = [f"  found     {line}" for line in found_lines(standing.found)]
    run = standing.run
    return [*found, f"  waiting   {run.reason}: plan {run.plan_hash}", _next(standing, run.plan_hash, "approve")]


def _next(standing: Standing, step: str, command: str) -> str:
    """What to type about a step, unless somebody has."""
    told = standing.told_to(step)
    if standing.run.state in FINAL_RUN_STATES:
        return "            the run is over: nothing is done about it here"
    if told:
        return f"            {told} is on record"
    return f"            then: stairlift {command} {standing.run.id} {step}"


def _omitted(number: int, what: str) -> list[str]:
    left = number - SHOWN
    return [f"  ... and {left} more {what}; `stairlift status --steps` shows all"] if left > 0 else []


def _advice(standing: Standing) -> list[str]:
    """The next command, where one is needed."""
    match standing.run.state:
        case RunState.WAITING if standing.asks_about_failures:
            told = "once the failed are retried (or skipped)"
        case RunState.FAILED:
            told = "once the failed are retried (or skipped)"
        case RunState.WAITING:
            told = "once it is approved" if standing.waits_for_plan else "once they are approved"
        case RunState.PAUSED | RunState.PENDING:
            told = "to go on"
        case RunState.RUNNING | RunState.ROLLING_BACK:
            told = "nobody orchestrates it now, attempts in flight go on by themselves; to take it up"
        case _:
            return []
    return [] if standing.orchestrator else [f"  {told}: stairlift resume {standing.run.id}"]
