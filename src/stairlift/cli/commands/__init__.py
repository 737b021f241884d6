"""One module per command or family of commands."""

import typer

from stairlift.cli.commands import demo, discover, installed, plan, run, steering, watching


def register(app: typer.Typer) -> None:
    """Hang every command on the app."""
    for module in (discover, plan, run, steering, watching, installed, demo):
        module.register(app)
