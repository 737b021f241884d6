"""Neutron's agents, those that OVN only pretends to have included."""

from collections.abc import Callable
from functools import cache
from time import sleep

from stairlift.inventory.context import SourceContext
from stairlift.inventory.paging import pages
from stairlift.inventory.rows import Row, optional, paged, records, required, sensible, stamp
from stairlift.knowledge.binaries import binary, binary_of_agent_type
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import Fact, ServiceRecord, State, Status
from stairlift.ports import Answer, CloudClient

#: What is read of a row; the rest (object versions, above all) is most of its size.
FIELDS = (
    "id",
    "agent_type",
    "binary",
    "host",
    "admin_state_up",
    "alive",
    "heartbeat_timestamp",
    "availability_zone",
    "configurations",
)
_STATUS: dict[object, Status] = {True: "enabled", False: "disabled"}
#: The agent type of a chassis that may carry what leaves the cloud (Neutron, ml2/drivers/ovn/agent/neutron_agent.py).
_GATEWAY = "OVN Controller Gateway agent"
_STATE: dict[object, State] = {True: "up", False: "down"}


class NeutronAgentInventory:
    """Neutron's agents with their heartbeats: `GET /v2.0/agents`.

    OVN's agents are made up from the southbound database, and listing them is what asks the chassis for a sign of
    life; so where there are any, the list is fetched again after `pause` seconds, and the second answer counts.

    Neutron's policy takes rows out of the list instead of refusing it. So no agents at all are SourceTrouble(EMPTY).
    """

    name = "neutron-agents"

    def __init__(self, client: CloudClient, *, pause: float = 1.0, wait: Callable[[float], None] = sleep) -> None:
        self._client = client
        self._pause = pause
        self._wait = wait

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "NeutronAgentInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        answer = self._list()
        with sensible(self.name):
            kinds = {row.get("agent_type") for row in paged(answer.documents["pages"], "agents")}
            made_up = any(map(_of_ovn, kinds))
        if not made_up:
            return answer
        self._wait(self._pause)
        return self._list()

    def _list(self) -> Answer:
        return pages(self._client, "network", "/agents", "agents", fields=FIELDS)

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            agents = records(_agent, paged(answer.documents["pages"], "agents"))
        if not agents:
            details = "It lists none to a user who may not see them, either; the discovery needs an administrator."
            raise SourceTrouble(Trouble.EMPTY, "Neutron lists no agents", details)
        return agents


def _of_ovn(agent_type: object) -> bool:
    return str(agent_type).startswith("OVN ")


def _agent(row: Row) -> ServiceRecord:
    configurations = row.get("configurations")
    return ServiceRecord(
        binary=_binary(optional(row, "binary"), optional(row, "agent_type")),
        host=required(row, "host"),
        status=_STATUS.get(row.get("admin_state_up"), "unknown"),
        state=_STATE.get(row.get("alive"), "unknown"),
        updated_at=stamp(row.get("heartbeat_timestamp")),
        zone=optional(row, "availability_zone"),
        agent_mode=optional(configurations, "agent_mode") if isinstance(configurations, dict) else None,
        duty="gateway" if row.get("agent_type") == _GATEWAY else None,
    )


@cache
def _binary(named: str | None, agent_type: str | None) -> str:
    """The agent's program; where its own word for it is not known, what its type stands for."""
    if named and binary(named):
        return named
    by_type = binary_of_agent_type(agent_type) if agent_type else None
    found = by_type or named
    if found is None:
        raise ValueError("an agent has neither a binary nor a known type")
    return found
