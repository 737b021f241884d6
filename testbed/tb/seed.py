"""Something to lose: an image, a flavor, a network, and servers."""

import openstack.connection
import openstack.exceptions

from tb import cloud as clouds
from tb import hosts
from tb.errors import TestbedError

NAME = "testbed"
_MICROVERSION = "2.90"
_BOOT_SECONDS = 180


def boot(cloud: openstack.connection.Connection, count: int) -> list[dict[str, str]]:
    """Boots `count` more servers and waits until they are ACTIVE. Raises TestbedError if one is not."""
    image, flavor, network = _image(cloud), _flavor(cloud), _network(cloud)
    first = len(clouds.servers(cloud)) + 1
    asked = [
        cloud.compute.create_server(
            name=f"server-{number}", image_id=image, flavor_id=flavor, networks=[{"uuid": network}]
        )
        for number in range(first, first + count)
    ]
    for server in asked:
        _wait(cloud, server)
    return [row for row in clouds.servers(cloud) if row["id"] in {server.id for server in asked}]


def _wait(cloud: openstack.connection.Connection, server: openstack.compute.v2.server.Server) -> None:
    try:
        cloud.compute.wait_for_server(server, interval=1, wait=_BOOT_SECONDS)
    except openstack.exceptions.ResourceFailure as error:
        fault = cloud.compute.get_server(server.id).fault or {}
        raise TestbedError(f"{server.name} did not boot: {fault.get('message', error)}") from error
    except openstack.exceptions.ResourceTimeout as error:
        raise TestbedError(f"{server.name} is not ACTIVE after {_BOOT_SECONDS} s") from error


def _image(cloud: openstack.connection.Connection) -> str:
    """The fake driver never looks inside."""
    found = cloud.image.find_image(NAME) or cloud.image.create_image(
        name=NAME, data=bytes(1024), disk_format="raw", container_format="bare", visibility="public"
    )
    return str(found.id)


def _flavor(cloud: openstack.connection.Connection) -> str:
    found = cloud.compute.find_flavor(NAME) or cloud.compute.create_flavor(name=NAME, ram=64, vcpus=1, disk=1)
    return str(found.id)


def _network(cloud: openstack.connection.Connection) -> str:
    """A flat one: the machine itself stands for the router beyond it."""
    flat = {"provider:network_type": "flat", "provider:physical_network": "physnet1"}
    network = cloud.network.find_network(NAME) or cloud.network.create_network(name=NAME, **flat)
    if not cloud.network.find_subnet(NAME):
        cloud.network.create_subnet(
            name=NAME,
            network_id=network.id,
            ip_version=4,
            cidr=hosts.TENANTS,
            gateway_ip=hosts.ROUTER,
            is_dhcp_enabled=False,
        )
    return str(network.id)
