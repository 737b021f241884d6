"""A word about a run as a whole: recorded, then taken up by its orchestrator, or carried out here without one."""

import time
from signal import Signals

import typer

from stairlift.cli.here import actor, settings
from stairlift.cli.output import say
from stairlift.cli.progress import Progress
from stairlift.drive.commands import tell
from stairlift.model.errors import Refusal
from stairlift.model.plan import Plan
from stairlift.model.run import IN_FLIGHT, Command, Run
from stairlift.report.halting import halting_lines
from stairlift.report.status import Standing
from stairlift.report.tally import Tally
from stairlift.wiring.branch import Branch
from stairlift.wiring.clock import now
from stairlift.wiring.notifying import told_elsewhere
from stairlift.wiring.office import Office
from stairlift.wiring.orders import Orders, Result
from stairlift.wiring.running import bring_to_rest

#: How long an orchestrator may take to answer before nobody waits for it any more, and how often to look; in seconds.
PATIENCE, LOOK = 3.0, 0.1


def control(run: Run, office: Office | Branch, command: Command) -> None:
    """Tell it, see to it that somebody acts on it, and say how the run stands then. Raises as `tell` does."""
    plan = office.plan(run)
    told = tell(office.store, plan, command)
    if told.result == "applied":
        say(told.answer)
        return
    result = _seen_to(run, plan, office, told)
    standing = Standing(office.store.run(run.id), plan, office.store.steps(run.id))
    for line in halting_lines(standing, now()):
        say(line)
    if result is not None and result.signal is not None:
        say(f"detached by {Signals(result.signal).name}; `stairlift resume {run.id}` takes it up")
        raise typer.Exit(128 + result.signal)


def _seen_to(run: Run, plan: Plan, office: Office | Branch, command: Command) -> Result | None:
    """Wait for the answer of the orchestrator at work; without one, be it, where that is not up to a server."""
    end = time.monotonic() + PATIENCE
    while not answered(office, command):
        if isinstance(office, Office) and (result := _unless_held(run, plan, office)) is not None:
            return result
        if time.monotonic() >= end:
            say(f"{command.kind} of run {run.id} is on record; its orchestrator has not taken it up yet")
            return None
        time.sleep(LOOK)
    return None


def _unless_held(run: Run, plan: Plan, office: Office) -> Result | None:
    return _here(run, plan, office) if office.store.orchestrator(run.cloud) is None else None


def answered(office: Office | Branch, command: Command) -> bool:
    """Raises Refusal for an answer that is one."""
    settled = next(c for c in office.store.commands(command.run) if c.id == command.id)
    if settled.result == "refused":
        raise Refusal(
            code="run.illegal_transition",
            brief=settled.answer,
            resolution=f"`stairlift status {command.run}` tells how it stands.",
        )
    return settled.result is not None


def _here(run: Run, plan: Plan, office: Office) -> Result | None:
    """Carry it out; None where somebody else was quicker."""
    try:
        with told_elsewhere(settings(), office.store, say):
            return _carried_out(office.store.run(run.id), plan, office)
    except Refusal as refused:
        if refused.code != "run.cloud_busy":
            raise
        return None


def _carried_out(run: Run, plan: Plan, office: Office) -> Result:
    statuses = office.store.steps(run.id)
    if not any(status.state in IN_FLIGHT for status in statuses):
        return bring_to_rest(run, office, Orders(actor(), approve_all=False, on_event=lambda _: None))
    say("nobody orchestrates it: what is in flight is adopted here, and nothing starts")
    states = {status.id: status.state for status in statuses}
    with Progress(Tally(plan.steps, states, now()), office.doing) as progress:
        return bring_to_rest(run, office, Orders(actor(), approve_all=False, on_event=progress.hear))
