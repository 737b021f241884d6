"""Guests: network namespaces that stand for what the fake driver only pretends to run.

A guest has the address and the MAC of its server's port, and its tap device carries the port's id. So the real Open
vSwitch agent of its host gives it its network, and what its neighbours hear of it is what a tenant would.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openstack.connection

from tb import cloud as clouds
from tb import hosts, topology
from tb.errors import TestbedError
from tb.layout import Layout
from tb.topology import Host

#: Seconds between two questions where the server is: to show a server costs Nova two questions to Neutron.
_LOOK = 2


@dataclass(frozen=True)
class Guest:
    """What of a server its guest needs. The kernel takes at most 15 characters for a device."""

    server: str
    server_id: str
    host: Host
    port: str
    mac: str
    address: str

    @property
    def tap(self) -> str:
        return f"tap{self.port[:11]}"

    @property
    def namespace(self) -> str:
        return f"guest-{self.server}"


def plug(layout: Layout, cloud: openstack.connection.Connection, name: str) -> Guest:
    """Puts the server's guest where the server is now, and takes it away from wherever else it was. Twice is once."""
    guest = _guest(cloud, name)
    for host in topology.COMPUTES:
        if _is_there(layout, host, guest) and host != guest.host:
            hosts.run_on(layout, host, "sh", "-ec", _UNPLUG.format(guest=guest))
    if not _is_there(layout, guest.host, guest):
        hosts.run_on(layout, guest.host, "sh", "-ec", _PLUG.format(guest=guest))
    return guest


def follow(layout: Layout, cloud: openstack.connection.Connection, name: str) -> Iterator[Guest]:
    """The guest wherever its server goes, as a hypervisor plugs it in where a live migration ends."""
    guest = plug(layout, cloud, name)
    yield guest
    while True:
        time.sleep(_LOOK)
        try:
            server: Any = cloud.compute.get_server(guest.server_id)
            if server.compute_host in {guest.host.name, None}:
                continue
            guest = plug(layout, cloud, name)
        except clouds.ERRORS:  # an API that does not answer now: the server is where it is
            continue
        yield guest


def inside(layout: Layout, guest: Guest, *argv: str) -> list[str]:
    """The command line that runs `argv` in the guest."""
    return hosts.command(layout, guest.host, "ip", "netns", "exec", guest.namespace, *argv)


_PLUG = """
ip netns add {guest.namespace}
ip link add {guest.tap} type veth peer name eth0 netns {guest.namespace}
ip -n {guest.namespace} link set eth0 address {guest.mac} up
ip -n {guest.namespace} link set lo up
ip -n {guest.namespace} addr add {guest.address}/24 dev eth0
ip link set {guest.tap} up
ovs-vsctl --timeout=20 --may-exist add-port br-int {guest.tap} -- set Interface {guest.tap} \
  external_ids:iface-id={guest.port} external_ids:iface-status=active \
  external_ids:vm-uuid={guest.server_id} external_ids:attached-mac='"{guest.mac}"'
"""
_UNPLUG = """
ovs-vsctl --timeout=20 --if-exists del-port br-int {guest.tap}
ip netns del {guest.namespace}
ip link del {guest.tap} 2>/dev/null || true
"""


def _is_there(layout: Layout, host: Host, guest: Guest) -> bool:
    listed = hosts.run_on(layout, host, "ip", "netns", "list").splitlines()
    return guest.namespace in {line.split()[0] for line in listed}


def _guest(cloud: openstack.connection.Connection, name: str) -> Guest:
    row = next((row for row in clouds.servers(cloud) if row["name"] == name), None)
    if row is None:
        raise TestbedError(f"there is no server {name}")
    port: Any = next(iter(cloud.network.ports(device_id=row["id"])), None)
    if port is None:
        raise TestbedError(f"{name} has no port")
    address = port.fixed_ips[0]["ip_address"]
    return Guest(name, row["id"], topology.host_named(row["host"]), port.id, port.mac_address, address)
