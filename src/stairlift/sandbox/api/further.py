"""The APIs of the projects that few clouds have: version documents, and what each lists of itself.

The rows have the fields of the projects' API references. Who may ask is simpler than there: an administrator of the
project everywhere, of Ironic, too, whose default policies want a reader of the system.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator
from stairlift.sandbox.api.further_rows import (
    PROVIDERS,
    Row,
    amphorae,
    heat,
    magnum,
    reservable,
    segments,
    watched,
    watcher,
    with_status,
    zun,
)
from stairlift.sandbox.api.paging import next_link, next_page, page
from stairlift.sandbox.api.row_lists import load_balancers, nodes, shares, stacks
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID
from stairlift.sandbox.api.wire import HttpFault, answer, backend_of, base_of, body_of, microversion
from stairlift.sandbox.binaries import Registry
from stairlift.sandbox.records.rows import array
from stairlift.sandbox.times import nova_time
from stairlift.sandbox.versions import text

#: The rows of a list at this moment.
Rows = Callable[[Simulation], list[Row]]
MOST = 1000
_BY_DEFAULT = 20  # rows of a page of Designate
_FROM_2_7 = (2, 7)
_FROM_1_49 = (1, 49)


def further(sim: Simulation) -> Mapping[str, list[Route]]:
    """What is answered, by the first segment of the path."""
    return {
        "orchestration": [
            _versions("/orchestration", {"id": "v1.0"}, 300),
            _list(sim, f"/orchestration/v1/{PROJECT_ID}/services", "services", heat),
            *stacks(sim),
        ],
        "share": [
            _versions("/share", {"id": "v2.0", "min_version": "2.0", "version": None}, 300),
            Route("/share/v2/services", _manila(sim, plain=True)),
            Route("/share/v2/os-services", _manila(sim, plain=False)),
            *shares(sim),
        ],
        "baremetal": [
            _versions("/baremetal", {"id": "v1", "min_version": "1.1", "version": None}),
            Route("/baremetal/v1/conductors", _ironic(sim)),
            *nodes(sim),
        ],
        "dns": [
            _versions("/dns", {"id": "v2.0"}),
            Route("/dns/v2/service_statuses", _designate(sim)),
        ],
        "load-balancer": [
            _versions("/load-balancer", {"id": None}),
            _list(sim, "/load-balancer/v2/lbaas/providers", "providers", lambda _: list(PROVIDERS)),
            _list(sim, "/load-balancer/v2/octavia/amphorae", "amphorae", amphorae, _by_links),
            *load_balancers(sim),
        ],
        "container-infra": [
            _versions("/container-infra", {"id": "v1", "min_version": "1.1", "max_version": None}),
            _list(sim, "/container-infra/v1/mservices", "mservices", magnum),
        ],
        "instance-ha": [
            _versions("/instance-ha", {"id": "v1.0", "min_version": "1.0", "version": None}),
            _list(sim, f"/instance-ha/v1/{PROJECT_ID}/segments", "segments", segments, _silently),
            _list(sim, f"/instance-ha/v1/{PROJECT_ID}/segments/{{uuid}}/hosts", "hosts", watched, _silently),
            Route(f"/instance-ha/v1/{PROJECT_ID}/segments/{{uuid}}/hosts/{{host}}", _masakari(sim), methods=["PUT"]),
        ],
        "infra-optim": [
            _versions("/infra-optim", {"id": "v1", "min_version": "1.0", "max_version": None}),
            _list(sim, "/infra-optim/v1/services/detail", "services", watcher, _by_next),
        ],
        "container": [
            _versions("/container", {"id": "v1", "min_version": "1.1", "max_version": None}),
            _list(sim, "/container/v1/services", "services", zun),
        ],
        "reservation": [
            _versions("/reservation", {"id": "v1.0"}, 300),
            _list(sim, "/reservation/v1/os-hosts", "hosts", reservable),
        ],
    }


def _versions(path: str, version: Row, status: int = 200) -> Route:
    """The version document; the field that is None gets the highest (micro)version of the process that answers."""

    async def handler(request: Request) -> Response:
        highest = text(backend_of(request).maximum)
        given = {k: f"v{highest}" if k == "id" and v is None else v or highest for k, v in version.items()}
        links = [{"rel": "self", "href": f"{base_of(request)}{path}/"}]
        return answer({"versions": [given | {"status": "CURRENT", "links": links}]}, status)

    return Route(path, handler)


#: What follows the rows in a document: how the API says that there is another page, given the name and the last row.
Onward = Callable[[Request, str, Row], bytes]


def _silently(_request: Request, _name: str, _row: Row) -> bytes:
    return b""


def _by_next(request: Request, _name: str, row: Row) -> bytes:
    return b',"next":"%s"' % next_page(request, _marker(row)).encode()


def _by_links(request: Request, name: str, row: Row) -> bytes:
    return next_link(name, request, _marker(row))


def _by_inner_next(request: Request, _name: str, row: Row) -> bytes:
    return b',"links":{"next":"%s"}' % next_page(request, _marker(row)).encode()


def _marker(row: Row) -> str:
    return str(row.get("uuid") or row.get("id") or row["hostname"])


def _list(sim: Simulation, path: str, name: str, rows: Rows, onward: Onward | None = None) -> Route:
    """A list for administrators; in pages where the API has a way to say that there are more."""

    async def handler(request: Request) -> Response:
        administrator(sim, request)
        found = rows(sim)
        return _page(request, name, found, onward) if onward else answer({name: found})

    return Route(path, handler)


def _page(request: Request, name: str, rows: list[Row], onward: Onward, ceiling: int = MOST) -> Response:
    shown, more = page(rows, request, _marker, ceiling)
    rest = onward(request, name, shown[-1]) if more else b""
    return answer(array(name, map(orjson.dumps, shown), rest))


def _manila(sim: Simulation, *, plain: bool) -> Callable[[Request], Any]:
    """The list has another path from 2.7 on; the other one is not there."""

    async def handler(request: Request) -> Response:
        administrator(sim, request)
        version = microversion(request, "shared-file-system", (2, 0), "x-openstack-manila-api-version")
        if plain is not (version >= _FROM_2_7):
            raise HttpFault(404, "The resource could not be found.")
        rows = sim.registered.rows(Registry.MANILA, sim.now())
        return answer({"services": [with_status(row) | {"id": row.number} for row in rows]})

    return handler


def _ironic(sim: Simulation) -> Callable[[Request], Any]:
    async def handler(request: Request) -> Response:
        administrator(sim, request)
        version = microversion(request, "baremetal", (1, 1), "x-openstack-ironic-api-version")
        if version < _FROM_1_49:
            raise HttpFault(404, "Not Found")
        rows: list[Row] = [
            {
                "hostname": row.host,
                "conductor_group": "",
                "alive": row.up,
                "drivers": ["ipmi", "redfish"],
                "created_at": f"{nova_time(sim.world.begin)[:19]}+00:00",
                "updated_at": f"{nova_time(row.reported)[:19]}+00:00",
                "links": [],
            }
            for row in sim.registered.rows(Registry.IRONIC, sim.now())
        ]
        return _page(request, "conductors", rows, _by_next)

    return handler


def _masakari(sim: Simulation) -> Callable[[Request], Any]:
    """PUT segments/{uuid}/hosts/{host} {"host": {"on_maintenance": ...}}."""

    async def handler(request: Request) -> Response:
        administrator(sim, request)
        wish = (await body_of(request)).get("host")
        if not isinstance(wish, dict) or not isinstance(wish.get("on_maintenance"), bool):
            raise HttpFault(400, "Invalid input for field/attribute host.")
        uuid = request.path_params["host"]
        if not any(row["uuid"] == uuid for row in watched(sim)):
            raise HttpFault(404, f"No host with id {uuid}.")
        (sim.on_maintenance.add if wish["on_maintenance"] else sim.on_maintenance.discard)(uuid)
        return answer({"host": next(row for row in watched(sim) if row["uuid"] == uuid)})

    return handler


def _designate(sim: Simulation) -> Callable[[Request], Any]:
    """Nobody notices that a service died: its status stays UP."""

    async def handler(request: Request) -> Response:
        administrator(sim, request)
        rows: list[Row] = [
            {
                "id": row.uuid,
                "hostname": row.host,
                "service_name": row.key[1].removeprefix("designate-"),
                "status": "UP",
                "stats": {},
                "capabilities": {},
                "heartbeated_at": nova_time(row.reported),
                "created_at": nova_time(sim.world.begin),
                "updated_at": nova_time(row.reported),
                "links": {"self": f"{base_of(request)}/dns/v2/service_statuses/{row.uuid}"},
            }
            for row in sim.registered.rows(Registry.DESIGNATE, sim.now())
        ]
        ceiling = MOST if "limit" in request.query_params else _BY_DEFAULT
        return _page(request, "service_statuses", rows, _by_inner_next, ceiling)

    return handler
