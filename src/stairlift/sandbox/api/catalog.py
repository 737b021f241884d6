"""The service catalog: what the cloud has, under three interfaces that differ by a prefix of the path."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.tokens import PROJECT_ID, catalog_id

PREFIXES = {"public": "", "internal": "/internal", "admin": "/admin"}

#: API -> service type, name and path of the endpoint in the catalog.
_CATALOG: Mapping[str, tuple[str, str, str]] = {
    "identity": ("identity", "keystone", "/identity/v3"),
    "compute": ("compute", "nova", "/compute/v2.1"),
    "network": ("network", "neutron", "/network"),
    "image": ("image", "glance", "/image"),
    "placement": ("placement", "placement", "/placement"),
    "volume": ("volumev3", "cinderv3", f"/volume/v3/{PROJECT_ID}"),
    "orchestration": ("orchestration", "heat", f"/orchestration/v1/{PROJECT_ID}"),
    "share": ("sharev2", "manilav2", "/share/v2"),
    "baremetal": ("baremetal", "ironic", "/baremetal"),
    "dns": ("dns", "designate", "/dns"),
    "load-balancer": ("load-balancer", "octavia", "/load-balancer"),
    "container-infra": ("container-infra", "magnum", "/container-infra/v1"),
    "instance-ha": ("instance-ha", "masakari", f"/instance-ha/v1/{PROJECT_ID}"),
    "infra-optim": ("infra-optim", "watcher", "/infra-optim"),
    "container": ("container", "zun", "/container/v1"),
    "reservation": ("reservation", "blazar", "/reservation/v1"),
}


class Catalog:
    """The catalog of one cloud, by the address that a client uses."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def catalog(self, request: Request) -> list[dict[str, Any]]:
        """The catalog of a token: every service with its endpoints."""
        endpoints = self.endpoints(request)
        return [
            {
                "id": service["id"],
                "type": service["type"],
                "name": service["name"],
                "endpoints": [_short(e) for e in endpoints if e["service_id"] == service["id"]],
            }
            for service in self.services(request)
        ]

    def services(self, _: Request) -> list[dict[str, Any]]:
        """The services that the cloud has."""
        return [
            {"id": catalog_id(api), "type": kind, "name": name, "enabled": True, "description": ""}
            for api, (kind, name, _) in _CATALOG.items()
            if self._sim.deployed(api)
        ]

    def endpoints(self, request: Request) -> list[dict[str, Any]]:
        """Three endpoints of each service, at the address that the client came by."""
        root = f"http://{request.headers.get('host', 'localhost')}"
        region = self._sim.scenario.region
        return [
            {
                "id": catalog_id(f"{api}/{interface}"),
                "service_id": catalog_id(api),
                "interface": interface,
                "region": region,
                "region_id": region,
                "url": f"{root}{prefix}{_CATALOG[api][2]}",
                "enabled": True,
            }
            for api in _CATALOG
            if self._sim.deployed(api)
            for interface, prefix in PREFIXES.items()
        ]


def _short(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    return {key: endpoint[key] for key in ("id", "interface", "region", "region_id", "url")}
