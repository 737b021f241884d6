"""The command line: parse, call, render. Nothing is decided here."""

import gc
import sys
from typing import NoReturn

#: A command makes hundreds of thousands of objects that live to its end: searching them again and again for garbage
#: cost a third of `discover` on 10,000 hosts.
COLLECT_SELDOM = (200_000, 20, 20)


def main() -> NoReturn:
    """The `stairlift` command. Leaves with the Contract's exit codes and never with a traceback."""
    from stairlift.cli.streams import close, prepare

    gc.set_threshold(*COLLECT_SELDOM)
    prepare()  # before all that takes a while to import, so that Ctrl-C is quiet from the first moment
    from stairlift.cli.app import run_app

    code = close(run_app(sys.argv[1:]))
    gc.freeze()  # else the interpreter searches all of it once more on its way out: a sixth of what `status` costs
    sys.exit(code)
