"""`stairlift check`: whatever is wrong, all of it, before the first step."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.completing import series
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Inventory, OsCloud, Output
from stairlift.cli.output import Format, say, show_document, show_table
from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.report.checked import Checked
    from stairlift.wiring.planning import Wishes


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
    if not to and (source or waive):
        raise UsageError(code="usage.options", brief="--from and --waive are about a way: they need --to")
    checked, silence = _checked(_wishes(to, source, waive or ()), os_cloud, inventory or (), strict=strict)
    if checked:
        _show(checked, output)
    if silence:
        raise silence
    if checked and checked.refusing:
        raise _not_ready(checked.cloud)


def _wishes(to: str | None, source: str | None, waive: Sequence[str]) -> "Wishes | None":
    from stairlift.wiring.planning import Wishes

    return Wishes(to, source, waive=waive) if to else None


def _not_ready(cloud: str) -> Refusal:
    return Refusal(
        code="check.refused",
        brief=f"{cloud} is not ready: see what is marked as error",
        resolution="mend it and check again; what you answer for can be waived when you plan",
    )


def _checked(
    wishes: "Wishes | None", os_cloud: str | None, inventory: Sequence[str], *, strict: bool
) -> "tuple[Checked | None, StairliftError | None]":
    """What was found, here or by a server; and that no source answered, where that is so."""
    found = settings()
    if (branch := here.branch(found)) is not None:
        from stairlift.wiring.commissioning import check_there

        return check_there(branch, wishes, (os_cloud, inventory, None), strict=strict)
    from stairlift.wiring.checking import check as checked_by
    from stairlift.wiring.look import Where, glance

    request = wishes.request(found.policy) if wishes else None
    where = Where.by(found, inventory, os_cloud)
    seen = glance(where)
    checked = checked_by(seen, found, request, where, strict=strict)
    try:
        seen.demand_answer()
    except NoAnswer as silence:
        return checked, silence
    return checked, None


def _show(checked: "Checked", output: Format) -> None:
    from stairlift.report.checked import COLUMNS, check_document, check_line, check_pastes, check_rows

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
