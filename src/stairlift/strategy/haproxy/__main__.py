"""A job of this strategy: python -m stairlift.strategy.haproxy REQUEST."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stairlift.model.errors import StairliftError
from stairlift.strategy.before import Before
from stairlift.strategy.haproxy.options import read_options
from stairlift.strategy.haproxy.request import Request
from stairlift.strategy.haproxy.strategy import crew_of
from stairlift.strategy.haproxy.work import Crew, drain, give_back
from stairlift.strategy.own_job import Notes, carry_out


def main() -> int:
    """Do what the request says; the exit status."""
    return carry_out(_work)


def _work(document: Mapping[str, Any], notes: Notes) -> str:
    request = Request.of(document)
    crew = crew_of(read_options("haproxy", request.options), notes)
    try:
        _do(crew, request)
    except StairliftError as error:
        if not request.lenient:
            raise
        return f"{error.brief}; what is taken back does not wait for that"
    return ""


def _do(crew: Crew, request: Request) -> None:
    if request.kind == "drain":
        drain(crew, request, Before(Path(sys.argv[1]).parent))
    else:
        give_back(crew, request)


if __name__ == "__main__":
    sys.exit(main())
