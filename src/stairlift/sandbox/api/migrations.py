"""Nova's migrations: those of one server that are under way, and the long list of all."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import administrator
from stairlift.sandbox.api.hypervisors import MAX_LIMIT
from stairlift.sandbox.api.paging import next_link, page
from stairlift.sandbox.api.servers import found
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import USERS, project_id
from stairlift.sandbox.api.wire import HttpFault, body_of, nova_answer, nova_microversion
from stairlift.sandbox.guests.guest import Migration
from stairlift.sandbox.records.rows import array
from stairlift.sandbox.times import nova_time
from stairlift.sandbox.versions import Microversion
from stairlift.sandbox.world.hearing import Key

TYPE_SINCE: Microversion = (2, 23)
UUID_SINCE: Microversion = (2, 59)
ABORT_QUEUED_SINCE: Microversion = (2, 65)
OWNER_SINCE: Microversion = (2, 80)


class Migrations:
    """The handlers of servers/{id}/migrations and os-migrations."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._register = sim.fleet.register

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        one = f"{root}/servers/{{id}}/migrations"
        return [
            Route(one, self.of_server),
            Route(f"{one}/{{number:int}}", self.show),
            Route(f"{one}/{{number:int}}", self.abort, methods=["DELETE"]),
            Route(f"{one}/{{number:int}}/action", self.act, methods=["POST"]),
            Route(f"{root}/os-migrations", self.index),
        ]

    async def of_server(self, request: Request) -> Response:
        """GET servers/{id}/migrations: live migrations under way. One that has ended is not in it any more."""
        version = self._begin(request)
        guest = found(self._sim, request.path_params["id"])
        moves = [m for m in self._register.migrations.values() if m.guest is guest and m.in_progress]
        return nova_answer(orjson.dumps({"migrations": [self._progress(m, version) for m in moves]}), version)

    async def show(self, request: Request) -> Response:
        """GET servers/{id}/migrations/{number}."""
        version = self._begin(request)
        migration = self._found(request)
        if not migration.in_progress:
            where = f"Live migration {migration.number} for server {migration.guest.uuid}"
            raise HttpFault(404, f"{where} is not in progress.")
        return nova_answer(orjson.dumps({"migration": self._progress(migration, version)}), version)

    async def abort(self, request: Request) -> Response:
        """DELETE servers/{id}/migrations/{number}: 202, or 400 where it is not running (or queued, from 2.65 on)."""
        version = self._begin(request)
        migration = self._found(request)
        allowed = {"running"} | ({"queued", "preparing"} if version >= ABORT_QUEUED_SINCE else set())
        if migration.type != "live-migration" or migration.status not in allowed:
            where = f"Migration {migration.number} state of instance {migration.guest.uuid} is {migration.status}"
            raise HttpFault(400, f"{where}. Cannot abort live migration while the migration is in this state.")
        self._sim.fleet.abort(migration, self._sim.now())
        return nova_answer(b"", version, status=202)

    async def act(self, request: Request) -> Response:
        """POST servers/{id}/migrations/{number}/action {"force_complete": null}."""
        version = self._begin(request)
        migration = self._found(request)
        if await body_of(request) != {"force_complete": None}:
            raise HttpFault(400, "Invalid input: force_complete is expected.")
        if migration.status != "running":
            raise HttpFault(400, f"Migration {migration.number} is {migration.status}, not running.")
        migration.due = self._sim.now()
        return nova_answer(b"", version, status=202)

    async def index(self, request: Request) -> Response:
        """GET os-migrations: newest first and in pages from 2.59 on."""
        version, query = self._begin(request), request.query_params
        wanted = [m for m in reversed(self._register.migrations.values()) if self._matches(m, request)]
        rest = b""
        if version >= UUID_SINCE:
            shown, more = page(wanted, request, lambda m: m.uuid, MAX_LIMIT)
            rest = next_link("migrations", request, shown[-1].uuid) if more else b""
        else:
            shown = [m for m in wanted if query.get("hidden") is None]
        rows = (orjson.dumps(self._row(m, version)) for m in shown)
        return nova_answer(array("migrations", rows, rest), version)

    def _matches(self, migration: Migration, request: Request) -> bool:
        query = request.query_params
        ends = {self._host(migration.source), self._host(migration.dest)}
        return (
            query.get("status", migration.status) == migration.status
            and query.get("migration_type", migration.type) == migration.type
            and query.get("instance_uuid", migration.guest.uuid) == migration.guest.uuid
            and query.get("source_compute", self._host(migration.source)) == self._host(migration.source)
            and (query.get("host") is None or query.get("host") in ends)
        )

    def _begin(self, request: Request) -> Microversion:
        administrator(self._sim, request)
        self._sim.fleet.settle(self._sim.now())
        return nova_microversion(request)

    def _found(self, request: Request) -> Migration:
        guest = found(self._sim, request.path_params["id"])
        migration = self._register.migrations.get(request.path_params["number"])
        if migration is None or migration.guest is not guest:
            number = request.path_params["number"]
            raise HttpFault(404, f"Migration {number} for instance {guest.uuid} could not be found.")
        return migration

    def _host(self, key: Key | None) -> str | None:
        return None if key is None else self._sim.nova.row_of(key).host

    def _node(self, key: Key | None) -> str | None:
        return None if key is None else self._sim.nova.hypervisor_name(self._sim.nova.row_of(key))

    def _common(self, migration: Migration, version: Microversion) -> dict[str, Any]:
        common: dict[str, Any] = {
            "id": migration.number,
            "status": migration.status,
            "source_compute": self._host(migration.source),
            "source_node": self._node(migration.source),
            "dest_compute": self._host(migration.dest),
            "dest_node": self._node(migration.dest),
            "dest_host": None,
            "created_at": nova_time(migration.created),
            "updated_at": nova_time(migration.updated),
        }
        if version >= UUID_SINCE:
            common["uuid"] = migration.uuid
        if version >= OWNER_SINCE:
            common |= {"user_id": USERS[0].id, "project_id": project_id(migration.guest.spec.project)}
        return common

    def _row(self, migration: Migration, version: Microversion) -> dict[str, Any]:
        row = self._common(migration, version) | {
            "instance_uuid": migration.guest.uuid,
            "old_instance_type_id": 1,
            "new_instance_type_id": 1,
        }
        return row | {"migration_type": migration.type} if version >= TYPE_SINCE else row

    def _progress(self, migration: Migration, version: Microversion) -> dict[str, Any]:
        """How far it is: the memory that is still to be moved, in bytes, as time has it."""
        total = migration.guest.flavor.ram << 20
        length = self._sim.scenario.timing.live_migration or 1.0
        left = max(min((migration.due - self._sim.now()) / length, 1.0), 0.0) if migration.due else 1.0
        remaining = int(total * left)
        numbers = {
            "memory_total_bytes": total,
            "memory_processed_bytes": total - remaining,
            "memory_remaining_bytes": remaining,
            "disk_total_bytes": 0,
            "disk_processed_bytes": 0,
            "disk_remaining_bytes": 0,
        }
        return self._common(migration, version) | {"server_uuid": migration.guest.uuid} | numbers
