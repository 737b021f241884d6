"""Cinder: version documents and services."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator, authenticated
from stairlift.sandbox.api.row_lists import volume_lists
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID
from stairlift.sandbox.api.wire import HttpFault, answer, backend_of, base_of, body_of, microversion
from stairlift.sandbox.records.rows import array
from stairlift.sandbox.versions import Microversion, text

LOWEST: Microversion = (3, 0)


class Volume:
    """The handlers of /volume. The project's id in the path may be left out, as from 3.67 on."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._records = sim.cinder

    def routes(self) -> list[Route]:
        """What is answered."""
        roots = (f"/volume/v3/{PROJECT_ID}", "/volume/v3")
        return [
            Route("/volume", self.versions),
            Route("/volume/v3", self.version),
            *(Route(f"{root}/os-services", self.services) for root in roots),
            *(Route(f"{root}/os-services/{{action}}", self.update, methods=["PUT"]) for root in roots),
            *(Route(f"{root}/os-availability-zone", self.zones) for root in roots),
            *volume_lists(self._sim, roots),
        ]

    async def versions(self, request: Request) -> Response:
        """GET /volume: the version document, with 300 as Cinder has it."""
        return answer({"versions": [_version(request)]}, 300)

    async def version(self, request: Request) -> Response:
        """GET /volume/v3."""
        return answer({"versions": [_version(request)]})

    async def services(self, request: Request) -> Response:
        """GET os-services."""
        administrator(self._sim, request)
        version = microversion(request, "volume", LOWEST)
        query = request.query_params
        rows = [
            row
            for row in self._records.rows
            if query.get("binary", row.key[1]) == row.key[1]
            and query.get("host", row.host) in {row.host, row.host.split("@")[0]}
        ]
        body = array("services", self._records.listing(rows, version, self._sim.now()))
        return answer(body, headers={"OpenStack-API-Version": f"volume {text(version)}"})

    async def update(self, request: Request) -> Response:
        """PUT os-services/enable, disable and disable-log-reason."""
        administrator(self._sim, request)
        action, body = request.path_params["action"], await body_of(request)
        if action not in {"enable", "disable", "disable-log-reason"}:
            raise HttpFault(404, f"Unknown action {action}")
        host, binary = body.get("host"), body.get("binary", body.get("service"))
        row = next((r for r in self._records.rows if r.host == host and r.key[1] == binary), None)
        if row is None:
            raise HttpFault(404, f"Service {binary} could not be found on host {host}.")
        row.disabled = None if action == "enable" else str(body.get("disabled_reason", ""))
        done = {"host": row.host, "service": binary, "binary": binary, "status": row.status}
        return answer(done | {"disabled": row.disabled is not None, "disabled_reason": row.disabled or None})

    async def zones(self, request: Request) -> Response:
        """GET os-availability-zone."""
        authenticated(self._sim, request)
        names = sorted({row.zone for row in self._records.rows})
        return answer({"availabilityZoneInfo": [{"zoneName": n, "zoneState": {"available": True}} for n in names]})


def _version(request: Request) -> dict[str, Any]:
    return {
        "id": "v3.0",
        "status": "CURRENT",
        "version": text(backend_of(request).maximum),
        "min_version": "3.0",
        "updated": "2022-03-30T00:00:00Z",
        "links": [{"rel": "self", "href": f"{base_of(request)}/volume/v3/"}],
        "media-types": [],
    }
