"""The users that the services call each other as."""

from collections.abc import Mapping

from stairlift.check.answers import Row, rows
from stairlift.check.api.finding import found
from stairlift.knowledge.checks import rule
from stairlift.model.check import ApiQuestion, CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding

#: Whose calls to others need the role: they act on what belongs to a project (keystonemiddleware, service tokens).
_CALLERS = ("nova", "cinder", "glance", "neutron")
_ROLE = "service"


class ServiceUsers:
    """The users of the services are enabled and have the role "service".

    From 2025.2 on projects ask for it where a service calls another (OSSA-2023-003, phase 2 of secure RBAC).
    """

    info: CheckInfo = rule("keystone.service_role").info

    def applies(self, scene: Scene) -> bool:
        """There is a way; and a Keystone to be asked."""
        return scene.target is not None and any(e.service_type == "identity" for e in scene.cloud.endpoints)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Users by name, and who has which role; both lists come at once."""
        users = {name: ApiQuestion("identity", f"/users?name={name}", None, "users", paged=False) for name in _CALLERS}
        listed = ApiQuestion("identity", "/role_assignments?include_names", None, "role_assignments", paged=False)
        return {**users, "assignments": listed}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Of the users there are: a cloud that calls them otherwise gives no finding, and the evidence says so."""
        given = list(rows(replies["assignments"]))
        holders = {row["user"]["id"] for row in given if row["role"].get("name") == _ROLE and "user" in row}
        users = {name: row for name in _CALLERS for row in rows(replies[name])}
        told = [_disabled(scene, name) for name, row in users.items() if row.get("enabled") is False]
        if given:
            told += [_without(scene, name, row) for name, row in users.items() if row["id"] not in holders]
        known = ", ".join(users) or "none of the usual service users is there by name"
        return Judgement(tuple(told), f"{known}; {len(holders)} users with the role {_ROLE}")


def _without(scene: Scene, name: str, row: Row) -> Finding:
    return found(
        scene,
        "keystone.service_role",
        name,
        message=f"the user {name} has no role {_ROLE!r}: other services will refuse its service token",
        resolution=f"`openstack role add --user {row['id']} --project service {_ROLE}`",
    )


def _disabled(scene: Scene, name: str) -> Finding:
    return found(
        scene,
        "keystone.service_role",
        f"{name}:disabled",
        message=f"the user {name} is disabled",
        resolution=f"`openstack user set --enable {name}`",
        severity="error",
    )
