"""The program of this strategy: python -m stairlift.strategy.neutron REQUEST."""

import sys

from stairlift.openstack.client import SessionCloudClient
from stairlift.strategy.before import Before
from stairlift.strategy.neutron.desk import Desk
from stairlift.strategy.neutron.options import NeutronOptions
from stairlift.strategy.neutron.shifting import KIND, Shifting
from stairlift.strategy.own_job import Notes
from stairlift.strategy.own_program import Errand, carry_out


def main() -> int:
    """Do what the request says; the exit status."""
    return carry_out(_do)


def _do(errand: Errand, notes: Notes, before: Before) -> None:
    options = NeutronOptions(**errand.options)
    shifting = Shifting(Desk(SessionCloudClient.from_config(options.os_cloud)), notes, options.within)
    mine = next((effect for effect in errand.effects if effect.kind == KIND), None)
    if errand.kind == "uncordon":
        shifting.give_back(errand.hosts, mine)
    elif mine is not None:
        shifting.take_over(errand.hosts, mine, before, routers=options.routers == "move")


if __name__ == "__main__":
    sys.exit(main())
