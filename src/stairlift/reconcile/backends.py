"""Where the servers behind a load balancer run: the only list that there is of most APIs while they run.

A server is placed by the operator's own word, by its address, or by its name, if a source knows a machine by it.
Nothing else makes a host: the address of a server may be that of another load balancer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.service_types import all_service_types
from stairlift.knowledge.versions import is_proof
from stairlift.model.cloud import Instance, Service
from stairlift.model.finding import Finding
from stairlift.model.observation import (
    ApiVersion,
    BackendRecord,
    Fact,
    HostRecord,
    HypervisorRecord,
    InventoryHost,
    Observation,
    State,
)
from stairlift.reconcile.identity import Identity, routable


@dataclass(frozen=True, slots=True)
class Backend:
    """A server as one source told of it, and its host; None where nobody knows that."""

    source: str
    record: BackendRecord
    host: str | None

    @property
    def runs(self) -> bool:
        """Whether it is a program that plans can place; databases and brokers are the deployer's."""
        known = binary(self.record.binary or "")
        return known is not None and known.plane != "infra"


def backends(observations: Sequence[Observation], identity: Identity, chosen: Mapping[str, str]) -> tuple[Backend, ...]:
    """All servers, each once per source. `chosen` is the operator's own map of names and addresses."""
    owners = _owners([fact for o in observations for fact in o.facts], identity)
    found = {
        Backend(o.source, fact, _host(fact, owners, identity, chosen))
        for o in observations
        for fact in o.facts
        if isinstance(fact, BackendRecord)
    }
    return tuple(sorted(found, key=repr))


def _owners(facts: Iterable[Fact], identity: Identity) -> Mapping[str, str]:
    """The machine behind each address that one machine alone has."""
    found: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        match fact:
            case (
                InventoryHost(name=name, address=text)
                | HypervisorRecord(service_host=name, host_ip=text)
                | HostRecord(host=name, address=text)
            ):
                if address := routable(text):
                    found[address].add(identity.of(name))
    return {address: next(iter(hosts)) for address, hosts in found.items() if len(hosts) == 1}


def _host(
    record: BackendRecord, owners: Mapping[str, str], identity: Identity, chosen: Mapping[str, str]
) -> str | None:
    """The operator's word, the address, the name; a container's name may have '-' for '_' and the other way round."""
    said = chosen.get(record.server) or chosen.get(record.address)
    if said:
        return identity.of(said)
    owner = owners.get(routable(record.address) or "")
    spellings = (record.server, record.server.replace("-", "_"), record.server.replace("_", "-"))
    return owner or next((identity.names[name] for name in spellings if name in identity.names), None)


def with_backends(found: Sequence[Service], behind: Iterable[Backend]) -> tuple[Service, ...]:
    """The services, with what load balancers know of them, and with those that only load balancers know."""
    services = {(s.binary, s.host): s for s in found}
    for backend in behind:
        if backend.record.binary and backend.host:
            key = _program(backend.record.binary, backend.host, services), backend.host
            services[key] = _seen(services.get(key) or _new(*key), backend)
    return tuple(services[key] for key in sorted(services))


def _program(name: str, host: str, present: Mapping[tuple[str, str], Service]) -> str:
    """The program that answers for the same API and is there; sections keep the name of one that was replaced."""
    alike = next((t.apis for t in all_service_types() if name in t.apis), ())
    return next((one for one in alike if (one, host) in present), name)


def _new(name: str, host: str) -> Service:
    known = binary(name)
    return Service(
        binary=name,
        project=known.project if known else "unknown",
        host=host,
        plane="resource" if known and known.plane == "resource" else "control",
        role=known.role if known else "control",
        status="unknown",
        state="unknown",
        updated_at=None,
        sources=(),
        registry=known.registry if known else None,
    )


def _seen(service: Service, backend: Backend) -> Service:
    """The service with this server; who looked at the program itself knows its state better."""
    record = backend.record
    row = Instance(f"{record.proxy}/{record.server}", record.status, record.state, None)
    rows = tuple(sorted({*service.instances, row}, key=repr))
    return replace(
        service,
        instances=rows,
        sources=tuple(sorted({*service.sources, backend.source})),
        state=_state(service.state, record.state),
        status="enabled" if "enabled" in (service.status, record.status) else record.status,
    )


def _state(known: State, told: State) -> State:
    """Up where one of its servers is: the same program may be behind an internal and an external address."""
    return "up" if "up" in (known, told) else told if known == "unknown" else known


