"""Placement: resource providers with what they have, what is taken of them, and who could be placed where.

The documents follow Placement's API reference; tests/real/test_sandbox_servers.py compares them with the testbed's.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator
from stairlift.sandbox.api.compute import aggregate_id, aggregates
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import USERS, project_id
from stairlift.sandbox.api.wire import HttpFault, answer, backend_of, microversion
from stairlift.sandbox.records.nova import ServiceRow
from stairlift.sandbox.records.rows import identity
from stairlift.sandbox.versions import text

LOWEST = (1, 0)
DISABLED = "COMPUTE_STATUS_DISABLED"
CANDIDATES_SINCE = (1, 10)
#: What every libvirt host has.
_TRAITS = ("COMPUTE_NODE", "COMPUTE_NET_ATTACH_INTERFACE", "COMPUTE_VOLUME_MULTI_ATTACH", "HW_CPU_X86_SSE42")


class Placement:
    """The handlers of /placement."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._register = sim.fleet.register
        rows = [row for row in sim.nova.computes if row.reachable]
        self._groups: dict[str, set[str]] = defaultdict(set)
        for spec in aggregates(sim):
            for host in spec.hosts if spec.in_placement else ():
                self._groups[host].add(aggregate_id(sim, spec.name))
        self._rows = {identity(sim.scenario.name, "hypervisor", *row.key): row for row in rows}

    def routes(self) -> list[Route]:
        """What is answered."""
        one = "/placement/resource_providers/{id}"
        return [
            Route("/placement", self.versions),
            Route("/placement/resource_providers", self.providers),
            Route(one, self.provider),
            *(Route(f"{one}/{part}", self.part) for part in ("inventories", "usages", "traits", "aggregates")),
            Route(f"{one}/allocations", self.part),
            Route("/placement/allocations/{id}", self.allocations),
            Route("/placement/allocation_candidates", self.candidates),
            Route("/placement/traits", self.traits),
        ]

    async def versions(self, request: Request) -> Response:
        """GET /placement."""
        version = {"id": "v1.0", "min_version": "1.0", "max_version": text(backend_of(request).maximum)}
        return answer({"versions": [version | {"status": "CURRENT", "links": [{"rel": "self", "href": ""}]}]})

    def _begin(self, request: Request) -> None:
        administrator(self._sim, request)
        microversion(request, "placement", LOWEST)
        self._sim.fleet.settle(self._sim.now())

    async def providers(self, request: Request) -> Response:
        """GET resource_providers, by name, uuid, member_of, resources and required."""
        self._begin(request)
        query = request.query_params
        found = [
            self._provider(uuid, row)
            for uuid, row in self._selected(query)
            if query.get("name", self._sim.nova.hypervisor_name(row)) == self._sim.nova.hypervisor_name(row)
            and query.get("uuid", uuid) == uuid
        ]
        return answer({"resource_providers": found})

    async def provider(self, request: Request) -> Response:
        """GET resource_providers/{id}."""
        self._begin(request)
        return answer(self._provider(request.path_params["id"], self._found(request)))

    def _provider(self, uuid: str, row: ServiceRow) -> dict[str, Any]:
        return {
            "uuid": uuid,
            "name": self._sim.nova.hypervisor_name(row),
            "generation": 1,
            "parent_provider_uuid": None,
            "root_provider_uuid": uuid,
            "links": [{"rel": "self", "href": f"/placement/resource_providers/{uuid}"}],
        }

    def _found(self, request: Request) -> ServiceRow:
        uuid = request.path_params["id"]
        if uuid not in self._rows:
            raise HttpFault(404, f"No resource provider with uuid {uuid} found")
        return self._rows[uuid]

    async def part(self, request: Request) -> Response:
        """GET resource_providers/{id}/inventories, usages, traits, aggregates or allocations."""
        self._begin(request)
        row = self._found(request)
        part = request.url.path.rstrip("/").rpartition("/")[2]
        return answer(self._parts(row)[part] | {"resource_provider_generation": 1})

    def _parts(self, row: ServiceRow) -> Mapping[str, dict[str, Any]]:
        return {
            "inventories": {"inventories": self._inventories(row)},
            "usages": {"usages": self._register.usage(row.key)},
            "traits": {"traits": sorted(self._traits(row))},
            "aggregates": {"aggregates": sorted(self._aggregates(row))},
            "allocations": {
                "allocations": {
                    one.consumer: {"resources": dict(one.resources), "consumer_generation": 1}
                    for one in self._register.allocations(row.key)
                }
            },
        }

    def _inventories(self, row: ServiceRow) -> dict[str, Any]:
        return {
            name: {
                "total": total,
                "reserved": reserved,
                "allocation_ratio": ratio,
                "min_unit": 1,
                "max_unit": total,
                "step_size": 1,
            }
            for name, (total, reserved, ratio) in self._register.inventory(row.key).items()
        }

    def _traits(self, row: ServiceRow) -> set[str]:
        """What the host can do, and that it is disabled: nova-compute says so as soon as it hears of it."""
        disabled = {DISABLED} if row.disabled is not None else set()
        return {*_TRAITS, *self._sim.world.hosts[row.key[0]].traits} | disabled

    def _aggregates(self, row: ServiceRow) -> set[str]:
        return self._groups.get(row.key[0], set())

    async def allocations(self, request: Request) -> Response:
        """GET allocations/{consumer}: an empty object for one that is not known, as Placement has it."""
        self._begin(request)
        wanted, taken = request.path_params["id"], {}
        project = ""
        for uuid, row in self._rows.items():
            for one in self._register.allocations(row.key):
                if one.consumer == wanted:
                    taken[uuid] = {"resources": dict(one.resources), "generation": 1}
                    project = project_id(one.project)
        owner = {"project_id": project, "user_id": USERS[0].id, "consumer_generation": 1} if taken else {}
        return answer({"allocations": taken} | owner)

    async def candidates(self, request: Request) -> Response:
        """GET allocation_candidates: the hosts on which that much fits, by `resources`, `required`, `member_of`."""
        self._begin(request)
        if microversion(request, "placement", LOWEST) < CANDIDATES_SINCE:
            raise HttpFault(404, "The resource could not be found.")
        query = request.query_params
        if "resources" not in query:
            raise HttpFault(400, "JSON does not validate: 'resources' is a required property")
        limit = int(query.get("limit", len(self._rows) or 1))
        found = list(self._selected(query))[:limit]
        wanted = _amounts(query["resources"])
        requests = [{"allocations": {uuid: {"resources": wanted}}, "mappings": {"": [uuid]}} for uuid, _ in found]
        return answer({"allocation_requests": requests, "provider_summaries": dict(map(self._summary, found))})

    def _summary(self, found: tuple[str, ServiceRow]) -> tuple[str, dict[str, Any]]:
        uuid, row = found
        taken = self._register.usage(row.key)
        resources = {
            name: {"capacity": int((total - reserved) * ratio), "used": taken[name]}
            for name, (total, reserved, ratio) in self._register.inventory(row.key).items()
        }
        family = {"parent_provider_uuid": None, "root_provider_uuid": uuid}
        return uuid, {"resources": resources, "traits": sorted(self._traits(row))} | family

    def _selected(self, query: QueryParams) -> Iterator[tuple[str, ServiceRow]]:
        """The providers that the query's resources, traits and aggregates leave."""
        wanted = _amounts(query["resources"]) if "resources" in query else {}
        for uuid, row in self._rows.items():
            traits, groups = self._traits(row), self._aggregates(row)
            if (
                all(_has(traits, clause) for value in query.getlist("required") for clause in value.split(","))
                and all(_member(groups, value) for value in query.getlist("member_of"))
                and self._register.fits(row.key, wanted)
            ):
                yield uuid, row

    async def traits(self, request: Request) -> Response:
        """GET traits."""
        self._begin(request)
        return answer({"traits": sorted({t for row in self._rows.values() for t in self._traits(row)} | {DISABLED})})


def _amounts(text: str) -> dict[str, int]:
    """`VCPU:4,MEMORY_MB:8192`; HttpFault 400."""
    try:
        return {name: int(amount) for name, _, amount in (part.partition(":") for part in text.split(","))}
    except ValueError as error:
        raise HttpFault(400, f"Badly formed resources parameter. Expected resources=RESOURCE:AMOUNT: {text}") from error


def _has(traits: set[str], clause: str) -> bool:
    return clause[1:] not in traits if clause.startswith("!") else clause in traits


def _member(groups: set[str], value: str) -> bool:
    """`in:a,b`, `!in:a,b`, `a` or `!a`."""
    wanted = set(value.removeprefix("!").removeprefix("in:").split(","))
    return (not groups & wanted) if value.startswith("!") else bool(groups & wanted)
