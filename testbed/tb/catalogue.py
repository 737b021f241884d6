"""Keystone's content beyond its own bootstrap: the service users, and the catalogue of endpoints."""

from typing import Any

import openstack.connection

from tb import topology
from tb.topology import Api

# Since 2025.2 services call each other with the role "service".
_ROLES = ("admin", "service")


def fill(cloud: openstack.connection.Connection) -> None:
    # The SDK's type is a union with Identity v2, which has none of this.
    identity: Any = cloud.identity
    roles = {role.name: role for role in identity.roles()}
    project = identity.create_project(name="service", domain_id="default")
    for api in topology.APIS:
        if api.project == "keystone":
            continue
        user = identity.create_user(name=api.project, password=topology.PASSWORD, domain_id="default")
        for role in _ROLES:
            identity.assign_project_role_to_user(project, user, roles[role])
        _add_endpoints(identity, api)


def _add_endpoints(identity: Any, api: Api) -> None:
    service = identity.create_service(name=api.project, type=api.service_type)
    url = f"http://{topology.LOADBALANCER.address}:{api.port}{api.path}"
    for interface in ("public", "internal", "admin"):
        identity.create_endpoint(service_id=service.id, interface=interface, url=url, region_id=topology.REGION)
