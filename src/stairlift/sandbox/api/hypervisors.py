"""Nova's hypervisors and servers: long lists, in pages of at most a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator, authenticated
from stairlift.sandbox.api.paging import next_link, page
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID, USERS
from stairlift.sandbox.api.wire import HttpFault, nova_answer, nova_microversion
from stairlift.sandbox.records.nova import UUID_SINCE, ServiceRow
from stairlift.sandbox.records.rows import array, identity
from stairlift.sandbox.times import nova_time
from stairlift.sandbox.versions import Microversion

PAGED_SINCE: Microversion = (2, 33)
WITHOUT_USAGE_SINCE: Microversion = (2, 88)

#: [api]max_limit: no page holds more, whatever is asked for, and a list without a limit is cut here too.
MAX_LIMIT = 1000

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


@dataclass(frozen=True, slots=True)
class Server:
    """A virtual machine, and the compute that runs it."""

    uuid: str
    name: str
    row: ServiceRow


class Hypervisors:
    """The handlers of os-hypervisors and servers."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._nova = sim.nova
        self._rows = [row for row in sim.nova.computes if row.reachable]
        self._ids = {row.key: identity(sim.scenario.name, "hypervisor", *row.key) for row in self._rows}
        count = sim.scenario.servers_per_compute
        self._servers = [self._server(row, n) for row in self._rows for n in range(1, count + 1)]

    def _server(self, row: ServiceRow, number: int) -> Server:
        name = f"vm-{row.host.split('.')[0]}-{number}"
        return Server(identity(self._sim.scenario.name, "server", name), name, row)

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [
            Route(f"{root}/os-hypervisors", self.hypervisors),
            Route(f"{root}/os-hypervisors/detail", self.hypervisors),
            Route(f"{root}/os-hypervisors/{{id}}", self.hypervisor),
            Route(f"{root}/servers", self.servers),
            Route(f"{root}/servers/detail", self.servers),
            Route(f"{root}/servers/{{id}}", self.server),
        ]

    def has_servers(self, row: ServiceRow) -> bool:
        """Whether this compute runs a virtual machine."""
        return any(server.row is row for server in self._servers)

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
        up = self._nova.all_up(rows, self._sim.now())
        return [
            self._short(row, version, state) | (self._long(row, version) | usage if detail else {})
            for row, state in zip(rows, up, strict=True)
        ]

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

    async def servers(self, request: Request) -> Response:
        """GET servers and servers/detail, of all projects: there is only one."""
        authenticated(self._sim, request)
        version = nova_microversion(request)
        query = request.query_params
        wanted = [
            one
            for one in self._servers
            if query.get("host", one.row.host) == one.row.host and query.get("name", "") in one.name
        ]
        if query.get("status", "ACTIVE").upper() != "ACTIVE":
            wanted = []
        rows, more = page(wanted, request, lambda one: one.uuid, MAX_LIMIT)
        rest = next_link("servers", request, rows[-1].uuid) if more else b""
        detail = request.url.path.endswith("/detail")
        shown = (orjson.dumps(self._document(one) if detail else _brief(one)) for one in rows)
        return nova_answer(array("servers", shown, rest), version)

    async def server(self, request: Request) -> Response:
        """GET servers/{id}."""
        authenticated(self._sim, request)
        wanted = request.path_params["id"]
        one = next((server for server in self._servers if server.uuid == wanted), None)
        if one is None:
            raise HttpFault(404, f"Instance {wanted} could not be found.")
        return nova_answer(orjson.dumps({"server": self._document(one)}), nova_microversion(request))

    def _document(self, one: Server) -> dict[str, Any]:
        made = nova_time(self._sim.world.begin)[:19] + "Z"
        return _brief(one) | {
            "status": "ACTIVE",
            "tenant_id": PROJECT_ID,
            "user_id": USERS[0].id,
            "created": made,
            "updated": made,
            "OS-EXT-AZ:availability_zone": one.row.zone,
            "OS-EXT-SRV-ATTR:host": one.row.host,
            "OS-EXT-SRV-ATTR:hypervisor_hostname": self._nova.hypervisor_name(one.row),
            "OS-EXT-STS:power_state": 1,
            "OS-EXT-STS:task_state": None,
            "OS-EXT-STS:vm_state": "active",
            "addresses": {},
            "flavor": {"original_name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20, "ephemeral": 0, "swap": 0},
            "image": "",
            "metadata": {},
        }


def _brief(one: Server) -> dict[str, Any]:
    return {"id": one.uuid, "name": one.name, "links": []}
