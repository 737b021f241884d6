"""What the cloud carries for its users: servers, the rules that they keep, and the room that there is for them.

No part of `openstack`: it costs several questions for each hypervisor, and only a plan that takes servers off their
hosts needs it.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from stairlift.inventory.context import SourceContext
from stairlift.inventory.microversion import Pair, at_most, highest
from stairlift.inventory.paging import Paging, pages
from stairlift.inventory.registry import asked_as
from stairlift.inventory.rows import Row, listed, paged, records, sensible
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import Fact
from stairlift.openstack import guests
from stairlift.ports import Answer, CloudClient

#: Providers that are asked about at the same time.
SIDE_BY_SIDE = 8
_DETAILS = ("inventories", "usages", "traits", "aggregates")
#: From here on Nova has the flavor in the server, tells what the image asks for, and gives these lists in pages.
_EMBEDDED, _IMAGES, _PAGED_MIGRATIONS, _PAGED_HYPERVISORS = (2, 47), (2, 98), (2, 59), (2, 33)
_HYPERVISORS, _AGGREGATES, _SERVICES, _FIRST = (2, 53), (2, 41), (2, 69), (2, 1)
_MOST_GROUPS = 1000


class WorkloadInventory:
    """Servers, server groups, aggregates, hypervisors, placement's providers, remarkable ports, migrations under way.

    Without the servers there is nothing to say. What else is not to be had is left out, and said in "notes".
    """

    name = "workload"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "WorkloadInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        nova = _Nova(self._client, _offered(self._client, "compute"))
        with asked_as("an administrator of the cloud"):
            servers = nova.pages("/servers/detail", "servers", guests.SERVERS, all_tenants=1)
        documents: dict[str, Any] = {"servers": servers.documents["pages"]}
        notes = list(_limits(nova.offered))
        for key, ask in self._others(nova).items():
            try:
                documents[key] = ask()
            except SourceTrouble as trouble:
                if trouble.trouble is Trouble.NOT_DEPLOYED:
                    continue  # an old cloud has no placement, a small one no Neutron
                notes.append(f"{key} could not be asked for: {trouble.brief}")
        return Answer(documents | {"notes": notes}, servers.cloud_time)

    def _others(self, nova: "_Nova") -> Mapping[str, Callable[[], Any]]:
        asked: dict[str, Callable[[], Any]] = {
            "groups": nova.groups,
            "aggregates": lambda: nova.whole("/os-aggregates", _AGGREGATES),
            "services": lambda: nova.whole("/os-services?binary=nova-compute", _SERVICES),
            "hypervisors": lambda: nova.paged_since(_PAGED_HYPERVISORS, "/os-hypervisors/detail", "hypervisors"),
            "migrations": lambda: nova.paged_since(_PAGED_MIGRATIONS, "/os-migrations", "migrations"),
            "providers": self._providers,
            "ports": self._ports,
        }
        if nova.offered is None or nova.offered < _EMBEDDED:
            asked["flavors"] = lambda: nova.whole("/flavors/detail?is_public=None", _FIRST)
        return asked

    def _providers(self) -> dict[str, Any]:
        version = at_most(guests.PLACEMENT, _offered(self._client, "placement"))
        whole = self._client.get("placement", "/resource_providers", version).documents["body"]
        with sensible("placement /resource_providers"):
            ids = [str(row["uuid"]) for row in listed(whole, "resource_providers")]
        with ThreadPoolExecutor(SIDE_BY_SIDE, "placement") as pool:
            details = list(pool.map(lambda uuid: self._about(uuid, version), ids))
        return {"list": whole, "about": dict(zip(ids, details, strict=True))}

    def _about(self, uuid: str, version: str | None) -> dict[str, Any]:
        return {
            what: self._client.get("placement", f"/resource_providers/{uuid}/{what}", version).documents["body"]
            for what in _DETAILS
        }

    def _ports(self) -> list[Any]:
        """Only what is no plain cable is kept: Neutron has no filter for that."""
        fields = ("id", "device_id", "device_owner", "binding:vnic_type")
        answer = pages(self._client, "network", "/ports", "ports", fields=fields)
        with sensible("network /ports"):
            return [{"ports": [row for row in paged(answer.documents["pages"], "ports") if guests.port(row)]}]

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        documents = answer.documents
        with sensible(self.name):
            flavors = {str(row["id"]): row for row in _rows(documents, "flavors", "flavors")}
            listed = [row for row in paged(documents["servers"], "servers") if not guests.is_gone(row)]
            servers = records(lambda row: guests.server(row, flavors), listed)
            return (*servers, *_rules(documents), *_room(documents))


@dataclass(frozen=True, slots=True)
class _Nova:
    """Nova's lists, each as the document of its pages; `offered` is the highest microversion that there is."""

    client: CloudClient
    offered: Pair | None

    def pages(self, path: str, key: str, wanted: Pair, **query: Any) -> Answer:
        """A list that is paged by markers."""
        return pages(self.client, "compute", path, key, microversion=at_most(wanted, self.offered), **query)

    def whole(self, path: str, wanted: Pair) -> list[Any]:
        """A list that comes at once."""
        return [self.client.get("compute", path, at_most(wanted, self.offered)).documents["body"]]

    def paged_since(self, since: Pair, path: str, key: str) -> list[Any]:
        """Hypervisors and migrations came at once before. A marker is a hypervisor's id, a migration's uuid."""
        if self.offered is None or self.offered < since:
            return self.whole(path, min(since, (since[0], since[1] - 1)))
        wanted, paging = (
            (_HYPERVISORS, Paging()) if key == "hypervisors" else (guests.MIGRATIONS, Paging(marker="uuid"))
        )
        return list(self.pages(path, key, wanted, paging=paging).documents["pages"])

    def groups(self) -> list[Any]:
        """Server groups are counted off: `limit` and `offset`, no markers (Nova API reference)."""
        version, bodies, offset = at_most(guests.GROUPS, self.offered), list[Any](), 0
        while True:
            path = f"/os-server-groups?all_projects=True&limit={_MOST_GROUPS}&offset={offset}"
            bodies.append(self.client.get("compute", path, version).documents["body"])
            with sensible("compute /os-server-groups"):
                got = len(listed(bodies[-1], "server_groups"))
            if got < _MOST_GROUPS:
                return bodies
            offset += got


