"""A job of this strategy: python -m stairlift.strategy.neutron REQUEST."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stairlift.model.errors import StairliftError
from stairlift.openstack.client import SessionCloudClient
from stairlift.strategy.before import Before
from stairlift.strategy.neutron.desk import Desk
from stairlift.strategy.neutron.shifting import KIND, Shifting
from stairlift.strategy.own_job import Notes, carry_out, effects_of


def main() -> int:
    """Do what the request says; the exit status."""
    return carry_out(_work)


def _work(request: Mapping[str, Any], notes: Notes) -> str:
    try:
        _do(request, Desk(SessionCloudClient.from_config(request["os_cloud"])), notes)
    except StairliftError as error:
        if not request["lenient"]:
            raise
        return f"{error.brief}; what is taken back does not wait for that"
    return ""


def _do(request: Mapping[str, Any], desk: Desk, notes: Notes) -> None:
    hosts, shifting = tuple(request["hosts"]), Shifting(desk, notes, request["within"])
    mine = next((effect for effect in effects_of(request["effects"]) if effect.kind == KIND), None)
    if request["kind"] == "uncordon":
        shifting.give_back(hosts, mine)
    elif mine is not None:
        before = Before(Path(sys.argv[1]).parent)
        shifting.take_over(hosts, mine, before, routers=request["routers"] == "move")


if __name__ == "__main__":
    sys.exit(main())
