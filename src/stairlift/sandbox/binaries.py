"""How each program of a cloud shows itself: which registry lists it, who takes down its reports, which API it serves.

Written from the projects' API references and apart from `stairlift.knowledge`, so that the sandbox cannot share a
mistake with what it is used to test. A name stands for a service through all releases: nova-api goes on as a WSGI
module from 2025.2 on, and neutron-server as the processes that took its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Registry(StrEnum):
    """The lists in which running programs can be found."""

    NOVA = "nova"
    NEUTRON = "neutron"
    OVN = "ovn"
    CINDER = "cinder"
    HEAT = "heat"
    MANILA = "manila"
    IRONIC = "ironic"
    DESIGNATE = "designate"
    MAGNUM = "magnum"
    WATCHER = "watcher"
    ZUN = "zun"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a program is.

    `listeners` are the programs of which at least one must run for a report to be taken down: nova-compute reports
    through the conductors and the agents through Neutron's RPC servers, while schedulers and conductors write to the
    database themselves. `serves` is the first path segment of the API that the program answers. `database` says that
    it opens the project's database, so that code and schema must fit.
    """

    project: str
    registry: Registry | None = None
    agent_type: str | None = None
    topic: str = "N/A"
    listeners: tuple[str, ...] = ()
    serves: str | None = None
    database: bool = True


_RPC_SERVERS = ("neutron-server", "neutron-rpc-server")


def _agent(agent_type: str, topic: str = "N/A") -> Kind:
    return Kind("neutron", Registry.NEUTRON, agent_type, topic, _RPC_SERVERS, database=False)


def _chassis(project: str, agent_type: str) -> Kind:
    return Kind(project, Registry.OVN, agent_type, database=False)


def _nova(listeners: tuple[str, ...] = (), *, database: bool = True) -> Kind:
    return Kind("nova", Registry.NOVA, listeners=listeners, database=database)


KINDS: Mapping[str, Kind] = {
    "keystone": Kind("keystone", serves="identity"),
    "glance-api": Kind("glance", serves="image"),
    "placement-api": Kind("placement", serves="placement"),
    "nova-api": Kind("nova", serves="compute"),
    "nova-metadata": Kind("nova"),
    "nova-conductor": _nova(),
    "nova-scheduler": _nova(),
    "nova-cert": _nova(),
    "nova-consoleauth": _nova(),
    "nova-novncproxy": Kind("nova"),
    "nova-compute": _nova(("nova-conductor",), database=False),
    "neutron-server": Kind("neutron", serves="network"),
    "neutron-api": Kind("neutron", serves="network"),
    "neutron-rpc-server": Kind("neutron"),
    "neutron-periodic-workers": Kind("neutron"),
    "neutron-ovn-maintenance-worker": Kind("neutron"),
    "neutron-openvswitch-agent": _agent("Open vSwitch agent"),
    "neutron-linuxbridge-agent": _agent("Linux bridge agent"),
    "neutron-sriov-nic-agent": _agent("NIC Switch agent"),
    "neutron-dhcp-agent": _agent("DHCP agent", "dhcp_agent"),
    "neutron-l3-agent": _agent("L3 agent", "l3_agent"),
    "neutron-metadata-agent": _agent("Metadata agent"),
    "neutron-metering-agent": _agent("Metering agent", "metering_agent"),
    "neutron-ovn-metadata-agent": _chassis("neutron", "OVN Metadata agent"),
    "neutron-ovn-agent": _chassis("neutron", "OVN Neutron agent"),
    "ovn-controller": _chassis("ovn", "OVN Controller agent"),
    "ovn-northd": Kind("ovn", database=False),
    "ovn-nb-db": Kind("ovn", database=False),
    "ovn-sb-db": Kind("ovn", database=False),
    "cinder-api": Kind("cinder", serves="volume"),
    "cinder-scheduler": Kind("cinder", Registry.CINDER),
    "cinder-volume": Kind("cinder", Registry.CINDER),
    "cinder-backup": Kind("cinder", Registry.CINDER),
    "heat-api": Kind("heat", serves="orchestration"),
    "heat-api-cfn": Kind("heat"),
    "heat-engine": Kind("heat", Registry.HEAT),
    "manila-api": Kind("manila", serves="share"),
    "manila-scheduler": Kind("manila", Registry.MANILA),
    "manila-share": Kind("manila", Registry.MANILA),
    "manila-data": Kind("manila", Registry.MANILA),
    "ironic-api": Kind("ironic", serves="baremetal"),
    "ironic-conductor": Kind("ironic", Registry.IRONIC),
    "designate-api": Kind("designate", serves="dns"),
    "designate-central": Kind("designate", Registry.DESIGNATE),
    "designate-worker": Kind("designate", Registry.DESIGNATE, database=False),
    "designate-producer": Kind("designate", Registry.DESIGNATE, database=False),
    "designate-mdns": Kind("designate", Registry.DESIGNATE, database=False),
    "octavia-api": Kind("octavia", serves="load-balancer"),
    "octavia-worker": Kind("octavia"),
    "octavia-health-manager": Kind("octavia"),
    "octavia-housekeeping": Kind("octavia"),
    "magnum-api": Kind("magnum", serves="container-infra"),
    "magnum-conductor": Kind("magnum", Registry.MAGNUM),
    "masakari-api": Kind("masakari", serves="instance-ha"),
    "masakari-engine": Kind("masakari"),
    "watcher-api": Kind("watcher", serves="infra-optim"),
    "watcher-decision-engine": Kind("watcher", Registry.WATCHER),
    "watcher-applier": Kind("watcher", Registry.WATCHER),
    "zun-api": Kind("zun", serves="container"),
    "zun-compute": Kind("zun", Registry.ZUN),
    "blazar-api": Kind("blazar", serves="reservation"),
    "blazar-manager": Kind("blazar"),
    "horizon": Kind("horizon", database=False),
}

#: The programs that take down the reports of others; when they run decides what the registries hear.
LISTENERS = frozenset(name for kind in KINDS.values() for name in kind.listeners)

#: First path segment of an API -> the programs that may answer it.
APIS: Mapping[str, tuple[str, ...]] = {
    api: tuple(name for name, kind in KINDS.items() if kind.serves == api)
    for api in dict.fromkeys(kind.serves for kind in KINDS.values() if kind.serves)
}
