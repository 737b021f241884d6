"""What a drain asks of Nova and placement, and what it tells Nova to do. Every method raises SourceTrouble."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.workload import Aggregate, ComputeHost, MigrationUnderWay, Provider, Server, ServerGroup
from stairlift.openstack import guests
from stairlift.openstack.microversion import Pair, at_most, highest
from stairlift.ports import CloudClient

_PAGE = 1000
#: Where Nova has tags, chooses how disks are copied, takes a host for a live and for a cold migration.
_TAGS, _AUTO, _HOST_LIVE, _HOST_COLD = (2, 26), (2, 25), (2, 30), (2, 56)
_PROGRESS, _ABORT, _UUIDS = (2, 23), (2, 65), (2, 53)
#: From here on forbidden traits and whole trees in allocation candidates.
_CANDIDATES = (1, 29)


@dataclass(frozen=True, slots=True)
class Progress:
    """A live migration under way: its number, and how many bytes of memory and disk are left; None: nobody knows."""

    number: str
    left: int | None


class Desk:
    """One cloud's Nova and placement for one drain."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client
        self._at_rest: set[str] = set()

    @cached_property
    def _offered(self) -> Pair | None:
        with _sensible("nova's version document"):
            return highest(self._client.versions("compute").documents["versions"])

    @property
    def tags(self) -> bool:
        """Whether servers have tags."""
        return self._has(_TAGS)

    def _has(self, wanted: Pair) -> bool:
        return self._offered is not None and self._offered >= wanted

    # Asking

    def servers(self, **query: str) -> tuple[Server, ...]:
        """All servers, of all projects, that these filters leave."""
        rows = self._pages("/servers/detail", "servers", guests.SERVERS, {"all_tenants": 1, **query, "limit": _PAGE})
        with _sensible("the list of servers"):
            return tuple(guests.server(row, self._flavors) for row in rows if not guests.is_gone(row))

    @cached_property
    def _flavors(self) -> Mapping[str, Mapping[str, Any]]:
        """By id, where servers only name theirs."""
        if self._has((2, 47)):
            return {}
        rows = self._get("/flavors/detail?is_public=None", (2, 1))["flavors"]
        return {str(row["id"]): row for row in rows}

    def server(self, server_id: str) -> Server | None:
        """One server; None where it is gone."""
        try:
            body = self._get(f"/servers/{server_id}", guests.SERVERS)
        except SourceTrouble as trouble:
            if trouble.status == 404:
                return None
            raise
        with _sensible("a server"):
            row = body["server"]
            return None if guests.is_gone(row) else guests.server(row, self._flavors)

    def migrations(self, host: str) -> tuple[MigrationUnderWay, ...]:
        """What is under way from this host or to it, and what waits there to be confirmed: of the newest."""
        rows = self._get(f"/os-migrations?{urlencode({'host': host} | self._newest())}", guests.MIGRATIONS)
        with _sensible("the list of migrations"):
            return guests.unsettled(rows["migrations"])

    def under_way(self) -> int:
        """How many migrations are under way in the whole cloud; records that never came to their end do not count."""
        rows = self._get(f"/os-migrations?{urlencode(self._newest())}", guests.MIGRATIONS)
        with _sensible("the list of migrations"):
            found = guests.under_way(rows["migrations"])
        return sum(map(self.at_work, found))

    def at_work(self, migration: MigrationUnderWay) -> bool:
        """Whether Nova is at work on its server. What rests once never goes on: a new one has a new record."""
        if migration.id in self._at_rest:
            return False
        server = self.server(migration.server)
        if server is None or not server.task_state:
            self._at_rest.add(migration.id)
            return False
        return True

    def last_of(self, server_id: str) -> MigrationUnderWay | None:
        """The newest migration of a server, whatever became of it."""
        words = urlencode({"instance_uuid": server_id} | self._newest())
        rows = self._get(f"/os-migrations?{words}", guests.MIGRATIONS)
        with _sensible("the list of migrations"):
            mine = [guests.migration(row) for row in rows["migrations"] if row["instance_uuid"] == server_id]
            return max(mine, key=lambda one: int(one.id), default=None)

    def _newest(self) -> dict[str, Any]:
        """In pages, with the newest first, from 2.59 on; before, all there ever were."""
        return {"limit": _PAGE} if self._has((2, 59)) else {}

    def progress(self, server_id: str) -> tuple[Progress, ...]:
        """The live migrations of a server that are under way."""
        if not self._has(_PROGRESS):
            return ()
        body = self._get(f"/servers/{server_id}/migrations", _PROGRESS)
        with _sensible("a server's migrations"):
            return tuple(Progress(str(row["id"]), _left(row)) for row in body["migrations"])

    def computes(self) -> tuple[ComputeHost, ...]:
        """Every nova-compute with its hypervisor. Rows of an unreachable cell are left out: nothing can go there."""
        services = self._get("/os-services?binary=nova-compute", (2, 69))
        hypervisors = self._hypervisors
        with _sensible("the list of hypervisors"):
            by_host = {str(row["host"]): row for row in services["services"]}
            return tuple(guests.compute_host(row, by_host) for row in hypervisors)

    @property
    def _hypervisors(self) -> list[Mapping[str, Any]]:
        rows = self._pages("/os-hypervisors/detail", "hypervisors", _UUIDS, {})
        with _sensible("the list of hypervisors"):
            return [row for row in rows if (row.get("service") or {}).get("host")]

    def groups(self) -> tuple[ServerGroup, ...]:
        """The server groups of all projects: counted off, until no new one comes."""
        found: dict[str, ServerGroup] = {}
        while True:
            body = self._get(f"/os-server-groups?all_projects=True&offset={len(found)}", guests.GROUPS)
            with _sensible("the list of server groups"):
                page = {group.id: group for group in map(guests.group, body["server_groups"])}
            if page.keys() <= found.keys():
                return tuple(found.values())
            found |= page

    def aggregates(self) -> tuple[Aggregate, ...]:
        """The host aggregates."""
        body = self._get("/os-aggregates", (2, 41))
        with _sensible("the list of aggregates"):
            return tuple(map(guests.aggregate, body["aggregates"]))

    def candidates(self, server_id: str) -> tuple[Provider, ...]:
        """The hosts that have room for what a server holds now, by their providers' names."""
        held = self._placement(f"/allocations/{server_id}")
        with _sensible("an allocation"):
            wanted: dict[str, int] = {}
            for allocation in held["allocations"].values():
                for name, amount in allocation["resources"].items():
                    wanted[name] = wanted.get(name, 0) + int(amount)
        if not wanted:
            return ()
        resources = ",".join(f"{name}:{amount}" for name, amount in sorted(wanted.items()))
        words = urlencode({"resources": resources, "required": "!COMPUTE_STATUS_DISABLED"})
        body = self._placement(f"/allocation_candidates?{words}")
        names = {str(row["id"]): str(row["hypervisor_hostname"]) for row in self._hypervisors}
        with _sensible("allocation candidates"):
            rows = body["provider_summaries"].items()
            return tuple(guests.candidate(uuid, names.get(uuid, uuid), row, names) for uuid, row in rows)

    def held_on(self, host: str) -> frozenset[str]:
        """Whose resources placement has on a host; a cold migration that is not confirmed counts by its own id."""
        ids = [str(row["id"]) for row in self._hypervisors if row["service"]["host"] == host]
        found: set[str] = set()
        for uuid in ids:
            body = self._placement(f"/resource_providers/{uuid}/allocations")
            with _sensible("a provider's allocations"):
                found.update(body["allocations"])
        return frozenset(found)

    def seen_on(self, host: str) -> frozenset[str]:
        """The servers that Nova's own record of the hypervisor has (`with_servers`, 2.53)."""
        rows = self._pages("/os-hypervisors/detail", "hypervisors", _UUIDS, {"with_servers": "true"})
        with _sensible("a hypervisor's servers"):
            mine = [row for row in rows if (row.get("service") or {}).get("host") == host]
            return frozenset(str(one["uuid"]) for row in mine for one in row.get("servers") or ())

    # Telling

    def live_migrate(self, server_id: str, host: str | None) -> None:
        """Begin a live migration; Nova chooses how disks are copied, its scheduler checks the host."""
        block: str | bool = "auto" if self._has(_AUTO) else False
        wish: dict[str, Any] = {"host": host if self._has(_HOST_LIVE) else None, "block_migration": block}
        if not self._has(_AUTO):
            wish["disk_over_commit"] = False
        self._act(server_id, {"os-migrateLive": wish})

    def migrate(self, server_id: str, host: str | None) -> None:
        """Begin a cold migration, which has to be confirmed."""
        self._act(server_id, {"migrate": {"host": host} if host and self._has(_HOST_COLD) else None})

    def confirm(self, server_id: str) -> None:
        """Keep a cold migration."""
        self._act(server_id, {"confirmResize": None})

    def stop(self, server_id: str) -> None:
        """Shut a server down."""
        self._act(server_id, {"os-stop": None})

    def start(self, server_id: str) -> None:
        """Start a server."""
        self._act(server_id, {"os-start": None})

    def abort(self, server_id: str, number: str) -> None:
        """Take back a live migration under way: the server stays where it is."""
        self._send("DELETE", f"/servers/{server_id}/migrations/{number}", at_most(_ABORT, self._offered))

    def tag(self, server_id: str, tag: str) -> None:
        """Set a tag; one that is there stays."""
        self._send("PUT", f"/servers/{server_id}/tags/{quote(tag, safe='')}", at_most(_TAGS, self._offered))

    def untag(self, server_id: str, tag: str) -> None:
        """Take a tag away, if it is there and Nova lets it: a server in trouble keeps its tags (409)."""
        try:
            self._send("DELETE", f"/servers/{server_id}/tags/{quote(tag, safe='')}", at_most(_TAGS, self._offered))
        except SourceTrouble as trouble:
            if trouble.status not in (404, 409):
                raise

    def _act(self, server_id: str, wish: Mapping[str, Any]) -> None:
        version = at_most(guests.SERVERS, self._offered)
        self._client.send("POST", "compute", f"/servers/{server_id}/action", wish, version)

    def _send(self, method: Any, path: str, version: str | None) -> None:
        self._client.send(method, "compute", path, None, version)

    def _get(self, path: str, wanted: Pair) -> Any:
        return self._client.get("compute", path, at_most(wanted, self._offered)).documents["body"]

    def _pages(self, path: str, key: str, wanted: Pair, query: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """All rows of a list that Nova cuts at a thousand, and then announces more of it."""
        rows: list[Mapping[str, Any]] = []
        marker: dict[str, str] = {}
        while True:
            words = urlencode({**query, **marker})
            body = self._get(f"{path}?{words}" if words else path, wanted)
            with _sensible(f"the list of {key}"):
                rows += body[key]
                more = any(link["rel"] == "next" for link in body.get(f"{key}_links") or ())
                if not body[key] or not more:
                    return rows
                marker = {"marker": str(rows[-1]["id"])}

    def _placement(self, path: str) -> Any:
        return self._client.get("placement", path, "{}.{}".format(*_CANDIDATES)).documents["body"]


def _left(row: Mapping[str, Any]) -> int | None:
    parts = [row.get("memory_remaining_bytes"), row.get("disk_remaining_bytes")]
    known = [int(part) for part in parts if part is not None]
    return sum(known) if known else None


@contextmanager
def _sensible(what: str) -> Iterator[None]:
    """What a wrong shape raises, as trouble."""
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        brief = f"The answer about {what} makes no sense: {type(error).__name__}: {error!s:.120}"
        raise SourceTrouble(Trouble.MALFORMED, brief) from None
