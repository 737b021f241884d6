"""What a person may tell a run, and when. Asked once when a command is recorded and again when it is acted on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan, Step
from stairlift.model.run import (
    FINAL_RUN_STATES,
    SETTLED,
    Command,
    CommandKind,
    Orchestrator,
    Run,
    RunState,
    StepState,
    StepStatus,
)
from stairlift.model.scope import Scope
from stairlift.run.transitions import COME_TRUE, COMMANDS, RUN_COMMANDS, needs_approval, skippable

#: What the approval of a plan as a whole covers, in words that stay on record.
COVERS_PLAN = "the plan as a whole; one-way steps and gates ask for themselves"


@dataclass(frozen=True, slots=True)
class ComeTrue:
    """What a command asks for is so already, in these words: told once more it changes nothing."""

    words: str


def step_judgement(kind: CommandKind, step: Step, status: StepStatus, run_state: RunState) -> Refusal | ComeTrue | None:
    """What a command about a step meets: a state that forbids it, one in which it has come true, or None."""
    if run_state not in FINAL_RUN_STATES:
        if kind == "skip" and status.state is StepState.SKIPPED:
            return ComeTrue(f"step {step.id} is skipped already")
        if kind == "approve" and needs_approval(step) and status.approved:
            return ComeTrue(f"step {step.id} is approved already")
    return refusal(kind, step, status, run_state)


def refusal(kind: CommandKind, step: Step, status: StepStatus, run_state: RunState) -> Refusal | None:
    """Why a command makes no sense now, naming the state that forbids it; None where it does."""
    if run_state in FINAL_RUN_STATES:
        return _illegal(kind, step, f"the run is {run_state}", "Nothing of it can be changed any more.")
    if status.state not in COMMANDS[kind]:
        legal = " or ".join(sorted(COMMANDS[kind]))
        return _illegal(kind, step, f"it is {status.state}", f"Only a step that is {legal} can be told that.")
    if run_state is RunState.ROLLING_BACK and kind != "skip" and status.state is not StepState.UNDO_FAILED:
        return _illegal(kind, step, f"the run is {run_state}", "Only what could not be taken back is retried.")
    if kind == "approve" and not needs_approval(step):
        return _illegal("approve", step, "it needs no approval", "Only one-way steps and gates ask for it.")
    if kind == "skip" and not skippable(step):
        return _indispensable(step, status)
    return None


def _indispensable(step: Step, status: StepStatus) -> Refusal:
    gate = step.action == "approve"
    once = f"{step.action} happens once in a hop and the rest stands on it"
    instead = "Read it, then `stairlift approve`" if gate else "Repair its cause, then `stairlift retry`"
    return Refusal(
        code="run.cannot_skip",
        brief=f"step {step.id} cannot be skipped: {'it is for a person to approve' if gate else once}",
        resolution=f"{instead} it (it is {status.state}).",
    )


def plan_refusal(kind: CommandKind, run: Run) -> Refusal | None:
    """The same for a word about the plan as a whole, which can only be approved, and once."""
    if run.state in FINAL_RUN_STATES:
        return _forbidden(kind, "the plan", f"the run is {run.state}", "Nothing of it can be changed any more.")
    if kind != "approve":
        return _forbidden(kind, "the plan", "only a step can be", "`stairlift status --steps` names them.")
    if Scope.of(run).approved:
        return _forbidden(kind, "the plan", "it is approved already", "One-way steps ask for themselves.")
    return None


def run_judgement(kind: CommandKind, run: Run) -> Refusal | ComeTrue | None:
    """What a command about the run as a whole meets: a state that forbids it, one in which it has come true, or None.

    A run that is being cancelled can be told nothing else any more.
    """
    if run.state in COME_TRUE[kind]:
        return ComeTrue(f"run {run.id} is {run.state} already")
    if kind == run.intent == "rollback":
        return ComeTrue(f"run {run.id} is to be taken back already")
    what, legal = f"run {run.id}", " or ".join(sorted(RUN_COMMANDS[kind]))
    if run.state not in RUN_COMMANDS[kind]:
        return _forbidden(kind, what, f"it is {run.state}", f"Only a run that is {legal} can be told that.")
    if run.intent == "cancel" and kind != "cancel":
        return _forbidden(kind, what, f"it is {run.state} and being cancelled", "It only comes to its end.")
    return None


def resume_refusal(run: Run, holder: Orchestrator | None) -> Refusal | None:
    """Why nobody can set to work on a run: it is over, or somebody is at work on its cloud."""
    if run.state in FINAL_RUN_STATES:
        return _forbidden("resume", f"run {run.id}", f"it is {run.state}", "A run that is over never goes on.")
    if holder is None:
        return None
    at = f"process {holder.pid} on {holder.host}"
    busy = "carries it on already" if holder.run in (None, run.id) else f"carries on run {holder.run} of the same cloud"
    return _forbidden("resume", f"run {run.id}", f"{at} {busy}", f"`stairlift status {run.id}` tells how it stands.")


def is_about_run(command: Command) -> bool:
    """Whether a command means the run as a whole, and no step of it."""
    return command.kind in RUN_COMMANDS


def stage_refusal(stage: str, run: Run, plan: Plan, statuses: Sequence[StepStatus]) -> Refusal | None:
    """Why a run cannot be told to stop after a stage; None where it can. `stage` is one of the plan's stages."""
    if not replace(Scope.of(run), stop_after=stage).within:
        because = f"it was told to do only stage {' and '.join(Scope.of(run).stages)}"
    elif _behind(stage, plan, statuses):
        because = "it has left that stage behind"
    else:
        return None
    return _forbidden("stop", f"run {run.id} after {stage}", because, f"`stairlift pause {run.id}` stops it as it is.")


def _behind(stage: str, plan: Plan, statuses: Sequence[StepStatus]) -> bool:
    """Whether nothing is left of a hop up to this stage, and what comes later has begun."""
    settled = {status.id for status in statuses if status.state in SETTLED}
    begun = {status.id for status in statuses if status.attempt or status.state in SETTLED}
    left = next((step for step in plan.steps if step.id not in settled), plan.steps[-1])
    hop = [step for step in plan.steps if step.target == left.target]
    early = Scope(stop_after=stage).within
    if any(step.id not in settled for step in hop if step.stage in early):
        return False
    return any(step.id in begun for step in hop if step.stage not in early)


def covers(step: Step) -> str:
    """What an approval of a step allows, in words that stay on record; a gate says so itself."""
    if step.action == "approve":
        return step.reason
    mark = "ONE-WAY " if step.one_way else ""
    services = f" of {', '.join(step.services)}" if step.services else ""
    hosts = f" on {', '.join(step.hosts)}" if step.hosts else ""
    return f"{mark}{step.action}{services}{hosts}"


def other_hash(approved: str, plan: str) -> Refusal:
    """Somebody approves a plan that is not this one."""
    return Refusal(
        code="plan.other_hash",
        brief="the hash that was approved is not this plan's",
        details=f"approved is {approved}, the plan has {plan}",
        resolution="read the plan again, and approve what you read",
    )


def _illegal(kind: CommandKind, step: Step, because: str, resolution: str) -> Refusal:
    return _forbidden(kind, f"step {step.id}", because, resolution)


def _forbidden(kind: str, what: str, because: str, resolution: str) -> Refusal:
    return Refusal(code="run.illegal_transition", brief=f"cannot {kind} {what}: {because}", resolution=resolution)
