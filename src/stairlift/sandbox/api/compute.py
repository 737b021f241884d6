"""Nova: version documents, the services and what an operator may want of them, aggregates and availability zones."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator, authenticated
from stairlift.sandbox.api.flavors import Flavors
from stairlift.sandbox.api.hypervisors import Hypervisors
from stairlift.sandbox.api.limits import Limits
from stairlift.sandbox.api.migrations import Migrations
from stairlift.sandbox.api.server_actions import ServerActions
from stairlift.sandbox.api.servers import Servers
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, backend_of, base_of, body_of, nova_answer, nova_microversion
from stairlift.sandbox.records.nova import FORCED_DOWN_SINCE, UUID_SINCE, ServiceRow
from stairlift.sandbox.records.rows import array, identity
from stairlift.sandbox.tenants import AggregateSpec
from stairlift.sandbox.versions import Microversion, text

AGGREGATE_UUID_SINCE: Microversion = (2, 41)
REASON_LENGTH = 255
_ACTIONS = frozenset({"enable", "disable", "disable-log-reason", "force-down"})


class Compute:
    """The handlers of /compute, but for hypervisors and servers."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._nova = sim.nova
        self._parts = (Hypervisors(sim), Servers(sim), ServerActions(sim), Migrations(sim), Flavors(sim), Limits(sim))

    def routes(self) -> list[Route]:
        """What is answered."""
        root = "/compute/v2.1"
        return [
            Route("/compute", self.versions),
            Route(root, self.version),
            Route(f"{root}/os-services", self.services),
            Route(f"{root}/os-services/{{id}}", self.update, methods=["PUT"]),
            Route(f"{root}/os-services/{{id}}", self.delete, methods=["DELETE"]),
            Route(f"{root}/os-aggregates", self.aggregates),
            Route(f"{root}/os-availability-zone", self.zones),
            Route(f"{root}/os-availability-zone/detail", self.zones_detail),
            *(route for part in self._parts for route in part.routes(root)),
        ]

    async def versions(self, request: Request) -> Response:
        """GET /compute."""
        return answer({"versions": [_old_version(request), _version(request)]})

    async def version(self, request: Request) -> Response:
        """GET /compute/v2.1; needs no token, like the real one."""
        return answer({"version": _version(request)})

    async def services(self, request: Request) -> Response:
        """GET os-services, in one piece: Nova does not page here."""
        administrator(self._sim, request)
        version = nova_microversion(request)
        query = request.query_params
        rows = [
            row
            for row in self._nova.rows
            if query.get("binary", row.binary) == row.binary and query.get("host", row.host) == row.host
        ]
        return nova_answer(array("services", self._nova.listing(rows, version, self._sim.now())), version)

    async def update(self, request: Request) -> Response:
        """PUT os-services/{id} from 2.53 on; before, PUT os-services/{action} with host and binary in the body."""
        administrator(self._sim, request)
        version = nova_microversion(request)
        body = await body_of(request)
        word = request.path_params["id"]
        if version >= UUID_SINCE:
            row = self._found(self._nova.find(word), word)
            wish = body
        else:
            row, wish = self._by_name(body), _wish(word, body, version)
        self._apply(row, wish)
        return nova_answer(self._one(row, version), version)

    def _by_name(self, body: Mapping[str, Any]) -> ServiceRow:
        host, binary = body.get("host"), body.get("binary")
        row = next((r for r in self._nova.rows if r.host == host and r.binary == binary), None)
        return self._found(row, f"{binary} on {host}")

    @staticmethod
    def _found(row: ServiceRow | None, word: str) -> ServiceRow:
        if row is None:
            raise HttpFault(404, f"Service {word} could not be found.")
        if row.binary != "nova-compute":
            raise HttpFault(
                400, f"Updating a {row.binary} service is not supported. Only nova-compute services can be updated."
            )
        return row

    def _apply(self, row: ServiceRow, wish: Mapping[str, Any]) -> None:
        """Do what the body says: status, disabled_reason, forced_down; HttpFault 400 where it says nothing sensible."""
        status, reason = wish.get("status"), wish.get("disabled_reason", "")
        forced = wish.get("forced_down", row.forced_down)
        if not wish.keys() & {"status", "forced_down"} or status not in {None, "enabled", "disabled"}:
            raise HttpFault(400, "Must specify 'status' or 'forced_down' in body to update a service.")
        if not isinstance(reason, str) or len(reason) > REASON_LENGTH or not isinstance(forced, bool):
            raise HttpFault(400, "Invalid input for field/attribute disabled_reason or forced_down.")
        disabled = row.disabled if status is None else (reason if status == "disabled" else None)
        self._nova.set(row, disabled, forced_down=forced)

    def _one(self, row: ServiceRow, version: Microversion) -> bytes:
        shown = b"".join(self._nova.listing([row], version, self._sim.now()))
        return b'{"service":%s}' % (shown or b"{}")

    async def delete(self, request: Request) -> Response:
        """DELETE os-services/{id}: the record of a compute that is gone for good."""
        administrator(self._sim, request)
        version = nova_microversion(request)
        row = self._nova.find(request.path_params["id"])
        if row is None:
            raise HttpFault(404, f"Service {request.path_params['id']} could not be found.")
        if self._sim.fleet.register.on(row.key):
            raise HttpFault(409, "Unable to delete compute service that is hosting instances.")
        self._sim.world.forget(row.key)
        return nova_answer(b"", version, status=204)

    async def aggregates(self, request: Request) -> Response:
        """GET os-aggregates."""
        administrator(self._sim, request)
        version = nova_microversion(request)
        found = [self._aggregate(number, one, version) for number, one in enumerate(aggregates(self._sim), 1)]
        return nova_answer(orjson.dumps({"aggregates": found}), version)

    def _aggregate(self, number: int, spec: AggregateSpec, version: Microversion) -> dict[str, Any]:
        zone = {"availability_zone": spec.zone} if spec.zone else {}
        members = frozenset(spec.hosts)
        one: dict[str, Any] = {
            "id": number,
            "name": spec.name,
            "availability_zone": spec.zone,
            "hosts": [row.host for row in self._nova.computes if row.key[0] in members],
            "metadata": zone | dict(spec.metadata),
            "created_at": "2020-01-01T00:00:00.000000",
            "updated_at": None,
            "deleted_at": None,
            "deleted": False,
        }
        return one | {"uuid": aggregate_id(self._sim, spec.name)} if version >= AGGREGATE_UUID_SINCE else one

    async def zones(self, request: Request) -> Response:
        """GET os-availability-zone, for anybody."""
        authenticated(self._sim, request)
        return self._zones(request, detail=False)

    async def zones_detail(self, request: Request) -> Response:
        """GET os-availability-zone/detail, with the hosts and their services."""
        administrator(self._sim, request)
        return self._zones(request, detail=True)

    def _zones(self, request: Request, *, detail: bool) -> Response:
        version, now = nova_microversion(request), self._sim.now()
        zones: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
        for row, up in zip(self._nova.rows, self._nova.all_up(self._nova.rows, now), strict=True):
            zones[row.zone][row.host][row.binary] = {"available": up, "active": row.disabled is None}
        found = [
            {"zoneName": zone, "zoneState": {"available": True}, "hosts": hosts if detail else None}
            for zone, hosts in zones.items()
            if detail or zone != "internal"
        ]
        return nova_answer(orjson.dumps({"availabilityZoneInfo": found}), version)


