"""`stairlift guard -- COMMAND`: a deployer's command, unless a run holds the cloud."""

import os
from typing import Annotated

import typer

from stairlift.cli.here import settings
from stairlift.cli.options import OsCloud
from stairlift.model.errors import UsageError


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Start a deployer's command, unless a run holds the cloud.")(guard)


def guard(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="What to start, behind two dashes.")],
    os_cloud: OsCloud = None,
) -> None:
    """Refuse, or become the command."""
    from stairlift.wiring.guarding import demand_rest

    found = settings()
    demand_rest(found, os_cloud or found.os_cloud, os.environ)
    try:
        os.execvp(command[0], command)  # the operator's own words  # noqa: S606
    except OSError as wrong:
        raise UsageError(
            code="guard.command",
            brief=f"{command[0]} cannot be started: {wrong.strerror}",
            resolution="Name a program that PATH finds, or its path.",
        ) from wrong
