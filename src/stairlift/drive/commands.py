"""What people tell a run: checked when it is recorded, and once more by the orchestrator that acts on it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.plan import STAGES, Plan
from stairlift.model.run import Command, Run
from stairlift.ports import Store
from stairlift.run import changes
from stairlift.run.commands import (
    COVERS_PLAN,
    ComeTrue,
    covers,
    is_about_run,
    other_hash,
    plan_refusal,
    run_judgement,
    stage_refusal,
    step_judgement,
)
from stairlift.run.undoing import rollback_refusal, superseded

_HASH = "sha256:"


def tell(store: Store, plan: Plan, command: Command) -> Command:
    """Record a command for the run's orchestrator, the one at work or the next one.

    Told again under the same id it is answered as it stands. What has come true already is not recorded and comes back
    as applied, with an answer that says so. Raises UsageError (run.unknown, run.unknown_step, run.no_reason,
    run.bad_command), and Refusal where the state of the step or of the run forbids it. A command whose step is the
    plan's hash means the plan, one without a step the run.
    """
    known = next((c for c in store.commands(command.run) if c.id == command.id), None)
    if known is not None:
        return store.tell(command)
    _check_details(command)
    run = store.run(command.run)
    if not is_about_run(command):
        return store.tell(_about_step(store, run, plan, command))
    met = run_judgement(command.kind, run)
    if isinstance(met, ComeTrue):
        return replace(command, result="applied", answer=met.words)
    _demand(met)
    if command.kind == "rollback":
        _demand(superseded(run, store.runs(run.cloud)))
        _demand(rollback_refusal(plan, run, store.steps(run.id)))
    if command.kind == "stop-after":
        _demand(stage_refusal(command.details["stage"], run, plan, store.steps(run.id)))
    return store.tell(command)


def witness(store: Store, run: Run, command: Command, kind: str = "command.recorded") -> None:
    """Have an event name who told what where nobody is there to act on it; else events are the orchestrator's.

    It takes the lease of the cloud for as long as one event takes; what stands in the way changes nothing, since the
    command itself is on record.
    """
    with suppress(StairliftError):
        if store.orchestrator(run.cloud) is None:
            with store.hold(run.cloud) as journal:
                journal.commit(run.id, [changes.recorded(command, kind)])


def _about_step(store: Store, run: Run, plan: Plan, command: Command) -> Command:
    """The command as it goes on record, once it was found legal."""
    if command.step == run.plan_hash:
        _demand(plan_refusal(command.kind, run))
        return _approving(command, run, COVERS_PLAN)
    if command.step.startswith(_HASH):
        raise other_hash(command.step, run.plan_hash)
    step = plan.step(command.step)
    if step is None:
        raise UsageError(
            code="run.unknown_step",
            brief=f"run {run.id} has no step {command.step!r}",
            resolution=f"`stairlift status {run.id} --steps` names them.",
        )
    status = next(s for s in store.steps(run.id) if s.id == step.id)
    met = step_judgement(command.kind, step, status, run.state)
    if isinstance(met, ComeTrue):
        return replace(command, result="applied", answer=met.words)
    _demand(met)
    if command.kind == "skip" and not command.reason:
        raise UsageError(
            code="run.no_reason", brief="a step is not skipped without a reason", resolution="Say --reason."
        )
    return _approving(command, run, covers(step)) if command.kind == "approve" else command


def _approving(command: Command, run: Run, what: str) -> Command:
    """An approval with what it covers, and of which plan, on record."""
    return replace(command, details={**command.details, "plan": run.plan_hash, "covers": what})


def _check_details(command: Command) -> None:
    """Each kind of command has details of its own, or none."""
    own = {name: value for name, value in command.details.items() if name != "via"}
    if command.kind == "approve" or _DETAILS.get(command.kind, _none)(own):
        return
    raise UsageError(
        code="run.bad_command",
        brief=f"a {command.kind} with the details {dict(command.details)} means nothing",
        resolution="cancel takes {'now': true}, stop-after {'stage': STAGE}, others none.",
    )


def _none(details: Mapping[str, Any]) -> bool:
    return not details


_DETAILS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "cancel": lambda details: details in ({}, {"now": True}, {"now": False}),
    "stop-after": lambda details: set(details) == {"stage"} and details["stage"] in STAGES,
}


def _demand(found: Refusal | None) -> None:
    if found is not None:
        raise found
