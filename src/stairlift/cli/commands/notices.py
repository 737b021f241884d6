"""`stairlift notices`: who was told what of a run elsewhere, and whether it got there."""

from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.completing import channels
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output, RunName
from stairlift.cli.output import Format, say, show_document, show_table

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.notice import Delivery


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Who was told what of a run elsewhere, and whether it got there; `--test` tries a channel out.")(
        notices
    )


def notices(
    name: RunName = None,
    test: Annotated[
        str | None,
        typer.Option(
            "--test", metavar="CHANNEL", help="Send a notice about nothing there, now.", autocompletion=channels
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="The newest so many.")] = 100,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """The delivery log of a run, or one try."""
    from stairlift.wiring.notifying import deliveries_of, try_out

    found = settings()
    if test is not None:
        here.on_this_machine(found, "`notices --test`", "Try the channel out where the server's stairlift.toml is.")
        say(f"channel {test}: {try_out(found, test)}")
        return
    branch = here.branch(found)
    run = here.archive(found).run(name, found.os_cloud)
    deliveries = branch.deliveries(run.id, limit) if branch else deliveries_of(found, run.id, limit)
    _show(run.id, deliveries, output)


def _show(run: str, deliveries: "tuple[Delivery, ...]", output: Format) -> None:
    from stairlift.report.deliveries import COLUMNS, delivery_document, delivery_rows
    from stairlift.wiring.clock import now

    if output is not Format.TABLE:
        show_document(delivery_document(deliveries), output)
    elif deliveries:
        show_table(COLUMNS, delivery_rows(deliveries, now()))
    else:
        say(f"nobody was told anything of run {run} elsewhere")
