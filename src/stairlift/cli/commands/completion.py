"""`stairlift completion`: what a shell sources, so that it completes our words."""

from enum import StrEnum
from typing import Annotated

import typer

from stairlift.cli.completing import script
from stairlift.cli.output import show_bytes


class Shell(StrEnum):
    """Those that can be told."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Print what a shell sources to complete commands, runs, steps, hosts and releases.")(completion)


def completion(shell: Annotated[Shell, typer.Argument(help="Which shell.")]) -> None:
    """Typer's own script."""
    show_bytes(script(shell).encode().splitlines())