def _offered(client: CloudClient, service_type: str) -> Pair | None:
    answer = client.versions(service_type)
    with sensible(f"the version document of {service_type}"):
        return highest(answer.documents["versions"])


def _limits(offered: Pair | None) -> Iterator[str]:
    if offered is None or offered < _IMAGES:
        yield "this Nova does not tell what the images of servers ask for (2.98), such as a vTPM or memory encryption"


def _rows(documents: Mapping[str, Any], name: str, key: str) -> Iterator[Row]:
    """The rows of what may not have been answered."""
    return paged(documents[name], key) if name in documents else iter(())


def _rules(documents: Mapping[str, Any]) -> tuple[Fact, ...]:
    ports = (guests.port(row) for row in _rows(documents, "ports", "ports"))
    return (
        *records(guests.group, _rows(documents, "groups", "server_groups")),
        *records(guests.aggregate, _rows(documents, "aggregates", "aggregates")),
        *(port for port in ports if port),
    )


def _room(documents: Mapping[str, Any]) -> tuple[Fact, ...]:
    services = {str(row["host"]): row for row in _rows(documents, "services", "services")}
    providers = documents.get("providers")
    rows = listed(providers["list"], "resource_providers") if providers else ()
    return (
        *records(lambda row: guests.compute_host(row, services), _rows(documents, "hypervisors", "hypervisors")),
        *records(lambda row: guests.provider(row, providers["about"][str(row["uuid"])]), rows),  # type: ignore[index]
        *guests.under_way(_rows(documents, "migrations", "migrations")),
    )