def about_backends(behind: Sequence[Backend], observations: Iterable[Observation]) -> tuple[Finding, ...]:
    """What is wrong with servers, and what nobody knows of them."""
    serving = [b for b in behind if b.runs]
    return (
        *(_down(*one) for one in _alike(serving, lambda b: b.record.state == "down")),
        *(_maintenance(*one) for one in _alike(serving, lambda b: b.record.status == "disabled")),
        *_unplaced([b for b in serving if b.host is None]),
        *(_by_port(b.record) for b in serving if b.record.by_port),
        *_strangers(behind),
        *_of_two_versions([f for o in observations for f in o.facts if isinstance(f, ApiVersion) and f.backend]),
    )


def _alike(behind: Iterable[Backend], wanted: Callable[[Backend], bool]) -> list[tuple[str, str, str]]:
    """Program, host (or server) and sections of the servers that are meant, each program of a host once."""
    sections: dict[tuple[str, str], set[str]] = defaultdict(set)
    for b in behind:
        if wanted(b):
            sections[str(b.record.binary), b.host or b.record.server].add(f"{b.record.proxy}/{b.record.server}")
    return [(name, host, ", ".join(sorted(found))) for (name, host), found in sorted(sections.items())]


def _down(name: str, host: str, sections: str) -> Finding:
    return Finding(
        code="backend.down",
        severity="warning",
        subject=f"{name}@{host}",
        message=f"the load balancer finds {name} on {host} down ({sections})",
        resolution="bring it back before the upgrade: while its neighbour is upgraded nobody would answer",
    )


def _maintenance(name: str, host: str, sections: str) -> Finding:
    return Finding(
        code="backend.maintenance",
        severity="warning",
        subject=f"{name}@{host}",
        message=f"the load balancer sends nobody to {name} on {host}: it is in maintenance or drained ({sections})",
        resolution="put it back (`set server SECTION/SERVER state ready`), or find out who took it out and why",
    )


def _unplaced(behind: Iterable[Backend]) -> list[Finding]:
    programs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for b in behind:
        programs[b.record.server, b.record.address].add(str(b.record.binary))
    return [_unplaced_server(*key, ", ".join(sorted(found))) for key, found in sorted(programs.items())]


def _unplaced_server(server: str, address: str, programs: str) -> Finding:
    named = f"{server} at {address}" if address else server
    return Finding(
        code="backend.unplaced",
        severity="warning",
        subject=server,
        message=f"the load balancer's server {named} is no host that a source knows: {programs} gets no step",
        resolution=f'say which host it is: [aliases] "{server}" = "HOST"; or give --inventory ansible:PATH as well',
    )


def _by_port(record: BackendRecord) -> Finding:
    return Finding(
        code="backend.by_port",
        severity="info",
        subject=record.proxy,
        message=f"the section {record.proxy} is taken for {record.binary} by its port {record.port} alone",
        resolution=f"if it is something else, or to be sure, call the section {record.binary}",
    )


def _strangers(behind: Iterable[Backend]) -> list[Finding]:
    unknown: dict[str, set[str]] = defaultdict(set)
    for b in behind:
        if b.record.binary is None:
            unknown[b.source].add(b.record.proxy)
    return [_stranger(source, ", ".join(sorted(proxies))) for source, proxies in sorted(unknown.items())]


def _stranger(source: str, proxies: str) -> Finding:
    return Finding(
        code="backend.unknown",
        severity="info",
        subject=source,
        message=f"the load balancer has sections that stand for no program that Stairlift knows: {proxies}",
        resolution="nothing to do, if they are no part of OpenStack: they are left alone",
    )


def _of_two_versions(versions: Iterable[ApiVersion]) -> list[Finding]:
    """Of APIs whose version proves nothing about the release; what proves it is weighed there (`reconcile.release`)."""
    by_type: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for v in (v for v in versions if not is_proof(v.service_type)):
        by_type[v.service_type][v.maximum].add(str(v.backend))
    return [_two_versions(kind, told) for kind, told in sorted(by_type.items()) if len(told) > 1]


def _two_versions(kind: str, told: Mapping[str, Iterable[str]]) -> Finding:
    named = "; ".join(f"{version} on {', '.join(sorted(servers))}" for version, servers in sorted(told.items()))
    return Finding(
        code="backend.versions",
        severity="warning",
        subject=kind,
        message=f"the servers of the {kind} API are not of one version: {named}",
        resolution="an upgrade may have stopped half way: upgrade the older servers, or take them out",
    )
