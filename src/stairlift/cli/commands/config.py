"""`stairlift config show`: every setting that is in force, and where it comes from."""

import os
from typing import Annotated

import typer

from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output
from stairlift.cli.output import Format, show_document, show_table


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    family = typer.Typer(help="The configuration.", no_args_is_help=True)
    family.command("show", help="Every setting that is in force here; of secrets, that they are set.")(show_settings)
    app.add_typer(family, name="config")


def show_settings(
    origin: Annotated[
        bool, typer.Option("--origin", help="Who has said it: a variable, a file and its line, or nobody.")
    ] = False,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Read it as every command does, so that whatever is wrong is said as there."""
    from stairlift.report.configured import COLUMNS, WITH_ORIGIN, setting_document, setting_rows
    from stairlift.wiring.config.origins import settings_in_force

    read = settings()
    found = settings_in_force(read, os.environ)
    if output is not Format.TABLE:
        show_document(setting_document(found, read.files), output)
    else:
        show_table(WITH_ORIGIN if origin else COLUMNS, setting_rows(found, origin=origin))
