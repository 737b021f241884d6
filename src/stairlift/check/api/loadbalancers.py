"""Load balancers at rest, and amphorae that will live through the upgrade."""

from collections.abc import Mapping

from stairlift.check.answers import Row, rows
from stairlift.check.api.finding import each, found, minutes_since, named
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

_PENDING = ("PENDING_CREATE", "PENDING_UPDATE", "PENDING_DELETE")
_BROKEN = frozenset({"ERROR", "FAILOVER_STOPPED"})
_DAY = 24 * 60


class LoadBalancers:
    """Nothing of Octavia is pending or broken, and no amphora's certificate ends soon.

    One that is pending while its worker is stopped stays so for ever (Octavia, upgrade guide).
    """

    info: CheckInfo = rule("loadbalancers.pending").info

    def applies(self, scene: Scene) -> bool:
        """The cloud has Octavia."""
        return any(endpoint.service_type == "load-balancer" for endpoint in scene.cloud.endpoints)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """What is pending, and every amphora."""
        path = "/v2/lbaas/loadbalancers?provisioning_status="
        pending = {s: ApiQuestion("load-balancer", path + s, collection="loadbalancers") for s in _PENDING}
        return {**pending, "amphorae": ApiQuestion("load-balancer", "/v2/octavia/amphorae", collection="amphorae")}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """The pending, the broken, and those whose certificate ends before the upgrade may be over."""
        pending = [row for status in _PENDING for row in rows(replies[status])]
        amphorae = list(rows(replies["amphorae"]))
        days = rule(self.info.code).limit("days")
        ending = [row for row in amphorae if -(minutes_since(row, scene.now, "cert_expiration") or -1e9) < days * _DAY]
        broken = [row for row in amphorae if row["status"] in _BROKEN]
        told = (
            *each(pending, lambda row: _told(scene, "load balancer", row, str(row["provisioning_status"]))),
            *each(broken, lambda row: _told(scene, "amphora", row, str(row["status"]))),
            *each(ending, lambda row: _told(scene, "amphora", row, f"without a certificate in {days} days or sooner")),
        )
        return Judgement(told, f"{len(pending)} load balancers pending, {len(amphorae)} amphorae")


def _told(scene: Scene, kind: str, row: Row, what: str) -> Finding:
    show = "amphora show" if kind == "amphora" else "show"
    return found(
        scene,
        "loadbalancers.pending",
        str(row["id"]),
        message=f"{kind} {named(row)} is {what}",
        resolution=f"`openstack loadbalancer {show} {row['id']}`; wait for it, or fail it over",
    )
