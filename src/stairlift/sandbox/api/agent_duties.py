"""Neutron: which agents serve which networks and routers, and how that is changed."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, body_of
from stairlift.sandbox.records.networks import Conflict, Hosted
from stairlift.sandbox.records.neutron import AgentRow
from stairlift.sandbox.tenants import RouterSpec

_KINDS = {"dhcp-networks": "network", "l3-routers": "router"}


class AgentDuties:
    """The handlers of agents/{id}/dhcp-networks and l3-routers, and of the agents of a network or a router."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._networks = sim.networks

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [
            *(Route(f"{root}/agents/{{id}}/{path}", self.served) for path in _KINDS),
            *(Route(f"{root}/agents/{{id}}/{path}", self.add, methods=["POST"]) for path in _KINDS),
            *(Route(f"{root}/agents/{{id}}/{path}/{{what}}", self.drop, methods=["DELETE"]) for path in _KINDS),
            Route(f"{root}/networks/{{id}}/dhcp-agents", self.serving),
            Route(f"{root}/routers/{{id}}/l3-agents", self.serving),
        ]

    async def served(self, request: Request) -> Response:
        """GET agents/{id}/dhcp-networks or l3-routers."""
        administrator(self._sim, request)
        kind = self._kind(request)
        return answer({f"{kind}s": [_named(one) for one in self._networks.served(kind, request.path_params["id"])]})

    def _kind(self, request: Request) -> str:
        agent = request.path_params["id"]
        if self._sim.neutron.find(agent) is None:
            raise HttpFault(404, f"Agent {agent} could not be found.")
        return next(kind for path, kind in _KINDS.items() if f"/{path}" in request.url.path)

    async def add(self, request: Request) -> Response:
        """POST agents/{id}/dhcp-networks {"network_id"} or l3-routers {"router_id"}: 201, 404 or 409."""
        administrator(self._sim, request)
        kind, body = self._kind(request), await body_of(request)
        self._change("add", kind, str(body.get(f"{kind}_id", "")), request)
        return answer(None, 201)

    async def drop(self, request: Request) -> Response:
        """DELETE agents/{id}/dhcp-networks/{network} or l3-routers/{router}: 204, 404 or 409."""
        administrator(self._sim, request)
        self._change("drop", self._kind(request), request.path_params["what"], request)
        return Response(status_code=204)

    def _change(self, what: str, kind: str, uuid: str, request: Request) -> None:
        agent = request.path_params["id"]
        try:
            if what == "add":
                self._networks.add(kind, uuid, agent, self._sim.now())
            else:
                self._networks.drop(kind, uuid, agent)
        except KeyError as error:
            raise HttpFault(404, f"{kind.capitalize()} {uuid} could not be found") from error
        except Conflict as conflict:
            raise HttpFault(409, str(conflict)) from conflict

    async def serving(self, request: Request) -> Response:
        """GET networks/{id}/dhcp-agents or routers/{id}/l3-agents, the latter with ha_state."""
        administrator(self._sim, request)
        wanted, routers = request.path_params["id"], "/routers/" in request.url.path
        one = (self._networks.routers if routers else self._networks.networks).get(wanted)
        if one is None:
            raise HttpFault(404, f"{'Router' if routers else 'Network'} {wanted} could not be found")
        found = [self._agent(row, state, routers=routers) for row, state in self._networks.hosting(one)]
        return answer({"agents": found})

    def _agent(self, row: AgentRow, state: str | None, *, routers: bool) -> dict[str, Any]:
        shown = self._sim.neutron.document(row, self._sim.now())
        return shown | {"ha_state": state} if routers else shown


def _named(one: Hosted) -> dict[str, Any]:
    named = {"id": one.uuid, "name": one.name, "admin_state_up": True, "status": "ACTIVE"}
    return named | ({"ha": one.spec.ha, "distributed": False} if isinstance(one.spec, RouterSpec) else {})
