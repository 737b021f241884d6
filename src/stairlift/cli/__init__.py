"""The command line: parse, call, render. Nothing is decided here."""

import sys
from typing import NoReturn


def main() -> NoReturn:
    """The `stairlift` command. Leaves with the Contract's exit codes and never with a traceback."""
    from stairlift.cli.app import run_app  # `import stairlift.cli` stays free of Typer
    from stairlift.cli.streams import close, prepare

    prepare()
    sys.exit(close(run_app(sys.argv[1:])))
