"""What a run that waits asks the person at its terminal: about steps that have failed, where the policy says `ask`."""

import uuid

from stairlift.cli.here import actor, ask
from stairlift.cli.output import say
from stairlift.drive.commands import tell
from stairlift.model.plan import Plan, Step
from stairlift.model.run import UNWELL, Command, CommandKind, Run, StepStatus
from stairlift.report.text import span
from stairlift.run.transitions import skippable
from stairlift.wiring.branch import Branch
from stairlift.wiring.clock import now
from stairlift.wiring.office import Office
from stairlift.wiring.orders import Orders
from stairlift.wiring.running import bring_to_rest


def failures_settled(run: Run, plan: Plan, office: Office | Branch) -> bool:
    """Ask about each step that is not well; whether the run may now go on. Whoever does not answer has it wait."""
    if plan.on_failure != "ask":
        return True
    unwell = [status for status in office.store.steps(run.id) if status.state in UNWELL]
    steps = {step.id: step for step in plan.steps}
    return all(_settled(run, steps[status.id], status, (plan, office)) for status in unwell)


def _settled(run: Run, step: Step, status: StepStatus, at: tuple[Plan, Office | Branch]) -> bool:
    say(f"{status.state}: {step.id} ({step.action} on {span(step.hosts)}): {status.reason}", style="bold red")
    if any(c.step == step.id for c in at[1].store.commands(run.id, unsettled=True)):
        return True
    choices = ["retry", "skip", "pause"] if skippable(step) else ["retry", "pause"]
    answer = ask(f"What now? [{'/'.join(choices)}]").lower()
    if answer == "pause":
        _paused(run, at)
    if answer not in choices or answer == "pause":
        return False
    return _told(run, step, answer, at)


def _told(run: Run, step: Step, answer: str, at: tuple[Plan, Office | Branch]) -> bool:
    kind: CommandKind = "retry" if answer == "retry" else "skip"
    reason = ask("Why is it left out?") if kind == "skip" else "at the prompt"
    if not reason:
        return False
    tell(at[1].store, at[0], Command(uuid.uuid4().hex, run.id, kind, step.id, actor(), reason, now()))
    return True


def _paused(run: Run, at: tuple[Plan, Office | Branch]) -> None:
    plan, office = at
    tell(office.store, plan, Command(uuid.uuid4().hex, run.id, "pause", "", actor(), "at the prompt", now()))
    if isinstance(office, Office):
        bring_to_rest(run, office, Orders(actor(), approve_all=False, on_event=lambda _: None))
