"""`python -m bench [NAME...] [--quick]`: a small table for each bench; 1 where a target is missed."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from bench import (
    attempt,
    attempts,
    completing,
    dbos,
    discovery,
    hosts,
    meter,
    pages,
    planning,
    rolling,
    run_loop,
    scale,
    watchers,
)
from bench.measuring import Failed, machine
from bench.table import Ratio, Table

BENCHES: Mapping[str, Callable[[bool], Table]] = {
    "discovery": discovery.measure,
    "hosts": hosts.measure,
    "planning": planning.measure,
    "attempt": attempt.measure,
    "attempts": attempts.measure,
    "run-loop": run_loop.measure,
    "dbos": dbos.measure,
    "scale": scale.measure,
    "rolling": rolling.measure,
    "meter": meter.measure,
    "completing": completing.measure,
    "pages": pages.measure,
    "watchers": watchers.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the named benches, or all; 1 where a target is missed, 2 where a bench could not be carried out."""
    given = _parser().parse_args(arguments)
    missed: list[Ratio] = []
    broken = False
    for name in given.names or BENCHES:
        try:
            table = BENCHES[name](given.quick)
        except Failed as failed:
            print(f"{name}: {failed}", file=sys.stderr)
            broken = True
            continue
        print(f"{table}\n\nOn {machine()}.\n", flush=True)
        missed += () if given.quick else table.missed
    for ratio in missed:
        print(f"missed: {ratio}", file=sys.stderr)
    return 2 if broken else 1 if missed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHES, []], help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="tiny sizes: proves that it runs, measures nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
