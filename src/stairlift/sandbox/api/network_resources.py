"""Neutron: networks, subnets, routers, floating IPs, and ports with their bindings."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator, authenticated
from stairlift.sandbox.api.paging import next_link, page
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import Token, project_id
from stairlift.sandbox.api.wire import HttpFault, answer, body_of
from stairlift.sandbox.guests.guest import Guest
from stairlift.sandbox.records.networks import Hosted
from stairlift.sandbox.records.rows import array, identity
from stairlift.sandbox.tenants import NetworkSpec, RouterSpec
from stairlift.sandbox.world.hearing import Key

Row = dict[str, Any]
_NOT_FILTERS = frozenset({"limit", "marker", "fields", "page_reverse", "sort_key", "sort_dir"})


class NetworkResources:
    """The handlers of what users have. Rows are made when they are asked for: nobody keeps them in step."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._networks = sim.networks

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        lists = {"networks": self._all_networks, "subnets": self._subnets, "routers": self._routers}
        lists |= {"ports": self._ports, "floatingips": lambda: iter(())}
        return [
            *(Route(f"{root}/{name}", self._index(name, rows)) for name, rows in lists.items()),
            Route(f"{root}/ports", self.create_port, methods=["POST"]),
            *(Route(f"{root}/{name}/{{id}}", self._show(name, rows)) for name, rows in lists.items()),
            Route(f"{root}/ports/{{id}}", self.delete_port, methods=["DELETE"]),
            Route(f"{root}/ports/{{id}}/bindings", self.bindings),
            Route(f"{root}/ports/{{id}}/tags/{{tag}}", self.tag_port, methods=["PUT"]),
        ]

    def _index(self, name: str, rows: Any) -> Any:
        """A handler that lists, filters, pages and cuts rows down to the fields that are asked for."""

        async def handler(request: Request) -> Response:
            token, query = authenticated(self._sim, request), request.query_params
            filters = {key: set(query.getlist(key)) for key in query.keys() - _NOT_FILTERS}
            seen = (_seen(row, token) for row in rows() if _visible(row, token))
            wanted = [row for row in seen if all(_is(row.get(k), v) for k, v in filters.items())]
            shown, _ = page(wanted, request, lambda row: str(row["id"]))
            full = "limit" in query and len(shown) == int(query["limit"]) > 0
            rest = next_link(name, request, shown[-1]["id"]) if full else b""
            fields = query.getlist("fields")
            cut = ({k: v for k, v in row.items() if not fields or k in fields} for row in shown)
            return answer(array(name, map(orjson.dumps, cut), rest))

        return handler

    def _show(self, name: str, rows: Any) -> Any:
        async def handler(request: Request) -> Response:
            token, wanted = authenticated(self._sim, request), request.path_params["id"]
            row = next((row for row in rows() if row["id"] == wanted and _visible(row, token)), None)
            if row is None:
                raise HttpFault(404, f"{name.capitalize().removesuffix('s')} {wanted} could not be found.")
            return answer({name.removesuffix("s"): _seen(row, token)})

        return handler

    def _all_networks(self) -> Iterator[Row]:
        for one in self._networks.networks.values():
            if isinstance(one.spec, NetworkSpec):
                yield _owned(one) | {
                    "status": "ACTIVE",
                    "admin_state_up": True,
                    "shared": False,
                    "mtu": 1450,
                    "router:external": one.spec.external,
                    "provider:network_type": "vxlan",
                    "subnets": [identity(one.uuid, "subnet")],
                    "availability_zones": sorted(
                        {str(row.fixed["availability_zone"]) for row, _ in self._hosting(one)}
                    ),
                }

    def _hosting(self, one: Hosted) -> list[Any]:
        return list(self._networks.hosting(one))

    def _subnets(self) -> Iterator[Row]:
        for number, one in enumerate(self._networks.networks.values(), 1):
            dhcp = isinstance(one.spec, NetworkSpec) and not one.spec.external
            cidr = {"cidr": f"10.200.{number}.0/24", "ip_version": 4, "enable_dhcp": dhcp}
            yield _owned(one) | {"id": identity(one.uuid, "subnet"), "network_id": one.uuid} | cidr

    def _routers(self) -> Iterator[Row]:
        for one in self._networks.routers.values():
            if isinstance(one.spec, RouterSpec):
                yield _owned(one) | {
                    "status": "ACTIVE",
                    "admin_state_up": True,
                    "ha": one.spec.ha,
                    "distributed": False,
                    "external_gateway_info": None,
                }

    def _ports(self) -> Iterator[Row]:
        """Of servers, of DHCP agents and of routers, and those that somebody made."""
        now = self._sim.now()
        self._sim.fleet.settle(now)
        for guest in self._sim.fleet.register.guests.values():
            yield self._server_port(guest)
        for one in self._networks.networks.values():
            for row, _ in self._networks.hosting(one):
                status = "ACTIVE" if self._networks.dhcp_ready(one, row.uuid, now) else "DOWN"
                yield _port(identity(one.uuid, "dhcp", row.uuid), "network:dhcp", row.fixed["host"]) | {
                    "network_id": one.uuid,
                    "device_id": f"dhcp{row.uuid}-{one.uuid}",
                    "status": status,
                }
        for one in self._networks.routers.values():
            hosts = [row.fixed["host"] for row, state in self._networks.hosting(one) if state in {None, "active"}]
            owner = (
                "network:ha_router_replicated_interface"
                if getattr(one.spec, "ha", False)
                else "network:router_interface"
            )
            port = _port(identity(one.uuid, "port"), owner, hosts[0] if hosts else "")
            yield port | {"device_id": one.uuid, "status": "ACTIVE" if hosts else "DOWN"}
        yield from self._networks.own.values()

    def _server_port(self, guest: Guest) -> Row:
        port = _port(identity(guest.uuid, "port"), f"compute:{self._zone(guest.compute)}", self._host(guest.compute))
        bound = guest.vm_state != "error" and guest.compute is not None
        return port | {
            "device_id": guest.uuid,
            "project_id": project_id(guest.spec.project),
            "tenant_id": project_id(guest.spec.project),
            "network_id": next(iter(self._networks.networks), ""),
            "binding:vnic_type": guest.spec.vnic,
            "binding:vif_type": "ovs" if bound else "unbound",
            "status": "ACTIVE" if bound else "DOWN",
        }

    def _host(self, compute: Key | None) -> str:
        return "" if compute is None else self._sim.world.hosts[compute[0]].called("neutron")

    def _zone(self, compute: Key | None) -> str:
        return "nova" if compute is None else self._sim.world.hosts[compute[0]].zone

    async def bindings(self, request: Request) -> Response:
        """GET ports/{id}/bindings: two while its server is moved, of which one is not active."""
        administrator(self._sim, request)
        wanted = request.path_params["id"]
        row = next((row for row in self._ports() if row["id"] == wanted), None)
        if row is None:
            raise HttpFault(404, f"Port {wanted} could not be found.")
        found = [_binding(row, row["binding:host_id"], "ACTIVE")]
        for migration in self._sim.fleet.register.migrations.values():
            if migration.in_progress and migration.guest.uuid == row["device_id"]:
                found += [_binding(row, self._host(migration.dest), "INACTIVE")]
        return answer({"bindings": found})

    async def create_port(self, request: Request) -> Response:
        """POST ports."""
        token = authenticated(self._sim, request)
        wish = (await body_of(request)).get("port")
        if not isinstance(wish, dict) or wish.get("network_id") not in self._networks.networks:
            raise HttpFault(404, "Network could not be found." if isinstance(wish, dict) else "port is missing")
        owner = project_id("admin") if token.project else ""
        row = _port(str(uuid4()), str(wish.get("device_owner", "")), "") | {
            "name": str(wish.get("name", "")),
            "network_id": wish["network_id"],
            "device_id": str(wish.get("device_id", "")),
            "project_id": owner,
            "tenant_id": owner,
        }
        self._networks.own[row["id"]] = row
        return answer({"port": row}, 201)

    async def delete_port(self, request: Request) -> Response:
        """DELETE ports/{id}: only ports that were made this way can be deleted here."""
        authenticated(self._sim, request)
        if self._networks.own.pop(request.path_params["id"], None) is None:
            raise HttpFault(404, f"Port {request.path_params['id']} could not be found.")
        return Response(status_code=204)

    async def tag_port(self, request: Request) -> Response:
        """PUT ports/{id}/tags/{tag}."""
        authenticated(self._sim, request)
        row = self._networks.own.get(request.path_params["id"])
        if row is None:
            raise HttpFault(404, f"Port {request.path_params['id']} could not be found.")
        row["tags"] = [*row["tags"], str(request.path_params["tag"])]
        return Response(status_code=201)


