"""`python -m stairlift.sandbox SCENARIO`: a simulated cloud as a process of its own."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from stairlift.model.errors import StairliftError
from stairlift.sandbox.builders import large
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.scenario_file import load, shipped
from stairlift.sandbox.server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve a scenario until a signal ends it; 2 for one that cannot be used."""
    given = _parser().parse_args(arguments)
    try:
        scenario = _scenario(given.scenario, given.hosts)
        serve(scenario, given.port, given.port_file, doors=given.doors, haproxy=given.haproxy)
    except StairliftError as error:
        sys.stderr.write(f"{error.brief}\n{error.resolution}\n")
        return error.exit_code
    return 0


def _scenario(name: str, hosts: int) -> Scenario:
    return large(hosts) if name == "large" else load(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stairlift.sandbox", description="A simulated OpenStack over HTTP.")
    parser.add_argument("scenario", help=f"{', '.join(shipped())}, large, or the path of a YAML file")
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 takes a free port (default)")
    parser.add_argument("--port-file", type=Path, help="where to write the port as soon as requests are answered")
    parser.add_argument("--hosts", type=int, default=10_000, help="compute hosts of the large scenario")
    parser.add_argument("--doors", action="store_true", help="let every process of an API listen on a port of its own")
    parser.add_argument("--haproxy", type=Path, help="the path of the load balancer's runtime socket; means --doors")
    return parser


if __name__ == "__main__":
    sys.exit(main())
