"""`stairlift pause` and `cancel`: from any terminal, whether somebody orchestrates the run or nobody does."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stairlift.cli import here
from stairlift.cli.completing import stages
from stairlift.cli.here import actor, ask, settings, somebody_there
from stairlift.cli.options import Reason, RunName
from stairlift.cli.output import say
from stairlift.model.run import Command, Run, RunCommandKind

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.office import Office


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Let nothing more start; what is in flight comes to its end, then the run is paused.")(pause)
    app.command(help="Give a run up for good. What was done stays done; nothing is taken back.")(cancel)


def pause(
    name: RunName = None,
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="STAGE", help="Not now: once everything up to this stage is done.", autocompletion=stages
        ),
    ] = None,
    reason: Reason = "",
) -> None:
    """Tell it, and say what still goes on."""
    office, run = _meant(name)
    if after is None:
        _control(office, run, ("pause", {}), reason)
        return
    from stairlift.wiring.planning import known_stage

    _control(office, run, ("stop-after", {"stage": known_stage(after)}), reason)


def cancel(
    name: RunName = None,
    at_once: Annotated[
        bool, typer.Option("--now", help="End what is in flight by force; its hosts are unknown then.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask at a terminal.")] = False,
    reason: Reason = "",
) -> None:
    """Ask once where somebody can answer, tell it, and say what still goes on."""
    from stairlift.run.transitions import RUN_COMMANDS

    office, run = _meant(name)
    if not yes and somebody_there() and run.state in RUN_COMMANDS["cancel"] and not _sure(run, at_once=at_once):
        say("nothing was told")
        return
    _control(office, run, ("cancel", {"now": True} if at_once else {}), reason)


def _sure(run: Run, *, at_once: bool) -> bool:
    flying = "is ended by force" if at_once else "comes to its end"
    say(f"run {run.id} of {run.cloud} is {run.state}: cancelled, it never goes on; what is in flight {flying}")
    return ask("Cancel it? [y/N]").lower() in {"y", "yes"}


def _meant(name: str | None) -> "tuple[Office | Branch, Run]":
    found = settings()
    office = here.office(found)
    return office, office.archive.run(name, found.os_cloud)


def _control(office: "Office | Branch", run: Run, what: tuple[RunCommandKind, Mapping[str, Any]], reason: str) -> None:
    from stairlift.cli.controlling import control
    from stairlift.wiring.clock import now

    kind, details = what
    control(run, office, Command(uuid.uuid4().hex, run.id, kind, "", actor(), reason, now(), details=details))
