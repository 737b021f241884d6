"""`stairlift strategies`, `inventories`, `db upgrade`: what is installed, and keeping it in shape."""

import typer

from stairlift.cli.here import settings
from stairlift.cli.options import Output
from stairlift.cli.output import Format, say, show_document, show_table


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Every strategy that is installed.")(strategies)
    app.command(help="Every source of knowledge about a cloud that is installed.")(inventories)
    database = typer.Typer(help="The journal's database.", no_args_is_help=True)
    database.command("upgrade", help="Bring the database to the shape that this version knows.")(db_upgrade)
    app.add_typer(database, name="db")


def strategies(output: Output = Format.TABLE) -> None:
    """Name and where it comes from."""
    from stairlift.strategy.registry import StrategyRegistry

    _show({point.name: point.value for point in StrategyRegistry.installed().found}, output)


def inventories(output: Output = Format.TABLE) -> None:
    """Name and where it comes from."""
    from stairlift.inventory.specs import available

    _show({name: point.value for name, point in available().items()}, output)


def _show(found: dict[str, str], output: Format) -> None:
    rows = sorted(found.items())
    if output is Format.TABLE:
        show_table(("NAME", "CLASS"), rows)
    else:
        show_document([{"name": name, "class": value} for name, value in rows], output)


def db_upgrade() -> None:
    """Run the migrations that are missing."""
    from stairlift.wiring.office import upgrade_database

    upgrade_database(settings())
    say("the database has the newest shape")
