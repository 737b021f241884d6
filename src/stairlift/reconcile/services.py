"""From rows to services: one per binary and host, its backends and worker rows as instances."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from stairlift.knowledge.binaries import SOURCE_OF_REGISTRY, Binary, binary
from stairlift.model.cloud import Instance, Role, Service
from stairlift.model.observation import (
    Duty,
    DutyRecord,
    InventoryHost,
    Observation,
    ProcessRecord,
    ServiceRecord,
    State,
    Status,
    VersionRecord,
)
from stairlift.reconcile.identity import Identity
from stairlift.reconcile.truth import suggestions, with_suggestion, with_version

Key = tuple[str, str]
_UNKNOWN = "unknown"
_REGISTRY_OF = {source: registry for registry, source in SOURCE_OF_REGISTRY.items()}
#: An L3 agent in one of these modes serves the guests of its own hypervisor.
_DISTRIBUTED = frozenset({"dvr", "dvr_no_external"})


def services(observations: Sequence[Observation], identity: Identity) -> tuple[Service, ...]:
    """Every service that a registry reports, an inventory places or a look at a host found; infrastructure, too."""
    rows: dict[Key, list[ServiceRecord]] = defaultdict(list)
    sources: dict[Key, set[str]] = defaultdict(set)
    zones: dict[Key, set[str]] = defaultdict(set)
    versions: dict[Key, list[VersionRecord]] = defaultdict(list)
    processes: dict[Key, list[ProcessRecord]] = defaultdict(list)
    for source, fact in ((o.source, f) for o in observations for f in o.facts):
        for key in _keys(fact, identity):
            sources[key].add(source)
            match fact:
                case ServiceRecord():
                    rows[key].append(fact)
                case InventoryHost() if fact.zone:
                    zones[key].add(fact.zone)
                case VersionRecord():
                    versions[key].append(fact)
                case ProcessRecord():
                    processes[key].append(fact)
                    versions[key] += _running_version(fact)
    keys = sorted(sources)
    found = (_service(key, rows.get(key, ()), sources[key], min(zones.get(key, ()), default=None)) for key in keys)
    seen = (_as_seen(s, processes.get((s.binary, s.host), ())) for s in found)
    suggested = suggestions(observations)
    told = (with_version(s, versions.get((s.binary, s.host), ())) for s in seen)
    duties = _duties(observations, identity)
    on_duty = (replace(s, duty=duties[s.binary, s.host]) if (s.binary, s.host) in duties else s for s in told)
    return _settled([with_suggestion(s, suggested) for s in on_duty])


def _duties(observations: Sequence[Observation], identity: Identity) -> dict[Key, Duty]:
    """Who has a part of its own among its like. It makes no service: whoever tells it tells that, too."""
    facts = (fact for o in observations for fact in o.facts if isinstance(fact, DutyRecord | ServiceRecord))
    return {(fact.binary, identity.of(fact.host)): fact.duty for fact in facts if fact.duty}


def registries_that_answered(observations: Iterable[Observation]) -> frozenset[str]:
    """The registries of which it is known what they do not list."""
    return frozenset(_REGISTRY_OF[o.source] for o in observations if o.source in _REGISTRY_OF and not o.trouble)


def _keys(fact: object, identity: Identity) -> list[Key]:
    match fact:
        case ServiceRecord() if _names_no_machine(fact):
            return []
        case ServiceRecord() | VersionRecord() | ProcessRecord():
            return [(fact.binary, identity.of(fact.host))]
        case InventoryHost():
            return [(name, identity.of(fact.name)) for name in fact.services]
    return []


def _names_no_machine(row: ServiceRecord) -> bool:
    """An agent that is listed and yet has no registry: its rows are named after bare metal nodes, not its host."""
    known = binary(row.binary)
    return known is not None and known.kind == "agent" and known.registry is None


def is_infrastructure(name: str) -> bool:
    """Databases, brokers, load balancers, switches: found too, but their upgrade is the deployer's own (`infra`)."""
    known = binary(name)
    return known is not None and known.plane == "infra"


def _service(key: Key, rows: Sequence[ServiceRecord], sources: Iterable[str], zone: str | None) -> Service:
    name, host = key
    known = binary(name)
    instances = _instances(rows)
    return Service(
        binary=name,
        project=known.project if known else _UNKNOWN,
        host=host,
        plane="resource" if known and _on_data_plane(known) else "control",
        role=_role(known, rows),
        status=_merged_status(instances),
        state=_merged_state(instances),
        updated_at=max((i.updated_at for i in instances if i.updated_at), default=None),
        sources=tuple(sorted(sources)),
        registry=known.registry if known else None,
        zone=min((row.zone for row in rows if row.zone), default=zone),
        instances=instances,
    )


def _on_data_plane(known: Binary) -> bool:
    return known.plane == "resource" or (known.plane == "infra" and known.role != "control")


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
        replace(s, role="compute" if s.host in computes else _elsewhere(s)) if _follows_host(s) else s for s in found
    )


def _elsewhere(service: Service) -> Role:
    """What an agent that follows its host makes of one without a hypervisor; infrastructure keeps its own role."""
    return service.role if is_infrastructure(service.binary) else "network"


def _follows_host(service: Service) -> bool:
    known = binary(service.binary)
    return known is not None and known.follows_host


def _merged_state(instances: Sequence[Instance]) -> State:
    states = {i.state for i in instances}
    return "up" if "up" in states else "down" if "down" in states else "unknown"


def _merged_status(instances: Sequence[Instance]) -> Status:
    statuses = {i.status for i in instances}
    return "enabled" if "enabled" in statuses else "disabled" if "disabled" in statuses else "unknown"


def _running_version(one: ProcessRecord) -> Sequence[VersionRecord]:
    """What is down runs nothing, whatever is installed."""
    if not one.version or one.state == "down":
        return ()
    return (VersionRecord(one.binary, one.host, one.version, one.evidence),)


def _as_seen(service: Service, processes: Sequence[ProcessRecord]) -> Service:
    """With what its host tells of it. Where a registry has a record, that one says whether it works."""
    if not processes:
        return service
    states = {one.state for one in processes}
    up: State = "up" if "up" in states else "down" if "down" in states else "unknown"
    installed = min((one.installed for one in processes if one.installed), default=None)
    return replace(service, state=service.state if service.instances else up, installed=installed)
