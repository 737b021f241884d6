"""Machines, with what their services make of them. A machine that runs no service of the cloud is no host of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from stairlift.model.cloud import Host, Hypervisor, Plane, Role, Service
from stairlift.model.observation import HypervisorRecord, Observation
from stairlift.reconcile.identity import Identity

_PLANES: tuple[Plane, ...] = ("control", "resource")
_ROLES: tuple[Role, ...] = ("control", "network", "compute", "storage")
# Nova shows services that belong to no availability zone in this one.
_NO_ZONE = "internal"


def hosts(services: Iterable[Service], identity: Identity) -> tuple[Host, ...]:
    """One host per machine that runs a service, in the order of their names."""
    by_host: dict[str, list[Service]] = defaultdict(list)
    for service in services:
        by_host[service.host].append(service)
    return tuple(_host(name, by_host[name], identity) for name in sorted(by_host))


def _host(name: str, services: Sequence[Service], identity: Identity) -> Host:
    planes = {s.plane for s in services}
    roles = {s.role for s in services}
    return Host(
        name=name,
        aliases=identity.aliases.get(name, ()),
        planes=tuple(p for p in _PLANES if p in planes),
        roles=tuple(r for r in _ROLES if r in roles),
        zone=_zone(services),
        address=identity.addresses.get(name),
    )


def _zone(services: Sequence[Service]) -> str | None:
    """Nova's availability zone of the hypervisor first, since users choose by it; then the agents'."""
    ordered = sorted(services, key=lambda s: (s.binary != "nova-compute", s.binary))
    return next((s.zone for s in ordered if s.zone and s.zone != _NO_ZONE), None)


def hypervisors(observations: Iterable[Observation], identity: Identity) -> tuple[Hypervisor, ...]:
    """Every hypervisor, with the host whose nova-compute serves it."""
    records = {f for o in observations for f in o.facts if isinstance(f, HypervisorRecord)}
    found = (Hypervisor(r.name, identity.of(r.service_host), r.state, r.status) for r in records)
    return tuple(sorted(found, key=lambda h: (h.host, h.name, h.state, h.status)))
