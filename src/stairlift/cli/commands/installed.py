"""`stairlift strategies`, `inventories`, `db upgrade`: what is installed, and keeping it in shape."""

import os

import typer

from stairlift.cli import here
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Output
from stairlift.cli.output import Format, say, show_document, show_table


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Every strategy that is installed.")(strategies)
    app.command(help="Every source of knowledge about a cloud that is installed.")(inventories)
    database = typer.Typer(help="The journal's database.", no_args_is_help=True)
    database.command("upgrade", help="Bring the database to the shape that this version knows.")(db_upgrade)
    app.add_typer(database, name="db")


def strategies(output: Output = Format.TABLE, _columns: Columns = None) -> None:
    """What each can do, and what it lacks here."""
    from stairlift.report.installed import STRATEGY_COLUMNS, strategy_documents, strategy_rows
    from stairlift.wiring.installed import installed_strategies

    branch = here.branch(settings())
    found = branch.strategies() if branch else installed_strategies()
    if output is Format.TABLE:
        show_table(STRATEGY_COLUMNS, strategy_rows(found))
    else:
        show_document(strategy_documents(found), output)


def inventories(output: Output = Format.TABLE, _columns: Columns = None) -> None:
    """What each tells, and what it lacks here."""
    from stairlift.report.installed import SOURCE_COLUMNS, source_documents, source_rows
    from stairlift.wiring.installed import installed_sources

    read = settings()
    branch = here.branch(read)
    found = branch.sources() if branch else installed_sources(read, os.environ)
    if output is Format.TABLE:
        show_table(SOURCE_COLUMNS, source_rows(found))
    else:
        show_document(source_documents(found), output)


def db_upgrade() -> None:
    """Run the migrations that are missing."""
    from stairlift.wiring.office import upgrade_database

    for line in filter(None, (upgrade_database(settings()), "the database has the newest shape")):
        say(line)
