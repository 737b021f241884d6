"""Builders of clouds: what the sources would have said about a cloud of this shape."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from stairlift.knowledge.binaries import SOURCE_OF_REGISTRY, binary
from stairlift.model.errors import Trouble
from stairlift.model.observation import (
    ApiVersion,
    Deployment,
    Duty,
    DutyRecord,
    EndpointRecord,
    Fact,
    HypervisorRecord,
    InventoryHost,
    Observation,
    ServiceRecord,
    VersionRecord,
)

#: The time at which built clouds are looked at.
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class CloudBuilder:
    """A cloud as its sources tell it; every method gives a new builder."""

    facts: tuple[tuple[str, Fact], ...] = ()
    troubles: tuple[Observation, ...] = ()

    def saying(self, source: str, *facts: Fact) -> "CloudBuilder":
        """Add facts of a source, as they are."""
        return replace(self, facts=(*self.facts, *((source, fact) for fact in facts)))

    def reporting(self, host: str, *binaries: str, zone: str | None = None) -> "CloudBuilder":
        """Services that are up and report to their registries."""
        return self.saying_each(
            (name, ServiceRecord(name, host, "enabled", "up", NOON - timedelta(seconds=3), zone)) for name in binaries
        )

    def row(self, name: str, host: str, **given: Any) -> "CloudBuilder":
        """One row of a registry: that of a service which is up, but for what is given."""
        alive = ServiceRecord(name, host, "enabled", "up", NOON - timedelta(seconds=3))
        return self.saying_each([(name, replace(alive, **given))])

    def down(self, host: str, name: str, since: timedelta) -> "CloudBuilder":
        """A service whose last heartbeat is so long ago."""
        return self.row(name, host, state="down", updated_at=NOON - since)

    def unreachable(self, host: str, name: str = "nova-compute") -> "CloudBuilder":
        """What Nova tells of a service whose cell's database does not answer."""
        return self.row(name, host, status="unknown", state="unknown", updated_at=None)

    def saying_each(self, records: Iterable[tuple[str, Fact]]) -> "CloudBuilder":
        """Add facts of the registries that know these binaries."""
        made = self
        for name, fact in records:
            known = binary(name)
            made = made.saying(SOURCE_OF_REGISTRY.get(known.registry or "" if known else "", "nova-services"), fact)
        return made

    def hypervisor(self, name: str, host: str | None = None, ip: str | None = None) -> "CloudBuilder":
        """A hypervisor that is up; `host` is its nova-compute's."""
        return self.saying("nova-hypervisors", HypervisorRecord(name, host or name, "up", "enabled", ip))

    def compute(self, *hosts: str, zone: str = "nova") -> "CloudBuilder":
        """Hypervisors with nova-compute and the Open vSwitch agent."""
        made = self
        for host in hosts:
            made = made.hypervisor(host).reporting(host, "nova-compute", zone=zone)
            made = made.reporting(host, "neutron-openvswitch-agent")
        return made

    def network(self, *hosts: str) -> "CloudBuilder":
        """Network nodes with their four agents."""
        names = ("l3", "dhcp", "metadata", "openvswitch")
        made = self
        for host in hosts:
            made = made.reporting(host, *(f"neutron-{name}-agent" for name in names))
        return made

    def control(self, *hosts: str) -> "CloudBuilder":
        """Control nodes: what Nova reports of itself, and the APIs that only an inventory places."""
        made = self
        for host in hosts:
            made = made.reporting(host, "nova-conductor", "nova-scheduler", zone="internal")
            made = made.placed(host, "keystone", "placement-api", "glance-api", "neutron-server", "nova-api")
        return made

    def placed(self, name: str, *binaries: str, node: str | None = None, address: str | None = None) -> "CloudBuilder":
        """What an inventory puts on a host or container."""
        return self.saying("ansible:hosts", InventoryHost(name, node or name, address, binaries, (), None))

    def serving(self, *service_types: str, compute: str | None = None) -> "CloudBuilder":
        """A catalog with these services, behind one address, and Nova's highest microversion."""
        made = self
        for service_type in service_types:
            url = f"https://cloud.example/{service_type}"
            made = made.saying("keystone-catalog", EndpointRecord(service_type, "public", url, "RegionOne"))
        if compute:
            made = made.saying("keystone-catalog", ApiVersion("compute", compute, "https://cloud.example/compute"))
        return made

    def storage(self, *hosts: str, backends: tuple[str, ...] = ("rbd",)) -> "CloudBuilder":
        """Hosts of cinder-volume, each with one row per backend."""
        made = self
        for host in hosts:
            for backend in backends:
                made = made.reporting(f"{host}@{backend}", "cinder-volume", zone="nova")
        return made

    def running(self, host: str, version: str, *binaries: str) -> "CloudBuilder":
        """Programs whose version was seen on the host itself."""
        return self.saying("versions", *(VersionRecord(name, host, version) for name in binaries))

    def on_duty(self, host: str, name: str, duty: Duty) -> "CloudBuilder":
        """A service with a part of its own among its like, as a look at its host tells."""
        return self.saying("hosts:lab", DutyRecord(name, host, duty))

    def deployed_by(self, kind: Literal["kolla-ansible", "openstack-ansible", "plain"]) -> "CloudBuilder":
        """The deployer that the inventory belongs to."""
        return self.saying("ansible:hosts", Deployment(kind))

    def offering(self, service_type: str, maximum: str) -> "CloudBuilder":
        """The version document of an API."""
        url = f"https://cloud.example/{service_type}"
        return self.saying("keystone-catalog", ApiVersion(service_type, maximum, url))

    def failing(self, source: str, trouble: Trouble, detail: str = "") -> "CloudBuilder":
        """A source that gives nothing."""
        return replace(self, troubles=(*self.troubles, Observation(source, NOON, (), trouble, detail)))

    def observations(self) -> tuple[Observation, ...]:
        """One observation per source, in the order of their names."""
        sources = sorted({source for source, _ in self.facts})
        told = (Observation(s, NOON, tuple(f for source, f in self.facts if source == s)) for s in sources)
        return (*told, *self.troubles)

    def without(self, *sources: str) -> "CloudBuilder":
        """As if these sources had not been asked."""
        return replace(self, facts=tuple((source, fact) for source, fact in self.facts if source not in sources))


