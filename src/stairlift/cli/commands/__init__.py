"""One module per command or family of commands."""

import typer

from stairlift.cli.commands import check, demo, discover, guard, installed, plan, run, steering, watching


def register(app: typer.Typer) -> None:
    """Hang every command on the app."""
    for module in (discover, check, plan, run, steering, watching, installed, guard, demo):
        module.register(app)
