"""`stairlift check`: whatever is wrong, all of it, before the first step."""

from typing import Annotated

import typer

from stairlift.cli.completing import series
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Inventory, OsCloud, Output
from stairlift.cli.output import Format, say, show_document, show_table
from stairlift.model.errors import Refusal, UsageError


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Find all that is wrong with the cloud and the configuration before anything is done.")(check)


def check(  # Typer makes options of parameters  # noqa: PLR0917
    os_cloud: OsCloud = None,
    inventory: Inventory = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="SERIES", help="Look at the way to this release, too.", autocompletion=series),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="SERIES", help="Only where the evidence leaves several candidates.", autocompletion=series
        ),
    ] = None,
    waive: Annotated[
        list[str] | None, typer.Option(metavar="CODE[:SUBJECT]", help="As for `plan`; only with --to.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="A check that nobody gave the means for is an error, too.")
    ] = False,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Look, build, plan in memory, ask the checks, print. Leaves with 4 where something would refuse a plan."""
    from stairlift.report.checked import COLUMNS, check_document, check_line, check_pastes, check_rows
    from stairlift.wiring.checking import check as checked_by
    from stairlift.wiring.look import Where, glance
    from stairlift.wiring.planning import Wishes

    if not to and (source or waive):
        raise UsageError(code="usage.options", brief="--from and --waive are about a way: they need --to")
    found = settings()
    request = Wishes(to, source, waive=waive or ()).request(found.policy) if to else None
    where = Where.by(found, inventory or (), os_cloud)
    seen = glance(where)
    checked = checked_by(seen, found, request, where, strict=strict)
    if output is not Format.TABLE:
        show_document(check_document(checked), output)
    elif checked.findings or checked.checks:
        show_table(COLUMNS, check_rows(checked))
    if output is Format.TABLE:
        for paste in check_pastes(checked):
            say(paste)
    for sentence in checked.over:
        say(sentence, style="yellow")
    say(check_line(checked))
    seen.demand_answer()
    if checked.refusing:
        raise Refusal(
            code="check.refused",
            brief=f"{checked.cloud} is not ready: see what is marked as error",
            resolution="mend it and check again; what you answer for can be waived when you plan",
        )
