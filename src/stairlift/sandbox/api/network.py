"""Neutron: version documents, agents, extensions and availability zones."""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator, authenticated
from stairlift.sandbox.api.agent_duties import AgentDuties
from stairlift.sandbox.api.network_resources import NetworkResources
from stairlift.sandbox.api.paging import next_link, page
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, base_of, body_of
from stairlift.sandbox.records.neutron import AgentRow
from stairlift.sandbox.records.rows import array

EXTENSIONS = (
    ("agent", "agent"),
    ("Availability Zone", "availability_zone"),
    ("DHCP Agent Scheduler", "dhcp_agent_scheduler"),
    ("Distributed Virtual Router", "dvr"),
    ("HA Router extension", "l3-ha"),
    ("L3 Agent Scheduler", "l3_agent_scheduler"),
    ("Neutron L3 Router", "router"),
    ("Network Availability Zone", "network_availability_zone"),
    ("Pagination support", "pagination"),
    ("Port Binding", "binding"),
    ("Provider Network", "provider"),
    ("Router Availability Zone", "router_availability_zone"),
    ("security-group", "security-group"),
    ("Sorting support", "sorting"),
)
_NOT_FILTERS = frozenset({"limit", "marker", "fields", "page_reverse", "sort_key", "sort_dir"})


class Network:
    """The handlers of /network."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._records = sim.neutron
        self._parts = (AgentDuties(sim), NetworkResources(sim))

    def routes(self) -> list[Route]:
        """What is answered."""
        root = "/network/v2.0"
        return [
            Route("/network", self.versions),
            Route(root, self.version),
            Route(f"{root}/agents", self.agents),
            Route(f"{root}/agents.json", self.agents),
            Route(f"{root}/agents/{{id}}", self.agent),
            Route(f"{root}/agents/{{id}}", self.update, methods=["PUT"]),
            Route(f"{root}/extensions", self.extensions),
            Route(f"{root}/extensions/{{alias}}", self.extension),
            Route(f"{root}/availability_zones", self.zones),
            *(route for part in self._parts for route in part.routes(root)),
        ]

    async def versions(self, request: Request) -> Response:
        """GET /network."""
        links = [{"rel": "self", "href": f"{base_of(request)}/network/v2.0/"}]
        return answer({"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]})

    async def version(self, request: Request) -> Response:
        """GET /network/v2.0: the kinds of resources."""
        href = f"{base_of(request)}/network/v2.0/agents"
        return answer(
            {"resources": [{"name": "agent", "collection": "agents", "links": [{"rel": "self", "href": href}]}]}
        )

    async def agents(self, request: Request) -> Response:
        """GET agents: with a limit in pages, else in one piece. Who may not see them gets an empty list, not a 403."""
        if not authenticated(self._sim, request).admin:
            return answer({"agents": []})
        now = self._sim.now()
        if self._records.has_ovn:
            self._sim.world.hearing.polled(now)
        rows = self._rows(request.query_params)
        shown, _ = page(rows, request, lambda row: row.uuid)
        full = "limit" in request.query_params and len(shown) == int(request.query_params["limit"]) > 0
        rest = next_link("agents", request, shown[-1].uuid) if full else b""
        return answer(array("agents", self._selected(shown, request.query_params, now), rest))

    def _rows(self, query: QueryParams) -> list[AgentRow]:
        """The rows that the query's filters leave, but for those on what changes by itself."""
        filters = {key: set(query.getlist(key)) for key in query.keys() - _NOT_FILTERS - {"alive", "admin_state_up"}}
        if not filters:
            return self._records.rows
        return [row for row in self._records.rows if all(str(row.fixed.get(k)) in v for k, v in filters.items())]

    def _selected(self, rows: Sequence[AgentRow], query: QueryParams, now: float) -> list[bytes]:
        """The rows in the form and with the state that the query asks for."""
        shown = list(self._records.listing(list(rows), now))
        fields = query.getlist("fields")
        states = {key: query[key].lower() == "true" for key in ("alive", "admin_state_up") if key in query}
        if not fields and not states:
            return shown
        documents = [orjson.loads(row) for row in shown]
        wanted = [one for one in documents if all(one[key] == value for key, value in states.items())]
        return [orjson.dumps({k: v for k, v in one.items() if not fields or k in fields}) for one in wanted]

    async def agent(self, request: Request) -> Response:
        """GET agents/{id}."""
        administrator(self._sim, request)
        return self._one(self._found(request))

    async def update(self, request: Request) -> Response:
        """PUT agents/{id}: admin_state_up, which OVN's agents do not have."""
        administrator(self._sim, request)
        row, body = self._found(request), await body_of(request)
        wish = body.get("agent", {})
        if not isinstance(wish, dict) or not isinstance(wish.get("admin_state_up"), bool):
            raise HttpFault(400, "Invalid input for agent: admin_state_up is expected.")
        if row.ovn:
            raise HttpFault(400, "Bad agent request: OVN agents cannot be updated.")
        row.set_admin_state(wish["admin_state_up"])
        return self._one(row)

    def _found(self, request: Request) -> AgentRow:
        row = self._records.find(request.path_params["id"])
        if row is None:
            raise HttpFault(404, f"Agent {request.path_params['id']} could not be found.")
        return row

    def _one(self, row: AgentRow) -> Response:
        shown = b"".join(self._records.listing([row], self._sim.now()))
        return answer(b'{"agent":%s}' % (shown or b"{}"))

    async def extensions(self, request: Request) -> Response:
        """GET extensions."""
        authenticated(self._sim, request)
        return answer({"extensions": [_extension(name, alias) for name, alias in EXTENSIONS]})

    async def extension(self, request: Request) -> Response:
        """GET extensions/{alias}."""
        authenticated(self._sim, request)
        found = [_extension(name, alias) for name, alias in EXTENSIONS if alias == request.path_params["alias"]]
        if not found:
            raise HttpFault(404, "Extension could not be found.")
        return answer({"extension": found[0]})

    async def zones(self, request: Request) -> Response:
        """GET availability_zones: those of the DHCP agents for networks, those of the L3 agents for routers."""
        authenticated(self._sim, request)
        resources = {"neutron-dhcp-agent": "network", "neutron-l3-agent": "router"}
        found = {
            (row.fixed["availability_zone"], resources[row.key[1]])
            for row in self._records.rows
            if row.key[1] in resources
        }
        zones = [
            {"name": name, "resource": resource, "state": "available"} for name, resource in sorted(found, key=str)
        ]
        return answer({"availability_zones": zones})


def _extension(name: str, alias: str) -> dict[str, Any]:
    return {"name": name, "alias": alias, "description": name, "updated": "2016-01-01T00:00:00-00:00", "links": []}
