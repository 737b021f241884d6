"""One orchestrator at a terminal: progress while it goes, questions where a step needs a person, a summary."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from stairlift.cli.here import actor, ask, somebody_there
from stairlift.cli.output import say
from stairlift.cli.progress import Progress
from stairlift.drive.commands import tell
from stairlift.model.plan import Plan, Step
from stairlift.model.run import Command, Event, Run, RunState
from stairlift.report.status import status_lines
from stairlift.report.tally import Tally
from stairlift.report.text import span
from stairlift.wiring.look import now
from stairlift.wiring.office import Office
from stairlift.wiring.running import Orders, Result, resume, start, waiting_steps
from stairlift.wiring.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an orchestrator sits: the journal, the settings, and what its orders will say (see `Orders`)."""

    office: Office
    settings: Settings
    approve_all: bool
    again: bool = False

    def orders(self, on_event: Callable[[Event], None]) -> Orders:
        """The orders of whoever sits here."""
        return Orders(actor(), self.approve_all, on_event, self.again)


def orchestrate(begun: Run | None, plan: Plan, desk: Desk) -> Result:
    """Carry a plan out, or take its run up; ask on a terminal and go on, as long as there are answers."""
    result = _shown(begun, plan, desk)
    while _waits(result) and _all_approved(result.run, plan, desk.office):
        result = _shown(result.run, plan, desk)
    run = desk.office.store.run(result.run.id)
    for line in status_lines(desk.office.standing(run, plan), now()):
        say(line)
    return result


def _shown(begun: Run | None, plan: Plan, desk: Desk) -> Result:
    states = {s.id: s.state for s in desk.office.store.steps(begun.id)} if begun else {}
    with Progress(Tally(plan.steps, states, now()), desk.office.doing) as progress:
        orders = desk.orders(progress.hear)
        return resume(begun, desk.office, orders) if begun else start(plan, desk.office, desk.settings, orders)


def _waits(result: Result) -> bool:
    return result.run.state is RunState.WAITING and result.signal is None


def _all_approved(run: Run, plan: Plan, office: Office) -> bool:
    """Ask about every step that waits; False as soon as one is not approved or nobody can be asked."""
    return somebody_there() and all(_approved(run, plan, step, office) for step in waiting_steps(run, plan, office))


def _approved(run: Run, plan: Plan, step: Step, office: Office) -> bool:
    mark = "ONE-WAY" if step.one_way else "approval"
    say(f"{mark}: {step.id} ({step.action} on {span(step.hosts)}): {step.reason}", style="bold yellow")
    if ask("Approve it? [y/N]").lower() not in {"y", "yes"}:
        return False
    tell(office.store, plan, Command(uuid.uuid4().hex, run.id, "approve", step.id, actor(), "at the prompt", now()))
    return True
