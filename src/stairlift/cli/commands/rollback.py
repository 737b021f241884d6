"""`stairlift rollback`: what a run has done is undone, as far as that is honest; no database is ever restored."""

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import actor, ask, settings, somebody_there
from stairlift.cli.options import Reason, RunName
from stairlift.cli.output import say, show

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.run import Command, Run

_HELP = (
    "Undo what a run has done in its hop, in the reverse order, by strategies that vouch for it; refused behind the "
    "first one-way step. It never restores a database."
)


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help=_HELP)(rollback)


def rollback(
    name: RunName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print what would be undone, in what order, and what stays.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask at a terminal.")] = False,
    reason: Reason = "",
) -> None:
    """Show it, ask once where somebody can answer, tell it, and carry it out where nobody else does."""
    from stairlift.cli.orchestrating import Desk
    from stairlift.cli.rolling_back import roll_back, roll_back_there, way_back_of
    from stairlift.wiring.office import open_office

    found = settings()
    branch = here.branch(found)
    office = branch or here.office(found)
    run = office.archive.run(name, found.os_cloud)
    lines = way_back_of(run, office, whole=dry_run)
    if dry_run:
        for line in lines:
            show(line)
        return
    if not yes and somebody_there() and not _sure(run, lines):
        say("nothing was told")
        return
    if branch is not None:
        roll_back_there(run, branch, _command(run, reason))
    else:
        roll_back(run, Desk(open_office(found), found, approve_all=False), _command(run, reason))


def _sure(run: "Run", lines: tuple[str, ...]) -> bool:
    for line in lines:
        say(line)
    return not lines or ask(f"Type the cloud's name ({run.cloud}) to take it back:") == run.cloud


def _command(run: "Run", reason: str) -> "Command":
    from stairlift.model.run import Command
    from stairlift.wiring.clock import now

    return Command(uuid.uuid4().hex, run.id, "rollback", "", actor(), reason, now())
