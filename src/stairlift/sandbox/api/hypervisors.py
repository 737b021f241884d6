"""Nova's hypervisors: long lists, in pages of at most a thousand."""

from collections.abc import Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator
from stairlift.sandbox.api.paging import next_link, page
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, nova_answer, nova_microversion
from stairlift.sandbox.records.nova import UUID_SINCE, ServiceRow
from stairlift.sandbox.records.rows import array, identity
from stairlift.sandbox.versions import Microversion

PAGED_SINCE: Microversion = (2, 33)
WITHOUT_USAGE_SINCE: Microversion = (2, 88)
WITH_SERVERS_SINCE: Microversion = (2, 53)
ALWAYS_SERVERS_SINCE: Microversion = (2, 75)

#: [api]max_limit: no page holds more, whatever is asked for, and a list without a limit is cut here too.
MAX_LIMIT = 1000

_YES = frozenset({"true", "1", "yes", "on"})
_USAGE = {
    "vcpus": 64,
    "vcpus_used": 4,
    "memory_mb": 524288,
    "memory_mb_used": 8704,
    "free_ram_mb": 515584,
    "local_gb": 1800,
    "local_gb_used": 40,
    "free_disk_gb": 1760,
    "disk_available_least": 1700,
    "current_workload": 0,
    "running_vms": 2,
    "cpu_info": {"arch": "x86_64", "model": "EPYC"},
}


class Hypervisors:
    """The handlers of os-hypervisors."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._nova = sim.nova
        self._rows = [row for row in sim.nova.computes if row.reachable]
        self._ids = {row.key: identity(sim.scenario.name, "hypervisor", *row.key) for row in self._rows}

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [
            Route(f"{root}/os-hypervisors", self.hypervisors),
            Route(f"{root}/os-hypervisors/detail", self.hypervisors),
            Route(f"{root}/os-hypervisors/{{id}}", self.hypervisor),
        ]

    async def hypervisors(self, request: Request) -> Response:
        """GET os-hypervisors and os-hypervisors/detail."""
        administrator(self._sim, request)
        version = nova_microversion(request)
        pattern = request.query_params.get("hypervisor_hostname_pattern", "")
        rows: Sequence[ServiceRow] = [row for row in self._rows if pattern in self._nova.hypervisor_name(row)]
        rest = b""
        if version >= PAGED_SINCE:
            rows, more = page(rows, request, lambda row: str(self._id(row, version)), MAX_LIMIT)
            rest = next_link("hypervisors", request, str(self._id(rows[-1], version))) if more else b""
        shown = (orjson.dumps(one) for one in self._documents(rows, request, version))
        return nova_answer(array("hypervisors", shown, rest), version)

    async def hypervisor(self, request: Request) -> Response:
        """GET os-hypervisors/{id}."""
        administrator(self._sim, request)
        version, wanted = nova_microversion(request), request.path_params["id"]
        rows = [row for row in self._rows if str(self._id(row, version)) == wanted]
        if not rows:
            raise HttpFault(404, f"Compute host {wanted} could not be found.")
        return nova_answer(orjson.dumps({"hypervisor": self._documents(rows, request, version)[0]}), version)

    def _id(self, row: ServiceRow, version: Microversion) -> str | int:
        return self._ids[row.key] if version >= UUID_SINCE else row.number

    def _documents(self, rows: Sequence[ServiceRow], request: Request, version: Microversion) -> list[dict[str, Any]]:
        detail = not request.url.path.endswith("/os-hypervisors")
        usage: dict[str, Any] = {} if version >= WITHOUT_USAGE_SINCE else dict(_USAGE)
        self._sim.fleet.settle(self._sim.now())
        up = self._nova.all_up(rows, self._sim.now())
        servers = version >= WITH_SERVERS_SINCE and request.query_params.get("with_servers", "").lower() in _YES
        return [
            self._short(row, version, state)
            | (self._long(row, version) | usage if detail else {})
            | (self._servers(row, version) if servers else {})
            for row, state in zip(rows, up, strict=True)
        ]

    def _servers(self, row: ServiceRow, version: Microversion) -> dict[str, Any]:
        """The servers of a hypervisor; before 2.75 Nova leaves the key out where there are none."""
        found = [{"name": guest.spec.name, "uuid": guest.uuid} for guest in self._sim.fleet.register.on(row.key)]
        return {"servers": found} if found or version >= ALWAYS_SERVERS_SINCE else {}

    def _short(self, row: ServiceRow, version: Microversion, up: bool) -> dict[str, Any]:
        return {
            "id": self._id(row, version),
            "hypervisor_hostname": self._nova.hypervisor_name(row),
            "state": "up" if up else "down",
            "status": row.status,
        }

    def _long(self, row: ServiceRow, version: Microversion) -> dict[str, Any]:
        service = {
            "id": row.uuid if version >= UUID_SINCE else row.number,
            "host": row.host,
            "disabled_reason": row.disabled or None,
        }
        n = row.number
        return {
            "host_ip": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}",
            "hypervisor_type": "QEMU",
            "hypervisor_version": 8002002,
            "service": service,
            "uptime": None,
        }
