"""`python -m bench.availability [SCENARIO...]`: those that have no result yet, then the table. Root; takes hours."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from bench.availability.carrying_out import carry_out
from bench.availability.publishing import markdown
from bench.availability.results import FOLDER, kept
from bench.availability.scenarios import SCENARIOS
from bench.measuring import Failed


def main(arguments: Sequence[str] | None = None) -> int:
    """1 where a scenario was not as expected, 2 where one could not be carried out."""
    given = _parser().parse_args(arguments)
    if given.list:
        print("\n".join(f"{name}{'' if kept(name) is None else '  (done)'}" for name in SCENARIOS))
        return 0
    broken = [] if given.table else _carry_out(given.names or list(SCENARIOS), again=given.again)
    found = [result for name in SCENARIOS if (result := kept(name))]
    if found:
        FOLDER.joinpath("table.md").write_text(markdown(found), encoding="utf-8")
        print(markdown(found))
    return 2 if broken else 0 if all(result.expected for result in found) else 1


def _carry_out(names: Sequence[str], *, again: bool) -> list[str]:
    """Those that could not be; the others have left their results."""
    if os.geteuid() != 0:
        print("the testbed needs root, for namespaces and mounts", file=sys.stderr)
        return list(names)
    broken = []
    for name in names:
        if kept(name) and not again:
            print(f"{name}: done before", file=sys.stderr)
            continue
        print(f"{name}: begins", file=sys.stderr, flush=True)
        try:
            carry_out(SCENARIOS[name])
        except Exception as error:  # whatever it is, hours of others are to come  # noqa: BLE001
            broken.append(name)
            print(
                f"{name}: {error if isinstance(error, Failed) else traceback.format_exc()}", file=sys.stderr, flush=True
            )
    return broken


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.availability", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SCENARIO", choices=[*SCENARIOS, []])
    parser.add_argument("--list", action="store_true", help="which there are, and which are done")
    parser.add_argument("--table", action="store_true", help="only make the table, of what there is")
    parser.add_argument("--again", action="store_true", help="those as well that have a result")
    return parser


if __name__ == "__main__":
    sys.exit(main())
