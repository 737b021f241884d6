"""The program of this strategy: python -m stairlift.strategy.haproxy REQUEST."""

import sys

from stairlift.strategy.before import Before
from stairlift.strategy.haproxy.options import read_options
from stairlift.strategy.haproxy.request import PROGRAM, Request
from stairlift.strategy.haproxy.strategy import crew_of
from stairlift.strategy.haproxy.work import drain, give_back
from stairlift.strategy.own_job import Notes
from stairlift.strategy.own_program import Errand, carry_out


def main() -> int:
    """Do what the request says; the exit status."""
    return carry_out(_do)


def _do(errand: Errand, notes: Notes, before: Before) -> None:
    request = Request.of(errand)
    crew = crew_of(read_options(PROGRAM.name, request.given), notes)
    if errand.kind == "drain":
        drain(crew, request, before)
    else:
        give_back(crew, request)


if __name__ == "__main__":
    sys.exit(main())
