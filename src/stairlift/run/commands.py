"""What a person may tell a run, and when. Asked once when a command is recorded and again when it is acted on."""

from stairlift.model.errors import Refusal
from stairlift.model.plan import Step
from stairlift.model.run import FINAL_RUN_STATES, CommandKind, Run, RunState, StepStatus
from stairlift.model.scope import Scope
from stairlift.run.transitions import COMMANDS, needs_approval, skippable


def refusal(kind: CommandKind, step: Step, status: StepStatus, run_state: RunState) -> Refusal | None:
    """Why a command makes no sense now, naming the state that forbids it; None where it does."""
    if run_state in FINAL_RUN_STATES:
        return _illegal(kind, step, f"the run is {run_state}", "Nothing of it can be changed any more.")
    if status.state not in COMMANDS[kind]:
        legal = " or ".join(sorted(COMMANDS[kind]))
        return _illegal(kind, step, f"it is {status.state}", f"Only a step that is {legal} can be told that.")
    if kind == "approve":
        return _unasked(step, status)
    if kind == "skip" and not skippable(step):
        return Refusal(
            code="run.cannot_skip",
            brief=f"step {step.id} cannot be skipped: {step.action} happens once in a hop and the rest stands on it",
            resolution=f"Repair its cause, then `stairlift retry` it (it is {status.state}).",
        )
    return None


def plan_refusal(kind: CommandKind, run: Run) -> Refusal | None:
    """The same for a word about the plan as a whole, which can only be approved, and once."""
    if run.state in FINAL_RUN_STATES:
        return _forbidden(kind, "the plan", f"the run is {run.state}", "Nothing of it can be changed any more.")
    if kind != "approve":
        return _forbidden(kind, "the plan", "only a step can be", "`stairlift status --steps` names them.")
    if Scope.of(run).approved:
        return _forbidden(kind, "the plan", "it is approved already", "One-way steps ask for themselves.")
    return None


def other_hash(approved: str, plan: str) -> Refusal:
    """Somebody approves a plan that is not this one."""
    return Refusal(
        code="plan.other_hash",
        brief="the hash that was approved is not this plan's",
        details=f"approved is {approved}, the plan has {plan}",
        resolution="read the plan again, and approve what you read",
    )


def _unasked(step: Step, status: StepStatus) -> Refusal | None:
    if not needs_approval(step):
        return _illegal("approve", step, "it needs no approval", "Only one-way steps and gates ask for it.")
    if status.approved:
        return _illegal("approve", step, "it is approved already", "It starts as soon as its turn comes.")
    return None


def _illegal(kind: CommandKind, step: Step, because: str, resolution: str) -> Refusal:
    return _forbidden(kind, f"step {step.id}", because, resolution)


def _forbidden(kind: CommandKind, what: str, because: str, resolution: str) -> Refusal:
    return Refusal(code="run.illegal_transition", brief=f"cannot {kind} {what}: {because}", resolution=resolution)
