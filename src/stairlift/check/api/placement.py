"""Availability zones as Placement knows them."""

from collections import defaultdict
from collections.abc import Mapping

from stairlift.check.answers import Row, rows
from stairlift.check.api.finding import bounded, found
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

#: From here on an aggregate has a UUID (Nova REST API history, 2.41).
_UUIDS = "2.41"
#: From here on providers can be asked for by the aggregate that they are in (Placement REST API history, 1.3).
_MEMBERS = "1.3"


class ZonesInPlacement:
    """Every host of an availability zone is in that aggregate in Placement, too.

    Since 2023.2 nothing but Placement knows which hosts a zone has: AvailabilityZoneFilter is gone (Nova 28.0.0).
    """

    info: CheckInfo = rule("placement.aggregates").info

    def applies(self, scene: Scene) -> bool:
        """The way ends where it matters, and the cloud has hypervisors and both services."""
        offered = {endpoint.service_type for endpoint in scene.cloud.endpoints}
        concerned = rule(self.info.code).concerns(scene.target)
        return concerned and bool(scene.cloud.hypervisors) and {"compute", "placement"} <= offered

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nova's aggregates, and Placement's providers: they are the hypervisors."""
        return {
            "aggregates": ApiQuestion("compute", "/os-aggregates", _UUIDS, "aggregates", paged=False),
            "providers": _providers(""),
        }

    def asks_next(self, scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, Question]:
        """Which providers Placement has in the aggregate of each zone."""
        return {str(zone["uuid"]): _providers(f"?member_of={zone['uuid']}") for zone in _zones(replies)}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Of the hosts that Placement knows at all; where no aggregate makes a zone, nothing is compared."""
        known = {str(row["name"]) for row in rows(replies["providers"])}
        nodes = _nodes(scene)
        told, hosts = [], 0
        for zone in _zones(replies):
            inside = {str(row["name"]) for row in rows(replies[str(zone["uuid"])])}
            there = [str(host) for host in zone["hosts"]]
            hosts += len(there)
            told += [_outside(scene, host, zone) for host in there if _provider(scene, host, nodes) in known - inside]
        return Judgement(bounded(told), f"{len(_zones(replies))} aggregates with a zone, {hosts} hosts in them")


def _nodes(scene: Scene) -> Mapping[str, list[str]]:
    """The names of the hypervisors by their hosts."""
    found: dict[str, list[str]] = defaultdict(list)
    for hypervisor in scene.cloud.hypervisors:
        found[hypervisor.host].append(hypervisor.name)
    return found


def _provider(scene: Scene, name: str, nodes: Mapping[str, list[str]]) -> str | None:
    """What Placement calls a host that Nova calls so; None for the many nodes of Ironic, which are in no aggregate."""
    host = scene.cloud.host(name)
    hypervisors = nodes.get(host.name if host else name, ())
    return None if len(hypervisors) > 1 else next(iter(hypervisors), name)


def _providers(query: str) -> ApiQuestion:
    return ApiQuestion("placement", f"/resource_providers{query}", _MEMBERS, "resource_providers", paged=False)


def _zones(replies: Mapping[str, Reply]) -> list[Row]:
    return [row for row in rows(replies["aggregates"]) if row.get("availability_zone")]


def _outside(scene: Scene, host: str, zone: Row) -> Finding:
    name = zone["availability_zone"]
    return found(
        scene,
        "placement.aggregates",
        f"{name}/{host}",
        message=f"{host} is in the availability zone {name}, and in Placement it is not in aggregate {zone['uuid']}",
        resolution="`nova-manage placement sync_aggregates`; without it the scheduler finds nothing in that zone",
    )
