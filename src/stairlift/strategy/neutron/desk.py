"""What is asked of Neutron about its agents, and what it is told. Every method raises SourceTrouble."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import CloudClient

DHCP, L3 = "neutron-dhcp-agent", "neutron-l3-agent"


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent of Neutron's. `serves`: it is `alive` and nobody has switched it off."""

    id: str
    binary: str
    host: str
    zone: str
    serves: bool
    alive: bool
    ha_state: str = ""


@dataclass(frozen=True, slots=True)
class Router:
    """A router as an L3 agent hosts it. One that its owner has switched off (not `up`) has no active copy."""

    id: str
    name: str
    ha: bool
    distributed: bool
    up: bool = True


class Desk:
    """One cloud's Neutron."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    def agents(self, **query: str) -> tuple[Agent, ...]:
        """The agents that this leaves."""
        words = f"?{urlencode(query)}" if query else ""
        return self._agents(f"/agents{words}")

    def networks_of(self, agent: str) -> tuple[str, ...]:
        """The networks that a DHCP agent serves; in one that is switched off nobody does."""
        with _sensible("an agent's networks"):
            rows = self._get(f"/agents/{agent}/dhcp-networks")["networks"]
            return tuple(str(row["id"]) for row in rows if row.get("admin_state_up") is not False)

    def routers_of(self, agent: str) -> tuple[Router, ...]:
        """The routers that an L3 agent hosts."""
        with _sensible("an agent's routers"):
            return tuple(map(_router, self._get(f"/agents/{agent}/l3-routers")["routers"]))

    def serving(self, network: str) -> tuple[Agent, ...]:
        """The DHCP agents of a network."""
        return self._agents(f"/networks/{network}/dhcp-agents")

    def hosting(self, router: str) -> tuple[Agent, ...]:
        """The L3 agents of a router, with what they say of its copies."""
        return self._agents(f"/routers/{router}/l3-agents")

    def port_is_up(self, network: str, host: str) -> bool:
        """Whether the DHCP port of a network on a host is wired."""
        words = urlencode({"network_id": network, "device_owner": "network:dhcp"})
        with _sensible("the ports of a network"):
            rows = self._get(f"/ports?{words}")["ports"]
            return any(row.get("binding:host_id") == host and row.get("status") == "ACTIVE" for row in rows)

    def serve(self, agent: str, network: str) -> None:
        """Let a DHCP agent serve a network; one that does already goes on."""
        self._unless(409, "POST", f"/agents/{agent}/dhcp-networks", {"network_id": network})

    def leave(self, agent: str, network: str) -> None:
        """Let it no longer; also where it does not."""
        self._unless(404, "DELETE", f"/agents/{agent}/dhcp-networks/{network}")

    def host(self, agent: str, router: str) -> None:
        """Let an L3 agent host a router; one that does already goes on."""
        self._unless(409, "POST", f"/agents/{agent}/l3-routers", {"router_id": router})

    def release(self, agent: str, router: str) -> None:
        """Take a router off an agent; also where it is not there."""
        self._unless(404, "DELETE", f"/agents/{agent}/l3-routers/{router}")

    def _unless(self, status: int, method: Any, path: str, body: Mapping[str, Any] | None = None) -> None:
        """What is so already is no trouble: 404 for what is to be gone, 409 for what is to be there."""
        try:
            self._client.send(method, "network", path, body)
        except SourceTrouble as trouble:
            if trouble.status not in (status, 409 if method == "DELETE" else status):
                raise

    def _agents(self, path: str) -> tuple[Agent, ...]:
        with _sensible("the list of agents"):
            return tuple(map(_agent, self._get(path)["agents"]))

    def _get(self, path: str) -> Any:
        return self._client.get("network", path).documents["body"]


def _agent(row: Mapping[str, Any]) -> Agent:
    return Agent(
        id=str(row["id"]),
        binary=str(row["binary"]),
        host=str(row["host"]),
        zone=str(row.get("availability_zone") or ""),
        serves=row.get("alive") is True and row.get("admin_state_up") is not False,
        alive=row.get("alive") is True,
        ha_state=str(row.get("ha_state") or ""),
    )


def _router(row: Mapping[str, Any]) -> Router:
    return Router(
        id=str(row["id"]),
        name=str(row.get("name") or row["id"]),
        ha=row.get("ha") is True,
        distributed=row.get("distributed") is True,
        up=row.get("admin_state_up") is not False,
    )


@contextmanager
def _sensible(what: str) -> Iterator[None]:
    """What a wrong shape raises, as trouble."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        brief = f"The answer about {what} makes no sense: {type(error).__name__}: {error!s:.120}"
        raise SourceTrouble(Trouble.MALFORMED, brief) from None
