"""What people tell a run: checked when it is recorded, and once more by the orchestrator that acts on it."""

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Plan
from stairlift.model.run import Command
from stairlift.ports import Store
from stairlift.run.commands import other_hash, plan_refusal, refusal

_HASH = "sha256:"


def tell(store: Store, plan: Plan, command: Command) -> Command:
    """Record a command for the run's orchestrator, the one at work or the next one.

    Told again under the same id it is answered as it stands. Raises UsageError (run.unknown, run.unknown_step), and
    Refusal where the step's state forbids it. A command whose step is the plan's hash means the plan.
    """
    known = next((c for c in store.commands(command.run) if c.id == command.id), None)
    if known is None:
        _check(store, plan, command)
    return store.tell(command)


def _check(store: Store, plan: Plan, command: Command) -> None:
    run = store.run(command.run)
    if command.step == run.plan_hash:
        _demand(plan_refusal(command.kind, run))
        return
    if command.step.startswith(_HASH):
        raise other_hash(command.step, run.plan_hash)
    step = plan.step(command.step)
    if step is None:
        raise UsageError(
            code="run.unknown_step",
            brief=f"run {run.id} has no step {command.step!r}",
            resolution=f"`stairlift status {run.id} --steps` names them.",
        )
    if command.kind == "skip" and not command.reason:
        raise UsageError(
            code="run.no_reason", brief="a step is not skipped without a reason", resolution="Say --reason."
        )
    status = next(s for s in store.steps(run.id) if s.id == step.id)
    _demand(refusal(command.kind, step, status, run.state))


def _demand(found: Refusal | None) -> None:
    if found is not None:
        raise found
