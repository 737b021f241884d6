"""One module per command or family of commands."""

import typer

from stairlift.cli.commands import (
    availability,
    check,
    completion,
    config,
    control,
    demo,
    discover,
    events,
    guard,
    installed,
    ledger,
    notices,
    plan,
    replan,
    report,
    rollback,
    run,
    serve,
    steering,
    token,
    watching,
    worker,
)
from stairlift.cli.reaching import ReachingCommand


def register(app: typer.Typer) -> None:
    """Hang every command on the app."""
    for module in (
        discover,
        check,
        plan,
        run,
        replan,
        control,
        rollback,
        ledger,
        steering,
        watching,
        availability,
        report,
        events,
        notices,
        installed,
        config,
        completion,
        guard,
        demo,
        worker,
        token,
        serve,
    ):
        module.register(app)
    _tabular(app)


def _tabular(app: typer.Typer) -> None:
    """Have `-c` wherever there are tables, and no command work here that was meant for a server."""
    for command in app.registered_commands:
        command.cls = ReachingCommand
    for family in app.registered_groups:
        if family.typer_instance:
            _tabular(family.typer_instance)
