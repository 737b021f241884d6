"""Where a run stands, for programs: the Contract's document."""

from typing import Any

from stairlift.model.cause import Cause
from stairlift.model.plan import Step
from stairlift.model.run import FINAL_RUN_STATES, UNWELL, StepState, StepStatus
from stairlift.report.availability_words import meter_document
from stairlift.report.expected import slow_document
from stairlift.report.ledger import fenced_documents
from stairlift.report.prepared import found_document
from stairlift.report.status import Standing
from stairlift.report.text import stamp
from stairlift.report.why import why_document

SCHEMA = "stairlift.status/1"


def status_document(standing: Standing, *, with_steps: bool = False) -> dict[str, Any]:
    """The Contract's status object; `with_steps` adds every step."""
    run, who = standing.run, standing.orchestrator
    counts = standing.numbers
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "run": run.id,
        "state": str(run.state),
        "cloud": run.cloud,
        "from": run.source,
        "to": run.target,
        "plan": run.plan_hash,
        "steps": {str(state): counts[state] for state in StepState if counts.get(state)},
        "started_at": stamp(run.started_at),
        "ended_at": stamp(run.ended_at),
        "reason": run.reason,
        "orchestrator": {"host": who.host, "pid": who.pid} if who else None,
        "waiting_for": [] if run.state in FINAL_RUN_STATES else _waits(standing),
        "blocked_by": [_blocker(standing, s) for s in standing.in_state(*standing.unwell)],
        "why": why_document(standing.why),
        "slow": [slow_document(step, found) for step, found in standing.slow.items()],
    }
    if cause := Cause.of(run):
        document["held_by"] = str(cause)
    if standing.meter:
        document["meter"] = meter_document(standing.meter)
    if standing.found:
        document["found"] = found_document(standing.found)
    if standing.fenced:
        document["fenced"] = fenced_documents(run, standing.fenced)
    if waivers := run.options.get("waivers"):
        document["waivers"] = list(waivers)
    if with_steps:
        by_id = standing.by_id
        document["step_list"] = [_step_document(by_id[s.id], s) for s in standing.steps]
    return document


def _waits(standing: Standing) -> list[dict[str, str | None]]:
    return [
        *(_waiting(standing, s.id, "approval") for s in standing.in_state(StepState.WAITING)),
        *([_waiting(standing, standing.run.plan_hash, "plan")] if standing.waits_for_plan else []),
        *(_waiting(standing, s.id, "failure") for s in standing.in_state(*UNWELL) if standing.asks_about_failures),
    ]


def _waiting(standing: Standing, step: str, what: str) -> dict[str, str | None]:
    return {
        "step": step,
        "what": what,
        "command": f"stairlift {'retry' if what == 'failure' else 'approve'} {standing.run.id} {step}",
        "told": standing.told_to(step),
    }


def _blocker(standing: Standing, status: StepStatus) -> dict[str, str | None]:
    over = standing.run.state in FINAL_RUN_STATES
    return {
        "step": status.id,
        "state": str(status.state),
        "reason": status.reason,
        "command": None if over else f"stairlift retry {standing.run.id} {status.id}",
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
