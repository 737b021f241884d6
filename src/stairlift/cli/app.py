"""All commands, by name. Each lives in a module of its own, and what it needs is imported when it is called."""

import os
from collections.abc import Sequence
from typing import Annotated

import typer

from stairlift import __version__
from stairlift.cli import commands, shaping
from stairlift.cli.colouring import Colour, choose, heed_no_color
from stairlift.cli.failing import told
from stairlift.cli.output import show
from stairlift.cli.root import Root


def the_app() -> typer.Typer:
    """The command line as a whole."""
    app = typer.Typer(
        name="stairlift",
        cls=Root,
        help="Carry an OpenStack cloud up to the next release while its users keep working.",
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    commands.register(app)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        show(f"stairlift {__version__}")
        raise typer.Exit


def _root(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    colour: Annotated[
        Colour,
        typer.Option("--color", help="Whether to use colours; auto: where a terminal has them, unless NO_COLOR."),
    ] = Colour.AUTO,
) -> None:
    shaping.forget()
    choose(colour)


def run_app(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    heed_no_color(os.environ)
    try:
        the_app()(list(arguments), prog_name="stairlift")
    except BaseException as error:  # the last line of defence: nobody gets a traceback  # noqa: BLE001
        return told(error)
    return 0