def _owned(one: Hosted) -> Row:
    owner = project_id(one.spec.project)
    return {"id": one.uuid, "name": one.name, "project_id": owner, "tenant_id": owner, "tags": []}


def _port(uuid: str, owner: str, host: object) -> Row:
    project = project_id("admin")
    return {
        "id": uuid,
        "name": "",
        "network_id": "",
        "device_owner": owner,
        "device_id": "",
        "project_id": project,
        "tenant_id": project,
        "admin_state_up": True,
        "status": "DOWN",
        "tags": [],
        "binding:host_id": host,
        "binding:vnic_type": "normal",
        "binding:vif_type": "ovs" if host else "unbound",
        "binding:profile": {},
    }


def _binding(row: Mapping[str, Any], host: str, status: str) -> Row:
    kept = {
        key.removeprefix("binding:"): row[key] for key in ("binding:vnic_type", "binding:vif_type", "binding:profile")
    }
    return kept | {"host": host, "status": status, "vif_details": {}}


def _visible(row: Mapping[str, Any], token: Token) -> bool:
    return token.admin or row["project_id"] == project_id("admin")


def _seen(row: Row, token: Token) -> Row:
    """Bindings are for administrators."""
    return row if token.admin else {k: v for k, v in row.items() if not k.startswith("binding:")}


def _is(value: object, words: set[str]) -> bool:
    """Whether a value is among those of a query, which spells booleans in either case."""
    return str(value).lower() in {word.lower() for word in words}
