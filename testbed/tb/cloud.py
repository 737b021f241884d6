"""The cloud as its APIs show it: who reports and how fresh that is, which APIs answer, which servers exist."""

import functools
import http.client
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import keystoneauth1.exceptions
import openstack.config
import openstack.connection
import openstack.exceptions

from tb import programs, topology
from tb.commands import wait_until
from tb.layout import Layout
from tb.topology import Api, Host

ERRORS = (openstack.exceptions.SDKException, keystoneauth1.exceptions.ClientException)
_NOVA_SERVICES = ("nova-conductor", "nova-scheduler", "nova-compute")


@dataclass(frozen=True)
class Record:
    """What Nova or Neutron knows of one service; the age of its last heartbeat is in seconds."""

    binary: str
    host: str
    state: str
    age: float
    disabled: bool = False

    @property
    def fresh(self) -> bool:
        return self.state == "up" and self.age <= topology.DOWN_TIME


def connect(layout: Layout) -> openstack.connection.Connection:
    config = openstack.config.OpenStackConfig(config_files=[str(layout.clouds_yaml)], load_envvars=False)
    return openstack.connection.Connection(config=config.get_one(topology.CLOUD))


def age_of(stamp: str | None, now: datetime) -> float:
    """Seconds since the stamp; Nova and Neutron write UTC without saying so."""
    return (now - datetime.fromisoformat(stamp).replace(tzinfo=UTC)).total_seconds() if stamp else float("inf")


def _get(proxy: Any, path: str, **options: Any) -> Any:
    reply = proxy.get(path, **options)
    openstack.exceptions.raise_from_response(reply)
    return reply.json()


def services(cloud: openstack.connection.Connection) -> list[Record]:
    found = _get(cloud.compute, "/os-services", microversion="2.53")["services"]
    now = datetime.now(UTC)
    return [
        Record(one["binary"], one["host"], one["state"], age_of(one["updated_at"], now), one["status"] == "disabled")
        for one in found
    ]


def agents(cloud: openstack.connection.Connection) -> list[Record]:
    found = _get(cloud.network, "/agents")["agents"]
    now = datetime.now(UTC)
    state = {True: "up", False: "down"}
    return [
        Record(
            one["binary"],
            one["host"],
            state[one["alive"]],
            age_of(one["heartbeat_timestamp"], now),
            not one["admin_state_up"],
        )
        for one in found
    ]


def hypervisors(cloud: openstack.connection.Connection) -> list[str]:
    """Those that Nova has found and can schedule to."""
    found = _get(cloud.compute, "/os-hypervisors", microversion="2.53")["hypervisors"]
    return [one["hypervisor_hostname"] for one in found if one["state"] == "up"]


def servers(cloud: openstack.connection.Connection) -> list[dict[str, str]]:
    found = _get(cloud.compute, "/servers/detail?all_tenants=1", microversion="2.90")["servers"]
    return [
        {"id": one["id"], "name": one["name"], "status": one["status"], "host": one["OS-EXT-SRV-ATTR:host"] or ""}
        for one in found
    ]


def answers(api: Api, host: Host) -> bool:
    """Whether this host's own instance answers, asked past the load balancer."""
    connection = http.client.HTTPConnection(host.address, api.port, timeout=20)
    try:
        connection.request("GET", api.health)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for_apis(apis: Iterable[Api]) -> None:
    for api, host in itertools.product(apis, topology.CONTROLS):
        wait_until(f"{api.program} answers on {host.name}", functools.partial(answers, api, host), 120)


def expected() -> set[tuple[str, str]]:
    """Binary and host of every record that has to be fresh once the base release runs.

    Not the metadata agents': 2025.1's never report (their heartbeat is a green thread, but nothing in that process
    yields to it). 2026.1's do.
    """
    reporting = {name for name in programs.service_hosts() if name in _NOVA_SERVICES or name.endswith("-agent")}
    reporting.discard("neutron-metadata-agent")
    return {(name, host.name) for name in reporting for host in programs.service_hosts()[name]}


def _silent(cloud: openstack.connection.Connection) -> set[tuple[str, str]]:
    fresh = {(record.binary, record.host) for record in services(cloud) + agents(cloud) if record.fresh}
    return expected() - fresh


def wait_until_ready(cloud: openstack.connection.Connection) -> None:
    """Returns when all that was started reports and every compute host can be scheduled to."""

    def ready() -> bool:
        try:
            return not _silent(cloud) and len(hypervisors(cloud)) == len(topology.COMPUTES)
        except ERRORS:
            return False

    wait_until("every service reports fresh; see `testbed status`", ready, 180, pause=1)
