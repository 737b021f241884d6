"""What has to move so that nobody misses the agents of a host, worked out before anything is changed."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from stairlift.strategy.neutron.desk import DHCP, L3, Agent, Desk, Router


@dataclass(frozen=True, slots=True)
class Moves:
    """Pairs of what moves and the agent that takes it: networks that have no second agent, routers without a standby.

    `old` are the agents of the host that have them now, in the same order. `lonely` are sentences about what has no
    other place.
    """

    networks: tuple[tuple[str, str], ...] = ()
    routers: tuple[tuple[str, str, str], ...] = ()
    lonely: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {"networks": [list(one) for one in self.networks], "routers": [list(one) for one in self.routers]}

    @classmethod
    def of(cls, document: Any) -> "Moves":
        """The other way round. Raises LookupError, TypeError."""
        return cls(tuple(map(tuple, document["networks"])), tuple(map(tuple, document["routers"])))


def moves(desk: Desk, hosts: Collection[str], *, routers: bool) -> Moves:
    """What has to move off these hosts, which are out together. `routers`: legacy routers are to move as well."""
    everybody = desk.agents()
    mine = [agent for agent in everybody if agent.host in hosts]
    others = [agent for agent in everybody if agent.host not in hosts and agent.serves]
    networks, alone = _networks(desk, [a for a in mine if a.binary == DHCP], [a for a in others if a.binary == DHCP])
    moved, left = (
        _routers(desk, [a for a in mine if a.binary == L3], [a for a in others if a.binary == L3])
        if routers
        else ((), ())
    )
    return Moves(networks, moved, (*alone, *left))


def _networks(
    desk: Desk, mine: Sequence[Agent], others: Sequence[Agent]
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The least busy agent of the same zone takes over; neighbours are asked once how busy they are."""
    load = Counter({agent.id: len(desk.networks_of(agent.id)) for agent in others})
    alive, found, alone = {agent.id for agent in others}, dict[str, str](), list[str]()
    for agent in mine:
        for network in desk.networks_of(agent.id):
            if network in found or any(one.id in alive for one in desk.serving(network)):
                continue
            taker = _least_busy(agent, others, load)
            if taker is None:
                alone.append(f"network {network} has no other DHCP agent in zone {agent.zone or 'none'}")
                continue
            load[taker.id] += 1
            found[network] = taker.id
    return tuple(found.items()), tuple(alone)


def _routers(
    desk: Desk, mine: Sequence[Agent], others: Sequence[Agent]
) -> tuple[tuple[tuple[str, str, str], ...], tuple[str, ...]]:
    load = Counter({agent.id: len(desk.routers_of(agent.id)) for agent in others})
    found, alone = list[tuple[str, str, str]](), list[str]()
    for agent in mine:
        for router in filter(is_legacy, desk.routers_of(agent.id)):
            taker = _least_busy(agent, others, load)
            if taker is None:
                alone.append(f"router {router.name} has no other L3 agent in zone {agent.zone or 'none'}")
                continue
            load[taker.id] += 1
            found.append((router.id, agent.id, taker.id))
    return tuple(found), tuple(alone)


def is_legacy(router: Router) -> bool:
    """Whether there is one copy of it in the cloud."""
    return not router.ha and not router.distributed


def _least_busy(agent: Agent, others: Sequence[Agent], load: Counter[str]) -> Agent | None:
    near = [other for other in others if other.zone == agent.zone]
    return min(near, key=lambda other: (load[other.id], other.host), default=None)


def unwell(desk: Desk, hosts: Collection[str]) -> tuple[str, ...]:
    """The HA routers on these hosts that would not survive: not exactly one active copy, no living one elsewhere."""
    found: dict[str, str] = {}
    for agent in (one for host in hosts for one in desk.agents(host=host, binary=L3)):
        for router in (one for one in desk.routers_of(agent.id) if one.ha and one.up and one.id not in found):
            found[router.id] = _trouble(router, desk.hosting(router.id), hosts)
    return tuple(why for why in found.values() if why)


def _trouble(router: Router, copies: Sequence[Agent], hosts: Collection[str]) -> str:
    active = [agent.host for agent in copies if agent.ha_state == "active"]
    if len(active) != 1:
        where = f" ({', '.join(sorted(active))})" if active else ""
        return f"router {router.name} has {len(active)} active copies{where}, and must have one"
    if not any(agent.serves and agent.host not in hosts for agent in copies):
        return f"router {router.name} has no living copy on another host"
    return ""
