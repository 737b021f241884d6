"""One orchestrator at a terminal: progress while it goes, questions where a step needs a person, a summary."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from stairlift.cli.asking import failures_settled
from stairlift.cli.failing import tell_findings
from stairlift.cli.here import actor, ask, somebody_there
from stairlift.cli.output import say
from stairlift.cli.progress import Progress
from stairlift.drive.choices import evidence
from stairlift.drive.commands import tell
from stairlift.model.plan import Plan, Step
from stairlift.model.run import Command, Event, Run, RunState
from stairlift.model.scope import Scope
from stairlift.report.prepared import found_lines
from stairlift.report.status import status_lines
from stairlift.report.tally import Tally
from stairlift.report.text import count, span
from stairlift.wiring.branch import Branch
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.notifying import told_elsewhere
from stairlift.wiring.office import Office
from stairlift.wiring.orders import Orders, Result
from stairlift.wiring.running import bring_to_rest, resume, start, waiting_steps


@dataclass(frozen=True, slots=True)
class Desk:
    """Where an orchestrator sits: the journal, the settings, and what its orders will say (see `Orders`)."""

    office: Office
    settings: Settings
    approve_all: bool
    again: bool = False
    scope: Scope = field(default_factory=Scope)

    def orders(self, on_event: Callable[[Event], None]) -> Orders:
        """The orders of whoever sits here."""
        return Orders(actor(), self.approve_all, on_event, self.again, self.scope, say)


def orchestrate(begun: Run | None, plan: Plan, desk: Desk) -> Result:
    """Carry a plan out, or take its run up; ask on a terminal and go on, as long as there are answers.

    A run that is begun to prepare rests then: nobody is asked for the plan's approval before it is taken up.
    """
    with told_elsewhere(desk.settings, desk.office.store, say):
        result = _carried_on(begun, plan, desk)
    run = desk.office.store.run(result.run.id)
    for line in status_lines(desk.office.archive.standing_of_all(run, plan), now()):
        say(line)
    return replace(result, run=run)


def _carried_on(begun: Run | None, plan: Plan, desk: Desk) -> Result:
    result = _shown(begun, plan, desk)
    while _waits(result) and (begun or desk.scope.approved) and all_answered(result.run, plan, desk.office):
        result = _shown(result.run, plan, desk)
    return result


def _shown(begun: Run | None, plan: Plan, desk: Desk) -> Result:
    states = {s.id: s.state for s in desk.office.store.steps(begun.id)} if begun else {}
    with Progress(Tally(plan.steps, states, now()), desk.office.doing) as progress:
        orders = desk.orders(progress.hear)
        if begun is None:
            return start(plan, desk.office, desk.settings, orders)
        return (bring_to_rest if begun.intent == "cancel" else resume)(begun, desk.office, orders)


def _waits(result: Result) -> bool:
    return result.run.state is RunState.WAITING and result.signal is None


def all_answered(run: Run, plan: Plan, office: Office | Branch) -> bool:
    """Ask about all that waits; False as soon as something is not approved or nobody can be asked."""
    if not somebody_there():
        for step in waiting_steps(run, plan, office.store):
            _tell_evidence(run, step, office)
        return False
    if not Scope.of(run).approved:
        return _plan_approved(run, plan, office)
    approved = all(_approved(run, plan, step, office) for step in waiting_steps(run, plan, office.store))
    return approved and failures_settled(run, plan, office)


def _plan_approved(run: Run, plan: Plan, office: Office | Branch) -> bool:
    for line in found_lines(office.archive.found(run)):
        say(f"found: {line}")
    tell_plan(plan)
    if ask(f"Type the cloud's name ({plan.cloud}) to approve it:") != plan.cloud:
        return False
    approve_plan(run, plan, office, "at the prompt")
    return True


def approve_plan(run: Run, plan: Plan, office: Office | Branch, reason: str) -> None:
    """Put the approval of a run's plan on record; whoever carries the run on acts on it. Raises as `tell` does."""
    tell(office.store, plan, Command(uuid.uuid4().hex, run.id, "approve", plan.hash, actor(), reason, now()))


def tell_plan(plan: Plan) -> None:
    """What is about to be approved, in a few lines."""
    hosts = {host for step in plan.steps for host in step.hosts}
    size = f"{count(len(plan.steps), 'step')} on {count(len(hosts), 'host')}"
    say(f"{plan.cloud}: {plan.source} -> {plan.target}, {size}, plan {plan.hash}", style="bold")
    one_way = [step.id for step in plan.steps if step.one_way]
    if one_way:
        shown = ", ".join(one_way[:3]) + (f" and {len(one_way) - 3} more" if len(one_way) > 3 else "")
        say(f"  ONE-WAY: {shown}; each asks again before it runs", style="yellow")
    if plan.around:
        say(f"  around it: {', '.join(one.name for one in plan.around)}")
    tell_findings([f for f in plan.findings if f.severity != "info"], plan.waivers, all_in="the file")


def _tell_evidence(run: Run, step: Step, office: Office | Branch) -> None:
    """What a fresh look at the cloud found before the step was offered."""
    for line in evidence(office.store, run, step.id):
        say(f"  seen: {line}")


def _approved(run: Run, plan: Plan, step: Step, office: Office | Branch) -> bool:
    mark = "ONE-WAY" if step.one_way else "approval"
    what = f" ({step.action} on {span(step.hosts)})" if step.hosts else ""
    say(f"{mark}: {step.id}{what}: {step.reason}", style="bold yellow")
    for line in evidence(office.store, run, step.id):
        say(f"  seen: {line}")
    if ask("Approve it? [y/N]").lower() not in {"y", "yes"}:
        return False
    tell(office.store, plan, Command(uuid.uuid4().hex, run.id, "approve", step.id, actor(), "at the prompt", now()))
    return True
