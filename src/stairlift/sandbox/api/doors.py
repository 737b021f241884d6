"""The processes behind the load balancer by addresses of their own, and what the load balancer says of them.

Several processes of one API may be of different releases, which only shows where each is asked by itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import World

_LOOPBACK = "127.0.0.1"
#: The columns of `show stat` that say more than counters, in HAProxy's order (management guide, 9.1).
_COLUMNS = ("pxname", "svname", "status", "weight", "act", "bck", "type", "check_status", "addr", "mode")


@dataclass(frozen=True, slots=True)
class Door:
    """One process of an API; `api` is the first path segment behind the load balancer."""

    api: str
    key: Key


def doors_of(scenario: Scenario) -> tuple[Door, ...]:
    """Every process that answers an API, in the scenario's order."""
    programs = ((host.name, program) for host in scenario.hosts for program in host.programs)
    return tuple(Door(p.kind.serves, (host, p.binary)) for host, p in programs if p.kind.serves)


def statistics(world: World, doors: Mapping[int, Door], now: float) -> str:
    """What HAProxy would answer to `show stat`: its servers by port, each section with its own two rows."""
    return "\n".join((f"# {','.join(_COLUMNS)},", *_rows(world, doors, now), "")) + "\n"


def _rows(world: World, doors: Mapping[int, Door], now: float) -> Iterator[str]:
    for binary in dict.fromkeys(door.key[1] for door in doors.values()):
        section = binary.replace("-", "_")
        yield f"{section},FRONTEND,OPEN,,,,0,,,http,"
        for port, door in doors.items():
            if door.key[1] == binary:
                up = door.key in world.running(binary, now)
                check = ("UP", "L7OK") if up else ("DOWN", "L4CON")
                yield f"{section},{door.key[0]},{check[0]},1,1,0,2,{check[1]},{_LOOPBACK}:{port},http,"
        yield f"{section},BACKEND,UP,1,1,0,1,,,http,"
