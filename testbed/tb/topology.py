"""Which hosts there are, what runs on each, and at which addresses. Nothing here touches the machine."""

from dataclasses import dataclass

BRIDGE = "stairlift0"
NETWORK = "10.77.0.0/24"
GATEWAY = "10.77.0.1"
PREFIX_LENGTH = 24
CLOUD = "testbed"
REGION = "RegionOne"
# No secret: the addresses above exist on this machine only.
PASSWORD = "testbed"
# One link per program: a release is switched program by program, and never below one that runs.
PROGRAMS_DIR = "/opt/openstack"
HAPROXY_SOCKET = "/run/haproxy.sock"

# Heartbeats are quicker than in a real cloud, so that a dead service is seen within seconds.
REPORT_INTERVAL = 2
DOWN_TIME = 8


@dataclass(frozen=True)
class Host:
    name: str
    address: str
    role: str


HOSTS = (
    Host("lb1", "10.77.0.5", "loadbalancer"),
    Host("infra1", "10.77.0.10", "infra"),
    Host("ctl1", "10.77.0.11", "control"),
    Host("ctl2", "10.77.0.12", "control"),
    Host("cmp1", "10.77.0.21", "compute"),
    Host("cmp2", "10.77.0.22", "compute"),
    Host("cmp3", "10.77.0.23", "compute"),
)
LOADBALANCER, INFRA = HOSTS[0], HOSTS[1]
CONTROLS = tuple(host for host in HOSTS if host.role == "control")
COMPUTES = tuple(host for host in HOSTS if host.role == "compute")
OPENSTACK_HOSTS = CONTROLS + COMPUTES


def host_named(name: str) -> Host:
    """Raises KeyError for a host that the testbed does not have."""
    return {host.name: host for host in HOSTS}[name]


@dataclass(frozen=True)
class Api:
    """An API that uWSGI serves on every control host, behind HAProxy.

    More than one thread per process makes nova-api hang (greenlets meet threads); placement-api has no greenlets. One
    control host has to carry the whole load while the other one is upgraded: to show a server, nova-api asks
    neutron-api twice, and who waits in line for more than its time-out is a failed request.
    """

    program: str
    project: str
    port: int
    module: str
    health: str
    service_type: str
    path: str = ""
    processes: int = 1
    threads: int = 1


APIS = (
    Api("keystone", "keystone", 5000, "keystone.wsgi.api", "/v3", "identity", "/v3/", processes=2),
    Api("placement-api", "placement", 8778, "placement.wsgi.api", "/", "placement", threads=4),
    Api("glance-api", "glance", 9292, "glance.wsgi.api", "/healthcheck", "image"),
    Api("nova-api", "nova", 8774, "nova.wsgi.osapi_compute", "/", "compute", "/v2.1", processes=4),
    Api("neutron-api", "neutron", 9696, "neutron.wsgi.api", "/", "network", processes=3),
)
