"""A run, its steps and its attempts for programs: one by one, or in pages."""

from collections.abc import Mapping
from typing import Any

from stairlift.model.hindrance import Hindrance
from stairlift.model.run import Orchestrator, Run, StepStatus
from stairlift.report.runs import run_documents
from stairlift.report.text import stamp
from stairlift.report.why import why_document

#: What a plan says of a step that is told wherever the step is.
_OF_THE_PLAN = ("hosts", "services", "action", "stage", "plane", "project", "strategy", "reversibility")


def run_document(run: Run, planner: str | None) -> dict[str, Any]:
    """A run as `list -o json` has it, and what else is on record of it. `planner` is who made its plan, if known."""
    [document] = run_documents([run])
    return {
        **document,
        "approve_all": run.approve_all,
        "reason": run.reason,
        "intent": run.intent,
        "options": dict(run.options),
        "planner": planner,
    }


def step_document(status: StepStatus, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Where a step stands; `planned` is its document of the plan."""
    return {
        "id": status.id,
        "state": str(status.state),
        "attempt": status.attempt,
        "attempts": status.attempt,
        "approved": status.approved,
        "started_at": stamp(status.started_at),
        "worked_at": stamp(status.worked_at),
        "ended_at": stamp(status.ended_at),
        "reason": status.reason,
        "retries": status.retries,
        **{key: planned[key] for key in _OF_THE_PLAN},
    }


def one_step_document(
    status: StepStatus, planned: Mapping[str, Any], why: tuple[Hindrance, ...], doing: str
) -> dict[str, Any]:
    """One step with all that is known of it: what the plan says, what holds it up, what its attempt does now."""
    return {**step_document(status, planned), "planned": dict(planned), "why": why_document(why), "doing": doing}


def orchestrator_document(who: Orchestrator | None) -> dict[str, Any] | None:
    """The process that carries runs of a cloud out."""
    return {"host": who.host, "pid": who.pid, "run": who.run} if who else None
