"""What becomes of a run that somebody stops: what of it still goes on, what stays fenced, what is safe to stop."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from stairlift.model.plan import Step
from stairlift.model.run import IN_FLIGHT, SETTLED, StepState, StepStatus
from stairlift.report.status import Standing
from stairlift.report.text import count, duration, span

_SHOWN = 10


def halting_lines(standing: Standing, now: datetime) -> tuple[str, ...]:
    """The run as it stands, and what a person has to know who has just stopped it."""
    run = standing.run
    why = f" ({run.reason})" if run.reason else ""
    ends = bool(run.options.get("cancel", {}).get("now"))
    busy = _in_flight(standing, now, "is ended now" if ends else "in flight")
    return (f"run {run.id} is {run.state}{why}", *busy, *_fenced(standing), *([] if ends else _safe(standing)))


def _in_flight(standing: Standing, now: datetime, what: str) -> list[str]:
    by_id, busy = standing.by_id, standing.in_state(*IN_FLIGHT)
    if not busy:
        return ["  nothing of it runs: everything is safe to stop"]
    lines = [f"  {what}: {_busy(status, by_id[status.id], now)}" for status in busy[:_SHOWN]]
    left = len(busy) - _SHOWN
    return [*lines, f"  {what}: {left} more"] if left > 0 else lines


def _busy(status: StepStatus, step: Step, now: datetime) -> str:
    since = status.worked_at or status.started_at
    took = f" for {duration(now - since)}" if since else ""
    what = "waits for its services" if status.state is StepState.VERIFYING else step.action
    return f"{status.id} on {span(step.hosts)}, {what}{took}"


def _fenced(standing: Standing) -> list[str]:
    """Hosts that are out: their unit was begun, and is not done."""
    found = fenced(standing)
    named = [f"{host} ({role})" for host, role in found.items()]
    if not named:
        return []
    left = f" and {count(len(named) - _SHOWN, 'more host')}" if len(named) > _SHOWN else ""
    return [f"  stays fenced: {', '.join(named[:_SHOWN])}{left}"]


def fenced(standing: Standing) -> Mapping[str, str]:
    """Each host of a unit that was begun and is not settled, with its role: the stage in which it is upgraded."""
    states = {status.id: status for status in standing.steps}
    units: dict[str, list[Step]] = {}
    for step in standing.plan.steps:
        units.setdefault(step.unit or step.id, []).append(step)
    return {host: str(unit[0].stage) for unit in units.values() if _open(unit, states) for host in _hosts(unit)}


def _open(unit: Sequence[Step], states: Mapping[str, StepStatus]) -> bool:
    begun = any(states[step.id].attempt for step in unit)
    return begun and any(states[step.id].state not in SETTLED for step in unit)


def _hosts(unit: Sequence[Step]) -> list[str]:
    return sorted({host for step in unit for host in step.hosts})


def _safe(standing: Standing) -> list[str]:
    busy = standing.in_state(*IN_FLIGHT)
    if not busy:
        return []
    by_id = standing.by_id
    hosts = sorted({host for status in busy for host in by_id[status.id].hosts})
    return [
        "  safe to stop: this terminal and the orchestrator; what is in flight goes on without them",
        f"  not safe to stop: {span(hosts)}, and the machine that the attempts run on",
    ]
