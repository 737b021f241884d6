"""What Neutron knows of the users' networks: which agents serve them, and which host each port is bound to.

tests/real/test_sandbox_servers.py compares the documents with those of the testbed's Neutron.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from stairlift.sandbox.records.neutron import AgentRow, NeutronRecords
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.tenants import NetworkSpec, RouterSpec
from stairlift.sandbox.world.world import World

_DHCP, _L3 = "neutron-dhcp-agent", "neutron-l3-agent"
#: dhcp_agents_per_network and max_l3_agents_per_router of a cloud that is well set up.
_DHCP_AGENTS, _HA_AGENTS = 2, 3


@dataclass(slots=True)
class Hosted:
    """A network or a router and the agents that serve it: their ids, and since when (seconds of the epoch)."""

    uuid: str
    name: str
    spec: NetworkSpec | RouterSpec
    agents: dict[str, float] = field(default_factory=dict)


class Conflict(Exception):
    """Neutron refuses to give something to an agent; the text says why."""


class Networks:
    """Networks, routers, and the ports that users made themselves."""

    def __init__(self, world: World, agents: NeutronRecords) -> None:
        self._world = world
        self._agents = {row.uuid: row for row in agents.rows}
        deployed = bool(self._world.places("neutron-server") or self._world.places("neutron-api"))
        scenario = world.scenario
        self.networks = self._made(scenario, "network", scenario.networks if deployed else ())
        self.routers = self._made(scenario, "router", scenario.routers if self._of(_L3) else ())
        #: Ports by their id, for whoever made them.
        self.own: dict[str, dict[str, Any]] = {}

    def _made(self, scenario: Scenario, kind: str, specs: tuple[NetworkSpec | RouterSpec, ...]) -> dict[str, Hosted]:
        made = [Hosted(identity(scenario.name, kind, spec.name), spec.name, spec) for spec in specs]
        for one in made:
            one.agents = dict.fromkeys((row.uuid for row in self._first(one.spec)), self._world.begin)
        return {one.uuid: one for one in made}

    def _first(self, spec: NetworkSpec | RouterSpec) -> list[AgentRow]:
        """The agents that serve it when the cloud begins."""
        if isinstance(spec, NetworkSpec):
            return self._chosen(_DHCP, spec.dhcp, 0 if spec.external else _DHCP_AGENTS)
        return self._chosen(_L3, spec.agents, _HA_AGENTS if spec.ha else 1)

    def _chosen(self, binary: str, hosts: tuple[str, ...] | None, most: int) -> list[AgentRow]:
        rows = self._of(binary)
        return rows[:most] if hosts is None else [row for host in hosts for row in rows if row.key[0] == host]

    def _of(self, binary: str) -> list[AgentRow]:
        """The agents of this program in the scenario's order; those of a distributed router host none."""
        by_key = {row.key: row for row in self._agents.values()}
        keys = self._world.places(binary)
        return [by_key[key] for key in keys if self._world.specs[key].agent_mode != "dvr"]

    def served(self, kind: str, agent: str) -> list[Hosted]:
        """The networks or routers of an agent."""
        return [one for one in self._held(kind).values() if agent in one.agents]

    def _held(self, kind: str) -> dict[str, Hosted]:
        return self.networks if kind == "network" else self.routers

    def add(self, kind: str, uuid: str, agent: str, now: float) -> None:
        """Let an agent serve a network or a router; KeyError, Conflict."""
        one, row = self._held(kind)[uuid], self._agents[agent]
        if row.key[1] != (_DHCP if kind == "network" else _L3):
            raise Conflict(f"Agent {agent} is not a valid agent for a {kind}")
        if agent in one.agents:
            raise Conflict(f"The {kind} {uuid} has been already hosted by the agent {agent}.")
        if isinstance(one.spec, RouterSpec) and one.agents and not one.spec.ha:
            raise Conflict(f"The router {uuid} has been already hosted by the L3 Agent {next(iter(one.agents))}.")
        one.agents[agent] = now

    def drop(self, kind: str, uuid: str, agent: str) -> None:
        """Let an agent no longer serve it; KeyError, Conflict."""
        one = self._held(kind)[uuid]
        if agent not in one.agents:
            raise Conflict(f"The {kind} {uuid} is not hosted by the agent {agent}.")
        del one.agents[agent]

    def hosting(self, one: Hosted) -> Iterator[tuple[AgentRow, str | None]]:
        """The agents that serve it, for a router with ha_state where it has one: the first that can is active.

        The active copy is kept up by keepalived, which a stopped agent leaves running and a dead machine does not.
        """
        states = list(one.spec.ha_states) if isinstance(one.spec, RouterSpec) else []
        ha, taken = isinstance(one.spec, RouterSpec) and one.spec.ha, False
        for number, uuid in enumerate(one.agents):
            row = self._agents[uuid]
            dead = self._world.is_dead(row.key[0])
            word = "standby" if taken or dead else "active"
            taken = taken or word == "active"
            yield row, (states[number] if number < len(states) else word) if ha else None

    def dhcp_ready(self, one: Hosted, agent: str, now: float) -> bool:
        """Whether the agent's port in a network is active: a moment after it was given the network, if it runs."""
        row = self._agents[agent]
        runs = row.key in self._world.running(row.key[1], now)
        return now >= one.agents[agent] + self._world.scenario.timing.port and (runs or one.agents[agent] < now)
