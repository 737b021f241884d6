"""Keystone's users, roles and role assignments: the people of the sandbox, and the users by which services talk."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID, USERS, catalog_id, project_id, user_id

#: Project whose database there is -> name of the user by which its services ask others for something.
_SERVICE_USERS = ("nova", "glance", "neutron", "cinder", "placement", "heat", "ironic", "octavia")
SERVICE_PROJECT = "service"
DOMAIN = {"id": "default", "name": "Default"}


class People:
    """Rows of users, roles and role_assignments."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def service_users(self) -> tuple[str, ...]:
        """The users of the services that the cloud has."""
        return tuple(name for name in _SERVICE_USERS if name in self._sim.world.databases)

    def projects(self, _: Request) -> list[dict[str, Any]]:
        """Those of people and of the services, and whatever a scenario names as an owner."""
        scenario = self._sim.scenario
        owners = [one.project for one in scenario.servers] + [one.project for one in scenario.server_groups]
        owners += [one.project for one in scenario.networks] + [one.project for one in scenario.routers]
        names = dict.fromkeys(("admin", SERVICE_PROJECT, *owners))
        domain = {"domain_id": DOMAIN["id"], "enabled": True, "description": ""}
        return [{"id": project_id(name), "name": name} | domain for name in names]

    def users(self, _: Request) -> list[dict[str, Any]]:
        """People and services."""
        names = [user.name for user in USERS] + list(self.service_users())
        return [{"id": user_id(n), "name": n, "domain_id": DOMAIN["id"], "enabled": True, "links": {}} for n in names]

    def roles(self, _: Request) -> list[dict[str, Any]]:
        """Those that keystone-manage bootstrap makes."""
        return [{"id": catalog_id(f"role/{name}"), "name": name, "domain_id": None} for name in _ROLES]

    def assignments(self, request: Request) -> list[dict[str, Any]]:
        """Who has which role where; with `include_names` by name as well, with `user.id` of one alone."""
        named, only = "include_names" in request.query_params, request.query_params.get("user.id")
        held = [(user.name, user.role, PROJECT_ID, "admin") for user in USERS]
        service = project_id(SERVICE_PROJECT)
        for name in self.service_users():
            held.append((name, "admin", service, SERVICE_PROJECT))
            if name not in self._sim.scenario.without_service_role:
                held.append((name, "service", service, SERVICE_PROJECT))
        return [_assignment(one, named=named) for one in held if only in (None, user_id(one[0]))]


_ROLES = ("admin", "manager", "member", "reader", "service")


def _assignment(held: tuple[str, str, str, str], *, named: bool) -> dict[str, Any]:
    user, role, project, project_name = held
    parts: Mapping[str, dict[str, Any]] = {
        "user": {"id": user_id(user)} | ({"name": user, "domain": DOMAIN} if named else {}),
        "role": {"id": catalog_id(f"role/{role}")} | ({"name": role} if named else {}),
    }
    scope = {"project": {"id": project} | ({"name": project_name, "domain": DOMAIN} if named else {})}
    return {**parts, "scope": scope, "links": {}}
