"""Two clouds of 50 hosts, as kolla-ansible and openstack-ansible lay them out, seen through their real inventories.

3 control nodes, 2 network nodes and 45 hypervisors with Open vSwitch, at 2025.1. What the APIs would report is built;
the inventories go through the real ansible-inventory. tests/data/inventories has them.
"""

from functools import cache
from pathlib import Path

from stairlift.inventory.ansible import AnsibleInventory
from stairlift.model.observation import Fact
from stairlift.reconcile import Reconciled, reconcile
from stairlift.testing.clouds import CloudBuilder

INVENTORIES = Path(__file__).parent / "data" / "inventories"
KOLLA_INVENTORY = INVENTORIES / "kolla-50" / "multinode"
OSA_INVENTORY = INVENTORIES / "osa-50" / "inventory.py"

_TYPES = ("identity", "image", "placement", "compute", "network", "block-storage", "orchestration", "cloudformation")
_NETWORK = ("neutron-openvswitch-agent", "neutron-l3-agent", "neutron-dhcp-agent", "neutron-metadata-agent")


@cache
def kolla_cloud() -> Reconciled:
    """kolla-ansible: every service in a container on its host, which the APIs know by the host's name."""
    controls = [f"ctl{n}" for n in range(1, 4)]
    built = _resources([f"net{n}" for n in (1, 2)], [f"cmp{n:02}" for n in range(1, 46)])
    for host in controls:
        built = built.reporting(host, "nova-conductor", "nova-scheduler", zone="internal")
        built = built.reporting(host, "cinder-scheduler", "cinder-backup", zone="nova")
        built = built.reporting(host, "heat-engine")
    return _seen(built.storage(*controls, backends=("rbd-1",)), KOLLA_INVENTORY)


@cache
def osa_cloud() -> Reconciled:
    """openstack-ansible: control-plane services in LXC containers of their own names, the others on metal."""
    built = _resources([f"net{n}" for n in (1, 2)], [f"compute{n:02}" for n in range(1, 46)])
    inside: dict[str, tuple[str, ...]] = {
        "nova-api": ("nova-conductor", "nova-scheduler"),
        "cinder-api": ("cinder-scheduler",),
        "cinder-volumes": ("cinder-backup",),
        "heat-api": ("heat-engine",),
    }
    for name in _containers():
        kind = name.split("-", 1)[1].rpartition("-container-")[0]
        built = built.reporting(name, *inside.get(kind, ()), zone="internal")
        if kind == "cinder-volumes":
            built = built.storage(name, backends=("rbd",))
    return _seen(built, OSA_INVENTORY)


@cache
def _inventory(path: Path) -> tuple[Fact, ...]:
    source = AnsibleInventory(str(path))
    return source.read(source.fetch())


def _containers() -> list[str]:
    return sorted(f.name for f in _inventory(OSA_INVENTORY) if "-container-" in getattr(f, "name", ""))


def _resources(networks: list[str], computes: list[str]) -> CloudBuilder:
    built = CloudBuilder().serving(*_TYPES, compute="2.100")
    for host in networks:
        built = built.reporting(host, *_NETWORK)
    for n, host in enumerate(computes):
        built = built.compute(host, zone=f"az{n // 15 + 1}")
    return built


def _seen(built: CloudBuilder, path: Path) -> Reconciled:
    return reconcile(built.saying("ansible", *_inventory(path)).observations(), name="lab")
