"""Where a run stands: for programs as the Contract's document, for people as a few lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stairlift.model.plan import Plan, Step
from stairlift.model.run import (
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
from stairlift.report.prepared import Found, found_document, found_lines
from stairlift.report.text import count, duration, span, stamp

SCHEMA = "stairlift.status/1"
STEP_COLUMNS = ("STEP", "STATE", "ATTEMPTS", "HOSTS", "TOOK", "REASON")
_SHOWN = 10
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
_TELL_WHY = frozenset({RunState.FAILED, RunState.PAUSED, RunState.RUNNING})


@dataclass(frozen=True, slots=True)
class Standing:
    """A run with all that is on record about it at one time.

    `doing` is the task at hand of steps that tell it; `told` are the commands that nobody has acted on yet; `found` is
    what the stage `prepare` has to say to whoever approves the plan.
    """

    run: Run
    plan: Plan
    steps: Sequence[StepStatus]
    orchestrator: Orchestrator | None = None
    doing: Mapping[str, str] = field(default_factory=dict)
    told: Sequence[Command] = ()
    found: Sequence[Found] = ()

    @property
    def waits_for_plan(self) -> bool:
        """Whether it rests until somebody approves the plan as a whole."""
        return self.run.state is RunState.WAITING and not Scope.of(self.run).approved

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
        return tuple(s.id for s in self.in_state(*IN_FLIGHT)[:_SHOWN])


def status_document(standing: Standing, *, with_steps: bool = False) -> dict[str, Any]:
    """The Contract's status object; `with_steps` adds every step."""
    run, who = standing.run, standing.orchestrator
    counts = Counter(s.state for s in standing.steps)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "run": run.id,
        "state": str(run.state),
        "cloud": run.cloud,
        "from": run.source,
        "to": run.target,
        "plan": run.plan_hash,
        "steps": {str(state): counts[state] for state in StepState if counts[state]},
        "started_at": stamp(run.started_at),
        "ended_at": stamp(run.ended_at),
        "reason": run.reason,
        "orchestrator": {"host": who.host, "pid": who.pid} if who else None,
        "waiting_for": [
            *(_waiting(standing, s.id, "approval") for s in standing.in_state(StepState.WAITING)),
            *([_waiting(standing, standing.run.plan_hash, "plan")] if standing.waits_for_plan else []),
        ],
        "blocked_by": [_blocker(standing, s) for s in standing.in_state(*UNWELL)],
    }
    if standing.found:
        document["found"] = found_document(standing.found)
    if with_steps:
        by_id = standing.by_id
        document["step_list"] = [_step_document(by_id[s.id], s) for s in standing.steps]
    return document


def _waiting(standing: Standing, step: str, what: str) -> dict[str, str | None]:
    return {
        "step": step,
        "what": what,
        "command": f"stairlift approve {standing.run.id} {step}",
        "told": standing.told_to(step),
    }


def _blocker(standing: Standing, status: StepStatus) -> dict[str, str | None]:
    return {
        "step": status.id,
        "state": str(status.state),
        "reason": status.reason,
        "command": f"stairlift retry {standing.run.id} {status.id}",
        "told": standing.told_to(status.id),
    }


def _step_document(step: Step, status: StepStatus) -> dict[str, Any]:
    return {
        "id": step.id,
        "state": str(status.state),
        "attempts": status.attempt,
        "started_at": stamp(status.started_at),
        "ended_at": stamp(status.ended_at),
        "hosts": list(step.hosts),
        "services": list(step.services),
        "action": step.action,
        "stage": step.stage,
        "reason": status.reason,
    }


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
        *_in_flight(standing, by_id, now),
        *_unwell(standing, by_id),
        *_approvals(standing, by_id),
        *_plan_approval(standing),
        *_advice(standing),
    )


def _headline(standing: Standing, now: datetime) -> str:
    run, steps = standing.run, standing.steps
    done = sum(s.state in SETTLED for s in steps)
    share = 100 * done // len(steps) if steps else 100
    way = f"{run.cloud} {run.source} -> {run.target}, {run.state}{_took(run, now)}"
    return f"{run.id}: {way}, {done} of {count(len(steps), 'step')} done ({share}%){_rest(standing)}"


def _rest(standing: Standing) -> str:
    """What else there is, of a run that is not over well."""
    if standing.run.state is RunState.DONE:
        return ""
    groups = {
        "failed": standing.in_state(*UNWELL),
        "in flight": standing.in_state(*IN_FLIGHT),
        "not started": standing.in_state(StepState.PENDING, StepState.WAITING),
    }
    return "".join(f", {len(steps)} {name}" for name, steps in groups.items() if steps)


def _took(run: Run, now: datetime) -> str:
    if run.started_at is None:
        return ""
    length = duration((run.ended_at or now) - run.started_at)
    words = _TOOK.get(run.state, "for")
    return f" ({length} {words})" if words.startswith("since") else f" {words} {length}"


def _why(run: Run) -> list[str]:
    return [f"  why: {run.reason}"] if run.reason and run.state in _TELL_WHY else []


def _in_flight(standing: Standing, by_id: Mapping[str, Step], now: datetime) -> list[str]:
    busy = standing.in_state(*IN_FLIGHT)
    lines = [_busy_line(s, by_id[s.id], standing.doing.get(s.id, ""), now) for s in busy[:_SHOWN]]
    return [*lines, *_omitted(len(busy), "in flight")]


def _busy_line(status: StepStatus, step: Step, task: str, now: datetime) -> str:
    verifying = status.state is StepState.VERIFYING
    since = status.worked_at if verifying else status.started_at
    took = f" for {duration(now - since)}" if since else ""
    what = "waits for its services" if verifying else step.action
    return f"  {status.state:<9} {status.id} on {span(step.hosts)}, {what}{took}" + (f": {task}" if task else "")


def _unwell(standing: Standing, by_id: Mapping[str, Step]) -> list[str]:
    bad = standing.in_state(*UNWELL)
    lines = []
    for status in bad[:_SHOWN]:
        lines.append(f"  {status.state:<9} {status.id} on {span(by_id[status.id].hosts)}: {status.reason}")
        lines.append(f"            see:  stairlift logs {standing.run.id} --step {status.id}")
        lines.append(_next(standing, status.id, "retry"))
    return [*lines, *_omitted(len(bad), "not well")]


def _approvals(standing: Standing, by_id: Mapping[str, Step]) -> list[str]:
    waiting = standing.in_state(StepState.WAITING)
    lines = []
    for status in waiting[:_SHOWN]:
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
    if told:
        return f"            {told} is on record"
    return f"            then: stairlift {command} {standing.run.id} {step}"


def _omitted(number: int, what: str) -> list[str]:
    left = number - _SHOWN
    return [f"  ... and {left} more {what}; `stairlift status --steps` shows all"] if left > 0 else []


def _advice(standing: Standing) -> list[str]:
    """The next command, where one is needed."""
    match standing.run.state:
        case RunState.FAILED:
            told = "once the failed are retried (or skipped)"
        case RunState.WAITING:
            told = "once it is approved" if standing.waits_for_plan else "once they are approved"
        case RunState.PAUSED | RunState.PENDING:
            told = "to go on"
        case RunState.RUNNING:
            told = "nobody orchestrates it now, attempts in flight go on by themselves; to take it up"
        case _:
            return []
    return [] if standing.orchestrator else [f"  {told}: stairlift resume {standing.run.id}"]