CORE = ("identity", "compute", "network", "image", "placement")


def a_cloud(*, control: int = 3, network: int = 2, compute: int = 6, microversion: str = "2.100") -> CloudBuilder:
    """A plain healthy cloud: ctl1.., net1.., cmp1.. at 2025.1 or 2025.2."""
    return (
        CloudBuilder()
        .serving(*CORE, compute=microversion)
        .control(*(f"ctl{n + 1}" for n in range(control)))
        .network(*(f"net{n + 1}" for n in range(network)))
        .compute(*(f"cmp{n + 1}" for n in range(compute)))
    )


def an_ovn_cloud() -> CloudBuilder:
    """Three control nodes that carry OVN's databases, a gateway and three hypervisors with OVN, at 2025.1 or 2025.2."""
    made = CloudBuilder().serving(*CORE, compute="2.100")
    central = ("ovn-nb-db", "ovn-sb-db", "ovn-northd")
    for host in ("ctl1", "ctl2", "ctl3"):
        made = made.control(host).placed(host, *central)
    made = made.reporting("gw1", "ovn-controller", zone="nova")
    for host in ("cmp1", "cmp2", "cmp3"):
        made = made.hypervisor(host).reporting(host, "nova-compute", zone="nova")
        made = made.reporting(host, "ovn-controller", "neutron-ovn-metadata-agent")
    return made


def the_founding_cloud() -> CloudBuilder:
    """The three DevStack hosts of the document that Stairlift began with: Mitaka, 2016."""
    one, two, three = (f"devstack-{n}.coreitpro.com" for n in (1, 2, 3))
    made = CloudBuilder().serving("identity", "compute", "network", "image", compute="2.25")
    made = made.reporting(one, "nova-conductor", "nova-cert", "nova-scheduler", "nova-consoleauth", zone="internal")
    made = made.compute(one, two, three)
    return made.reporting(one, "neutron-metadata-agent").reporting(
        one, "neutron-dhcp-agent", "neutron-l3-agent", zone="nova"
    )
