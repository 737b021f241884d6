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
        """The users by name."""
        return {name: ApiQuestion("identity", f"/users?name={name}", None, "users", paged=False) for name in _CALLERS}

    def asks_next(self, scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, Question]:
        """What each of them may do, by a group as well; the list of everybody would be a very long one."""
        return {str(row["id"]): _roles(str(row["id"])) for name in _CALLERS for row in rows(replies[name])}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """Of the users there are: a cloud that calls them otherwise gives no finding, and the evidence says so."""
        users = {name: list(rows(replies[name])) for name in _CALLERS}
        there = {name: named for name, named in users.items() if named}
        told = [
            _disabled(scene, name) for name, named in there.items() if all(u.get("enabled") is False for u in named)
        ]
        lacking = {name: named[0] for name, named in there.items() if not any(_holds(u, replies) for u in named)}
        told += [_without(scene, name, row) for name, row in lacking.items()]
        known = ", ".join(there) or "none of the usual service users is there by name"
        return Judgement(tuple(told), f"{known}; {len(there) - len(lacking)} of them with the role {_ROLE}")


def _roles(user: str) -> ApiQuestion:
    query = f"user.id={user}&effective=true&include_names=true"
    return ApiQuestion("identity", f"/role_assignments?{query}", None, "role_assignments", paged=False)


def _holds(user: Row, replies: Mapping[str, Reply]) -> bool:
    """Whether this user, one of perhaps several of its name in several domains, has the role anywhere."""
    return any(row["role"].get("name") == _ROLE for row in rows(replies[str(user["id"])]))


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
