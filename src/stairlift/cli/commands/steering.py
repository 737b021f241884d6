"""`stairlift retry`, `skip`, `approve`: recorded, and acted on by the orchestrator at work or the next one."""

import uuid

import typer

from stairlift.cli import here
from stairlift.cli.here import actor, settings
from stairlift.cli.options import GivenRun, GivenStep, Reason
from stairlift.cli.output import say
from stairlift.model.run import CommandKind


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Run a failed or interrupted step again, once nothing of it still runs.")(retry)
    app.command(help="Go on without a step; never a database step, one that happens once in a hop, or an approval.")(
        skip
    )
    app.command(help="Approve a step that waits, such as a one-way step.")(approve)


def retry(run: GivenRun, step: GivenStep, reason: Reason = "") -> None:
    """Record it."""
    _tell("retry", run, step, reason)


def skip(run: GivenRun, step: GivenStep, reason: Reason = "") -> None:
    """Record it."""
    _tell("skip", run, step, reason)


def approve(run: GivenRun, step: GivenStep, reason: Reason = "") -> None:
    """Record it."""
    _tell("approve", run, step, reason)


def _tell(kind: CommandKind, run: str, step: str, reason: str) -> None:
    from stairlift.drive.commands import tell, witness
    from stairlift.model.run import Command
    from stairlift.run.unattended import need_of
    from stairlift.wiring.clock import now

    read = settings()
    office = here.office(read)
    found = office.archive.run(run)
    command = Command(uuid.uuid4().hex, found.id, kind, step, actor(), reason, now())
    told = tell(office.store, office.plan(found), command)
    if told.result == "applied":
        say(f"{told.answer}; nothing was recorded")
        return
    if not read.server:  # which does so itself
        witness(office.store, found, told)
    if kind == "approve":
        say(f"approved is {told.details['covers']}; of plan {told.details['plan']}")
    holder = office.store.orchestrator(found.cloud)
    who = "the orchestrator at work" if holder else "the server" if read.server and need_of(found, [kind]) else ""
    after = f"{who} takes it up" if who else f"it takes effect with: stairlift resume {found.id}"
    say(f"{kind} of {step} in run {found.id} is on record; {after}")
