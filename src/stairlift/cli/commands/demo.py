"""`stairlift demo`: the whole way on a simulated cloud, with real Ansible."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Discover, plan and upgrade a simulated cloud with real Ansible, in a minute.")(demo)


def demo(
    scenario: Annotated[str, typer.Option(metavar="NAME", help="Which simulated cloud.")] = "demo",
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Work there and keep everything (default: a folder that goes).")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve it: plan, approve and watch the upgrade in a browser yourself.")
    ] = False,
) -> None:
    """Start a sandbox, show every command before it is run, and end with a report."""
    from stairlift.cli.demonstration import demonstrate

    if not serve:
        raise typer.Exit(demonstrate(scenario, keep))
    from stairlift.cli.served_demo import serve_demo

    serve_demo(scenario, keep)
