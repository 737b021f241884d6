"""Answers as the services of different releases give them, and a client that gives them."""

from copy import deepcopy
from datetime import UTC, datetime

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Answer

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

UP = {
    "id": "21bbd5a4-7b5c-4f5c-a0fb-0a2c1ad6b24c",
    "binary": "nova-compute",
    "host": "cmp1",
    "zone": "az1",
    "status": "enabled",
    "state": "up",
    "updated_at": "2026-11-22T11:59:53.123456",
    "disabled_reason": None,
    "forced_down": False,
}
FORCED = {**UP, "host": "cmp2", "status": "disabled", "state": "down", "disabled_reason": "dead", "forced_down": True}
PARTIAL = {"binary": "nova-compute", "host": "cmp9", "status": "UNKNOWN"}
MITAKA = {**UP, "id": 7, "binary": "nova-cert", "host": "devstack-1", "zone": "internal"}
SILENT = {**UP, "host": "cmp3", "state": "down", "updated_at": None}

HYPERVISOR = {
    "id": "b1e43b5f-eec1-44e0-9f10-7b4945c0226d",
    "hypervisor_hostname": "cmp1.example.com",
    "state": "up",
    "status": "enabled",
    "host_ip": "192.0.2.21",
    "service": {"id": UP["id"], "host": "cmp1", "disabled_reason": None},
}

AGENT = {
    "id": "04c62b91-b799-48b7-9cd5-2982db6df9c6",
    "agent_type": "L3 agent",
    "binary": "neutron-l3-agent",
    "host": "net1",
    "alive": True,
    "admin_state_up": True,
    "availability_zone": "nova",
    "heartbeat_timestamp": "2026-11-22 11:59:41",
    "configurations": {"agent_mode": "dvr_snat", "routers": 12},
}
OVS_AGENT = {
    **AGENT,
    "id": "0a6d0d3c-1",
    "agent_type": "Open vSwitch agent",
    "binary": "neutron-openvswitch-agent",
    "host": "cmp1",
    "availability_zone": None,
    "alive": False,
    "admin_state_up": False,
    "configurations": {"bridge_mappings": {"physnet1": "br-ex"}},
}
OVN_AGENT = {
    **AGENT,
    "id": "0a6d0d3c-2",
    "agent_type": "OVN Controller agent",
    "binary": "ovn-controller",
    "host": "cmp1.example.com",
    "availability_zone": "",
    "configurations": {"chassis_name": "x", "bridge-mappings": ""},
}

VOLUME = {**UP, "binary": "cinder-volume", "host": "stor1@rbd", "zone": "nova"}

CATALOG = [
    {
        "type": "volumev3",
        "name": "cinderv3",
        "endpoints": [
            {"interface": "public", "region_id": "RegionOne", "url": "https://api.example.com:8776/v3/p"},
            {"interface": "internal", "region": "RegionOne", "url": "http://192.0.2.5:8776/v3/p"},
        ],
    },
    {"type": "compute", "endpoints": [{"interface": "internal", "region": None, "url": "http://[fd00::5]:8774/v2.1"}]},
]
NOVA_VERSIONS = [
    {"id": "v2.0", "status": "SUPPORTED", "version": "", "min_version": ""},
    {"id": "v2.1", "status": "CURRENT", "version": "2.100", "min_version": "2.1"},
]


class GivenCloud:
    """A CloudClient that answers from a dictionary: path -> body, or a function of the query that gives one."""

    cloud_name = "given"

    def __init__(self, bodies=None, versions=None, catalog=None):
        self.bodies = bodies or {}
        self.version_documents = {"compute": NOVA_VERSIONS} if versions is None else versions
        self.catalogued = CATALOG if catalog is None else catalog
        self.asked = []

    def get(self, service_type, path, microversion=None):
        plain, _, query = path.partition("?")
        self.asked.append((service_type, plain, query, microversion))
        body = self.bodies[plain]
        return Answer({"body": deepcopy(body(query) if callable(body) else body)}, NOON)

    def catalog(self):
        return Answer({"catalog": deepcopy(self.catalogued)})

    def versions(self, service_type):
        if service_type not in self.version_documents:
            raise SourceTrouble(Trouble.TIMEOUT, f"{service_type} did not answer in time")
        return Answer({"versions": deepcopy(self.version_documents[service_type])}, NOON)


def by_page(rows, key, size):
    """A body by query, in pages of this size, with links that lead elsewhere."""

    def body(query):
        asked = dict(pair.split("=") for pair in query.split("&") if "=" in pair)
        start = next((i + 1 for i, row in enumerate(rows) if str(row["id"]) == asked.get("marker")), 0)
        page = {key: rows[start : start + size]}
        if start + size < len(rows):
            page[f"{key}_links"] = [{"rel": "next", "href": "http://elsewhere.example.com/?marker=nonsense"}]
        return page

    return body
