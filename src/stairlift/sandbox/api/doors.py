"""The processes behind the load balancer by addresses of their own.

Several processes of one API may be of different releases, which only shows where each is asked by itself.
"""

from dataclasses import dataclass

from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.world.hearing import Key


@dataclass(frozen=True, slots=True)
class Door:
    """One process of an API; `api` is the first path segment behind the load balancer."""

    api: str
    key: Key


def doors_of(scenario: Scenario) -> tuple[Door, ...]:
    """Every process that answers an API, in the scenario's order."""
    programs = ((host.name, program) for host in scenario.hosts for program in host.programs)
    return tuple(Door(p.kind.serves, (host, p.binary)) for host, p in programs if p.kind.serves)
