"""Servers: none in the making, none on the move, and none lost while the cloud is upgraded."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.check.answers import Row, rows
from stairlift.check.api.finding import each, found, minutes_since, named
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

#: Statuses of a server at which somebody is at work (Nova API reference, server status).
_IN_FLIGHT = ("BUILD", "REBUILD", "RESIZE", "MIGRATING", "REBOOT", "HARD_REBOOT", "PASSWORD", "REVERT_RESIZE")
#: Statuses of a migration that has not ended (Nova, objects/fields.py: MigrationStatus and the filters of the API).
_MOVING = ("accepted", "queued", "preparing", "pre-migrating", "migrating", "running", "running (post-copy)",
           "post-migrating", "confirming", "reverting")  # fmt: skip


def _has_nova(scene: Scene) -> bool:
    return any(endpoint.service_type == "compute" for endpoint in scene.cloud.endpoints)


def _listed(status: str, *, detail: bool = True) -> ApiQuestion:
    path = "/servers/detail" if detail else "/servers"
    return ApiQuestion("compute", f"{path}?all_tenants=True&status={status}", collection="servers")


class InFlight:
    """Servers that have been between two states for longer than it takes."""

    info: CheckInfo = rule("servers.in_flight").info

    def applies(self, scene: Scene) -> bool:
        """The cloud has Nova."""
        return _has_nova(scene)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """The servers of all projects, by each status: short lists. Several at once would give others, too."""
        return {status: _listed(status) for status in _IN_FLIGHT}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """One that has just begun will be done before its host's turn; one that hangs will not."""
        busy = [row for status in _IN_FLIGHT for row in rows(replies[status]) if row["status"] == status]
        now = next((reply.cloud_time for reply in replies.values() if reply.cloud_time), scene.now)
        limit = rule("servers.in_flight").limit("minutes")
        old = [row for row in busy if _minutes(row, now, limit) >= limit]
        told = each(old, lambda row: _in_flight(scene, row, limit))
        return Judgement(told, f"{len(busy)} servers in the making, {len(old)} of them for {limit} minutes or longer")


def _minutes(row: Row, now: datetime, unknown: float) -> float:
    """For how long it has been so; times of the API are whole seconds, so that may be none at all."""
    found = minutes_since(row, now, "updated", "created")
    return unknown if found is None else found


def _in_flight(scene: Scene, row: Row, limit: int) -> Finding:
    host = row.get("OS-EXT-SRV-ATTR:host")
    task = row.get("OS-EXT-STS:task_state")
    where = f" on {host}" if host else ""
    doing = f", {task}" if task else ""
    return found(
        scene,
        "servers.in_flight",
        str(row["id"]),
        message=f"server {named(row)}{where} has been {row['status']}{doing} for {limit} minutes or longer",
        resolution=f"`openstack server show {row['id']}`; let it come to its end, reset its state or delete it",
    )


class Migrating:
    """Migrations that have not ended, and servers of which nobody has confirmed that they were resized."""

    info: CheckInfo = rule("servers.migrating").info

    def applies(self, scene: Scene) -> bool:
        """The cloud has Nova."""
        return _has_nova(scene)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Each status by itself: the API takes one at a time, and all that ever were would be a long list."""
        moving = {s: ApiQuestion("compute", f"/os-migrations?status={s.replace(' ', '+')}", collection="migrations",
                                 paged=False) for s in _MOVING}  # fmt: skip
        return {**moving, "waiting": _listed("VERIFY_RESIZE")}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Every one of them: a migration between an old and a new host is what upgrades break."""
        waiting = list(rows(replies["waiting"]))
        moving = [row for key, reply in replies.items() if key != "waiting" for row in rows(reply)]
        told = (*each(moving, lambda row: _moving(scene, row)), *each(waiting, lambda row: _unconfirmed(scene, row)))
        return Judgement(told, f"{len(moving)} migrations under way, {len(waiting)} servers to be confirmed")


def _moving(scene: Scene, row: Row) -> Finding:
    server, way = (
        row.get("instance_uuid"),
        f"{row.get('source_compute')} to {row.get('dest_compute') or 'another host'}",
    )
    return found(
        scene,
        "servers.migrating",
        str(server),
        message=f"server {server} is being moved from {way} ({row.get('status')})",
        resolution=f"wait for its end: `openstack server migration list --server {server}`",
    )


def _unconfirmed(scene: Scene, row: Row) -> Finding:
    return found(
        scene,
        "servers.migrating",
        str(row["id"]),
        message=f"server {named(row)} was resized or moved, and nobody has confirmed it",
        resolution=f"`openstack server resize confirm {row['id']}`, or revert it",
    )


class Guests:
    """Servers that were active before the run and are in an error now. Who is gone may have been deleted by its owner.

    Before the run it makes the list to compare with, up to a length that can be kept.
    """

    info: CheckInfo = rule("guests.missing").info
    _KEPT = 5000

    def applies(self, scene: Scene) -> bool:
        """The cloud has Nova."""
        return _has_nova(scene)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """All that are in an error, and without a list yet all that are active."""
        broken = {"ERROR": _listed("ERROR")}
        return broken if self._before(scene) else broken | {"ACTIVE": _listed("ACTIVE", detail=False)}

    def _before(self, scene: Scene) -> Mapping[str, Any]:
        return scene.baseline.get(self.info.code, {})

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Only a server that was there before the run and well: that one cannot be made is daily life."""
        broken = {str(row["id"]): row for row in rows(replies["ERROR"])}
        before = self._before(scene)
        if not before:
            active = list(rows(replies["ACTIVE"]))
            facts = {"error": sorted(broken)[: self._KEPT], "at": scene.now.isoformat()}
            return Judgement((), f"{len(active)} servers active, {len(broken)} in an error", facts=facts)
        known = set(before.get("error", ()))
        lasts = (scene.now - datetime.fromisoformat(before["at"])).total_seconds() / 60
        new = [r for k, r in broken.items() if k not in known and (minutes_since(r, scene.now, "created") or 0) > lasts]
        told = each(new, lambda row: _broken(scene, row))
        return Judgement(told, f"{len(broken)} servers in an error, {len(new)} of them since the run began")


def _broken(scene: Scene, row: Row) -> Finding:
    return found(
        scene,
        "guests.missing",
        str(row["id"]),
        message=f"server {named(row)} has gone into an error since the run began",
        resolution=f"`openstack server show {row['id']} -c fault`; mend it, then `stairlift resume`",
    )
