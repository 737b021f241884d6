"""From rows to services: one per binary and host, its backends and worker rows as instances."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from stairlift.knowledge.binaries import Binary, binary
from stairlift.knowledge.versions import numbers, releases_of_version
from stairlift.model.cloud import Instance, Role, Service
from stairlift.model.observation import (
    InventoryHost,
    Observation,
    ServiceRecord,
    State,
    Status,
    VersionRecord,
)
from stairlift.reconcile.identity import Identity

Key = tuple[str, str]
_UNKNOWN = "unknown"
_REGISTRY_OF = {"nova-services": "nova", "neutron-agents": "neutron", "cinder-services": "cinder"}
#: Its rows are named after bare metal nodes, not after the machines that it runs on (networking-baremetal).
_NAMED_AFTER_NODES = "ironic-neutron-agent"
#: An L3 agent in one of these modes serves the guests of its own hypervisor.
_DISTRIBUTED = frozenset({"dvr", "dvr_no_external"})
#: It serves guests of its own node, wherever there are routers or DHCP: with DVR on every hypervisor.
_METADATA = "neutron-metadata-agent"


def services(observations: Sequence[Observation], identity: Identity) -> tuple[Service, ...]:
    """Every service that a registry reports, an inventory places or a look at a host found."""
    rows: dict[Key, list[ServiceRecord]] = defaultdict(list)
    sources: dict[Key, set[str]] = defaultdict(set)
    zones: dict[Key, set[str]] = defaultdict(set)
    versions: dict[Key, set[str]] = defaultdict(set)
    for source, fact in ((o.source, f) for o in observations for f in o.facts):
        for key in _keys(fact, identity):
            sources[key].add(source)
            match fact:
                case ServiceRecord():
                    rows[key].append(fact)
                case InventoryHost() if fact.zone:
                    zones[key].add(fact.zone)
                case VersionRecord():
                    versions[key].add(fact.version)
    counted = [key for key in sorted(sources) if _counts(key[0])]
    found = (_service(key, rows.get(key, ()), sources[key], min(zones.get(key, ()), default=None)) for key in counted)
    return _settled([_with_version(s, versions.get((s.binary, s.host), ())) for s in found])


def registries_that_answered(observations: Iterable[Observation]) -> frozenset[str]:
    """The registries of which it is known what they do not list."""
    return frozenset(_REGISTRY_OF[o.source] for o in observations if o.source in _REGISTRY_OF and not o.trouble)


def _keys(fact: object, identity: Identity) -> list[Key]:
    match fact:
        case ServiceRecord(binary=name) if name == _NAMED_AFTER_NODES:
            return []
        case ServiceRecord() | VersionRecord():
            return [(fact.binary, identity.of(fact.host))]
        case InventoryHost():
            return [(name, identity.of(fact.name)) for name in fact.services]
    return []


def _counts(name: str) -> bool:
    """Databases, brokers and load balancers are found too, but their upgrade is the deployer's own (`infra`)."""
    known = binary(name)
    return known is None or known.plane != "infra"


def _service(key: Key, rows: Sequence[ServiceRecord], sources: Iterable[str], zone: str | None) -> Service:
    name, host = key
    known = binary(name)
    instances = _instances(rows)
    return Service(
        binary=name,
        project=known.project if known else _UNKNOWN,
        host=host,
        plane="resource" if known and known.plane == "resource" else "control",
        role=_role(known, rows),
        status=_merged_status(instances),
        state=_merged_state(instances),
        updated_at=max((i.updated_at for i in instances if i.updated_at), default=None),
        sources=tuple(sorted(sources)),
        registry=known.registry if known and name != _NAMED_AFTER_NODES else None,
        zone=min((row.zone for row in rows if row.zone), default=zone),
        instances=instances,
    )


def _instances(rows: Sequence[ServiceRecord]) -> tuple[Instance, ...]:
    """In an order that is always the same; almost every service has one row, and to write that out takes time."""
    found = [Instance(row.host, row.status, row.state, row.updated_at, row.forced_down) for row in rows]
    return tuple(sorted(found, key=repr) if len(found) > 1 else found)


def _role(known: Binary | None, rows: Sequence[ServiceRecord]) -> Role:
    """What people select by. A DVR router agent belongs to its hypervisor and makes no network node."""
    if any(row.agent_mode in _DISTRIBUTED for row in rows):
        return "compute"
    return known.role if known else "control"


def _settled(found: Sequence[Service]) -> tuple[Service, ...]:
    """Give agents that run on network and compute nodes alike the role of their host."""
    computes = {s.host for s in found if s.binary == "nova-compute"}
    return tuple(
        replace(s, role="compute" if s.host in computes else "network") if _follows_host(s) else s for s in found
    )


def _follows_host(service: Service) -> bool:
    known = binary(service.binary)
    return known is not None and (known.follows_host or known.name == _METADATA)


def _merged_state(instances: Sequence[Instance]) -> State:
    states = {i.state for i in instances}
    return "up" if "up" in states else "down" if "down" in states else "unknown"


def _merged_status(instances: Sequence[Instance]) -> Status:
    statuses = {i.status for i in instances}
    return "enabled" if "enabled" in statuses else "disabled" if "disabled" in statuses else "unknown"


def _with_version(service: Service, versions: Iterable[str]) -> Service:
    """Of several containers with the same service on one host the oldest version counts."""
    version = min(versions, key=lambda v: (numbers(v) or (0, 0), v), default=None)
    if version is None:
        return service
    return replace(service, version=version, releases=releases_of_version(service.project, version))
