"""Nova's flavors and server groups."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import authenticated
from stairlift.sandbox.api.server_documents import flavor_id, group_id
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_NAME, USERS, project_id
from stairlift.sandbox.api.wire import HttpFault, nova_answer, nova_microversion
from stairlift.sandbox.tenants import FlavorSpec, GroupSpec
from stairlift.sandbox.versions import Microversion

EXTRA_SPECS_SINCE: Microversion = (2, 61)
OWNER_SINCE: Microversion = (2, 13)
ONE_POLICY_SINCE: Microversion = (2, 64)


class Flavors:
    """The handlers of flavors and os-server-groups."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [
            Route(f"{root}/flavors", self.index),
            Route(f"{root}/flavors/detail", self.index),
            Route(f"{root}/flavors/{{id}}", self.show),
            Route(f"{root}/flavors/{{id}}/os-extra_specs", self.extra_specs),
            Route(f"{root}/os-server-groups", self.groups),
        ]

    async def index(self, request: Request) -> Response:
        """GET flavors and flavors/detail."""
        authenticated(self._sim, request)
        version, detail = nova_microversion(request), request.url.path.endswith("/detail")
        found = [self._document(f, version, detail=detail) for f in self._sim.fleet.register.flavors.values()]
        return nova_answer(orjson.dumps({"flavors": found}), version)

    async def show(self, request: Request) -> Response:
        """GET flavors/{id}."""
        authenticated(self._sim, request)
        version = nova_microversion(request)
        document = self._document(self._found(request), version, detail=True)
        return nova_answer(orjson.dumps({"flavor": document}), version)

    async def extra_specs(self, request: Request) -> Response:
        """GET flavors/{id}/os-extra_specs."""
        authenticated(self._sim, request)
        body = {"extra_specs": dict(self._found(request).extra_specs)}
        return nova_answer(orjson.dumps(body), nova_microversion(request))

    def _found(self, request: Request) -> FlavorSpec:
        wanted = request.path_params["id"]
        for flavor in self._sim.fleet.register.flavors.values():
            if flavor_id(self._sim, flavor.name) == wanted:
                return flavor
        raise HttpFault(404, f"Flavor {wanted} could not be found.")

    def _document(self, flavor: FlavorSpec, version: Microversion, *, detail: bool) -> dict[str, Any]:
        document: dict[str, Any] = {"id": flavor_id(self._sim, flavor.name), "name": flavor.name, "links": []}
        if not detail:
            return document
        document |= {
            "vcpus": flavor.vcpus,
            "ram": flavor.ram,
            "disk": flavor.disk,
            "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
            "swap": 0 if version >= (2, 75) else "",
            "OS-FLV-DISABLED:disabled": False,
            "os-flavor-access:is_public": True,
            "rxtx_factor": 1.0,
        }
        return document | {"extra_specs": dict(flavor.extra_specs)} if version >= EXTRA_SPECS_SINCE else document

    async def groups(self, request: Request) -> Response:
        """GET os-server-groups: one's own project's, or everybody's with all_projects."""
        token, version = authenticated(self._sim, request), nova_microversion(request)
        everybody = "all_projects" in request.query_params and token.admin
        wanted = [g for g in self._sim.scenario.server_groups if everybody or g.project == PROJECT_NAME]
        query = request.query_params
        first, limit = int(query.get("offset", 0)), int(query.get("limit", 1000))
        found = [self._group(group, version) for group in wanted[first : first + limit]]
        return nova_answer(orjson.dumps({"server_groups": found}), version)

    def _group(self, group: GroupSpec, version: Microversion) -> dict[str, Any]:
        members = [guest.uuid for guest in self._sim.fleet.register.members(group.name)]
        document: dict[str, Any] = {"id": group_id(self._sim, group.name), "name": group.name, "members": members}
        if version >= OWNER_SINCE:
            document |= {"project_id": project_id(group.project), "user_id": USERS[0].id}
        if version >= ONE_POLICY_SINCE:
            return document | {"policy": group.policy, "rules": {}}
        return document | {"policies": [group.policy], "metadata": {}}