def aggregates(sim: Simulation) -> list[AggregateSpec]:
    """One for each availability zone that is not the default, and those of the scenario."""
    zones: dict[str, list[str]] = defaultdict(list)
    for row in sim.nova.computes:
        zones[row.zone].append(row.key[0])
    given = {spec.zone for spec in sim.scenario.aggregates}
    by_zone = [AggregateSpec(z, tuple(zones[z]), zone=z) for z in sorted(zones.keys() - {"nova"}) if z not in given]
    return [*by_zone, *sim.scenario.aggregates]


def aggregate_id(sim: Simulation, name: str) -> str:
    """The UUID of an aggregate, in Nova as in Placement."""
    return identity(sim.scenario.name, "aggregate", name)


def _version(request: Request) -> dict[str, Any]:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": text(backend_of(request).maximum),
        "min_version": "2.1",
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{base_of(request)}/compute/v2.1/"}],
    }


def _old_version(request: Request) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{base_of(request)}/compute/v2/"}]
    old = {"id": "v2.0", "status": "SUPPORTED", "version": "", "min_version": "", "updated": "2011-01-21T11:33:21Z"}
    return old | {"links": links}


def _wish(action: str, body: Mapping[str, Any], version: Microversion) -> dict[str, Any]:
    """What an update of before 2.53 asks for, in the words of the later one."""
    if action not in _ACTIONS or (action == "force-down" and version < FORCED_DOWN_SINCE):
        raise HttpFault(404, f"Unknown action {action}")
    if action == "force-down":
        return {"forced_down": body.get("forced_down")}
    wish: dict[str, Any] = {"status": "enabled" if action == "enable" else "disabled"}
    return wish | {"disabled_reason": body.get("disabled_reason", "")} if action == "disable-log-reason" else wish
