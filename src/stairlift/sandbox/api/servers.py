"""Nova's servers: long lists in pages of at most a thousand, one by one, and their beginning and end."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import authenticated
from stairlift.sandbox.api.hypervisors import MAX_LIMIT
from stairlift.sandbox.api.paging import next_link, page
from stairlift.sandbox.api.server_documents import brief, detailed, flavor_id, group_id, shown
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_NAME, Token, project_id
from stairlift.sandbox.api.wire import HttpFault, body_of, nova_answer, nova_microversion
from stairlift.sandbox.guests.guest import Guest
from stairlift.sandbox.records.rows import array
from stairlift.sandbox.tenants import ServerSpec
from stairlift.sandbox.versions import Microversion
from stairlift.sandbox.world.hearing import Key

NETWORKS_NEEDED_SINCE: Microversion = (2, 37)
TAGS_AT_BOOT_SINCE: Microversion = (2, 52)
_TRUE = frozenset({"1", "true", "yes", "on"})


class Servers:
    """The handlers of servers and of their tags."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._register = sim.fleet.register

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [
            Route(f"{root}/servers", self.index),
            Route(f"{root}/servers", self.create, methods=["POST"]),
            Route(f"{root}/servers/detail", self.index),
            Route(f"{root}/servers/{{id}}", self.show),
            Route(f"{root}/servers/{{id}}", self.delete, methods=["DELETE"]),
            Route(f"{root}/servers/{{id}}/tags", self.tags),
            Route(f"{root}/servers/{{id}}/tags/{{tag}}", self.tag, methods=["PUT", "DELETE"]),
        ]

    async def index(self, request: Request) -> Response:
        """GET servers and servers/detail: one's own project's, or everybody's for an administrator."""
        token, version = authenticated(self._sim, request), nova_microversion(request)
        self._sim.fleet.settle(self._sim.now())
        wanted = [guest for guest in self._seen_by(token, request) if self._matches(guest, request, token)]
        rows, more = page(wanted, request, lambda one: one.uuid, MAX_LIMIT)
        rest = next_link("servers", request, rows[-1].uuid) if more else b""
        detail = request.url.path.endswith("/detail")
        documents = (detailed(self._sim, g, version, admin=token.admin) if detail else brief(g) for g in rows)
        return nova_answer(array("servers", map(orjson.dumps, documents), rest), version)

    def _seen_by(self, token: Token, request: Request) -> list[Guest]:
        query = request.query_params
        everybody = (query.get("all_tenants") or query.get("all_projects") or "").lower() in _TRUE
        if everybody and not token.admin:
            raise HttpFault(403, "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed.")
        guests = self._register.guests.values()
        wanted = query.get("project_id") or query.get("tenant_id") if everybody else project_id(PROJECT_NAME)
        return [g for g in guests if wanted in {None, project_id(g.spec.project)}]

    def _matches(self, guest: Guest, request: Request, token: Token) -> bool:
        """Whether a server passes the query's filters; users who are no administrators cannot filter by host."""
        query = request.query_params
        statuses = {word.upper() for word in query.getlist("status")}
        host = query.get("host") if token.admin else None
        return (
            query.get("name", "") in guest.spec.name
            and (not statuses or guest.status in statuses)
            and host in {None, self._host_of(guest)}
            and query.get("vm_state", guest.vm_state) == guest.vm_state
            and query.get("task_state", guest.task) == guest.task
            and set(filter(None, query.get("tags", "").split(","))) <= guest.tags
        )

    def _host_of(self, guest: Guest) -> str | None:
        return None if guest.compute is None else self._sim.nova.row_of(guest.compute).host

    async def show(self, request: Request) -> Response:
        """GET servers/{id}."""
        token, version = authenticated(self._sim, request), nova_microversion(request)
        guest = found(self._sim, request.path_params["id"])
        document = shown(self._sim, guest, version, admin=token.admin)
        return nova_answer(orjson.dumps({"server": document}), version)

    async def create(self, request: Request) -> Response:
        """POST servers: 202 at once; whether it boots shows later."""
        token, version = authenticated(self._sim, request), nova_microversion(request)
        if token.user.role == "reader":
            raise HttpFault(403, "Policy doesn't allow os_compute_api:servers:create to be performed.")
        if self._sim.world.hearing.bus_away:
            raise HttpFault(500, "Unexpected API Error. <class 'oslo_messaging.exceptions.MessageDeliveryFailure'>")
        document = await body_of(request)
        spec = self._spec(_object(document, "server"), document, version)
        guest = self._sim.fleet.boot(str(uuid4()), spec, self._sim.now(), self._only(document))
        more = {"OS-DCF:diskConfig": "MANUAL", "adminPass": "x", "security_groups": [{"name": "default"}]}
        return nova_answer(orjson.dumps({"server": brief(guest) | more}), version, status=202)

    def _spec(self, wish: Mapping[str, Any], document: Mapping[str, Any], version: Microversion) -> ServerSpec:
        name, flavor = wish.get("name"), self._flavor_named(str(wish.get("flavorRef", "")))
        if not isinstance(name, str) or not name:
            raise HttpFault(400, "Invalid input for field/attribute server. 'name' is a required property")
        if version >= NETWORKS_NEEDED_SINCE and "networks" not in wish:
            raise HttpFault(400, "Invalid input for field/attribute server. 'networks' is a required property")
        if not wish.get("imageRef") and not wish.get("block_device_mapping_v2"):
            raise HttpFault(400, "Invalid imageRef provided.")
        hints = document.get("os:scheduler_hints") or document.get("OS-SCH-HNT:scheduler_hints") or {}
        return ServerSpec(
            name,
            flavor=flavor,
            zone=self._zone(str(wish.get("availability_zone") or "").partition(":")[0]),
            group=self._group_named(str(hints.get("group", ""))),
            metadata={str(k): str(v) for k, v in wish.get("metadata", {}).items()},
            tags=tuple(wish.get("tags", ())) if version >= TAGS_AT_BOOT_SINCE else (),
            image=bool(wish.get("imageRef")),
        )

    def _zone(self, name: str) -> str | None:
        if name and name not in {row.zone for row in self._sim.nova.computes}:
            raise HttpFault(400, "The requested availability zone is not available")
        return name or None

    def _flavor_named(self, wanted: str) -> str:
        for name in self._register.flavors:
            if wanted in {name, flavor_id(self._sim, name)}:
                return name
        raise HttpFault(400, f"Flavor {wanted} could not be found.")

    def _group_named(self, wanted: str) -> str | None:
        if not wanted:
            return None
        for group in self._sim.scenario.server_groups:
            if wanted in {group.name, group_id(self._sim, group.name)}:
                return group.name
        raise HttpFault(400, f"Instance group {wanted} could not be found.")

    def _only(self, document: Mapping[str, Any]) -> Key | None:
        """The compute that an administrator asks for, as `ZONE:HOST`."""
        host = str(document["server"].get("availability_zone") or "").partition(":")[2]
        return next((row.key for row in self._sim.nova.computes if host and row.host == host), None)

    async def delete(self, request: Request) -> Response:
        """DELETE servers/{id}."""
        authenticated(self._sim, request)
        self._sim.fleet.delete(found(self._sim, request.path_params["id"]))
        return nova_answer(b"", nova_microversion(request), status=204)

    async def tags(self, request: Request) -> Response:
        """GET servers/{id}/tags."""
        authenticated(self._sim, request)
        guest = found(self._sim, request.path_params["id"])
        return nova_answer(orjson.dumps({"tags": sorted(guest.tags)}), nova_microversion(request))

    async def tag(self, request: Request) -> Response:
        """PUT and DELETE servers/{id}/tags/{tag}."""
        authenticated(self._sim, request)
        guest, tag = found(self._sim, request.path_params["id"]), request.path_params["tag"]
        new = tag not in guest.tags
        if request.method == "DELETE" and new:
            raise HttpFault(404, f"Instance {guest.uuid} has no tag '{tag}'")
        (guest.tags.discard if request.method == "DELETE" else guest.tags.add)(tag)
        status = 201 if request.method == "PUT" and new else 204
        return nova_answer(b"", nova_microversion(request), status=status)


def found(sim: Simulation, wanted: str) -> Guest:
    """The server with this id, as it is at this moment; HttpFault 404."""
    sim.fleet.settle(sim.now())
    guest = sim.fleet.register.guests.get(wanted)
    if guest is None:
        raise HttpFault(404, f"Instance {wanted} could not be found.")
    return guest


def _object(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = document.get(key)
    if not isinstance(value, dict):
        raise HttpFault(400, f"Invalid input for field/attribute {key}. '{key}' is a required property")
    return value
