"""One module per command or family of commands."""

import typer

from stairlift.cli.commands import (
    availability,
    check,
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
        guard,
        demo,
        worker,
        token,
        serve,
    ):
        module.register(app)
