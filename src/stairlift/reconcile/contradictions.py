"""Where the sources disagree with each other, or with what a healthy cloud looks like."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from stairlift.knowledge.service_types import ServiceType, service_type
from stairlift.model.cloud import Cloud, Instance, Service
from stairlift.model.finding import Finding, Severity
from stairlift.model.observation import InventoryHost, Observation
from stairlift.reconcile.identity import Identity
from stairlift.reconcile.services import registries_that_answered

#: A record that has been down for longer than this is stale (Contract).
STALE_AFTER = timedelta(minutes=10)


def contradictions(cloud: Cloud, observations: Sequence[Observation], identity: Identity) -> tuple[Finding, ...]:
    """All findings about the reconciled cloud."""
    now = _now([o for o in observations if not o.trouble])
    return (
        *(f for s in cloud.services for f in _about_service(s, now)),
        *_about_inventory(cloud, observations, identity),
        *_unplaced(cloud),
        *_mixed_hosts(cloud.services),
    )


def _now(heard: Sequence[Observation]) -> datetime | None:
    """The cloud's own time where a source told it: the clock of the machine that asked may be wrong."""
    told = [o.cloud_time for o in heard if o.cloud_time]
    return max(told or [o.asked_at for o in heard], default=None)


def _about_service(service: Service, now: datetime | None) -> list[Finding]:
    subject = f"{service.binary}@{service.host}"
    if service.project == "unknown":
        return [_unknown_binary(service, subject)]
    found = []
    if service.registry == "nova" and any(i.status == "unknown" for i in service.instances):
        found.append(_unreachable_cell(service, subject))
    if any(i.forced_down for i in service.instances):
        found.append(_forced_down(service, subject))
    heard = service.instances if service.registry else ()  # a load balancer's rows have findings of their own
    rows = [i for i in heard if i.state == "down" and not i.forced_down]
    stale = [i for i in rows if now is None or i.updated_at is None or now - i.updated_at > STALE_AFTER]
    if stale:
        found.append(_stale(service, subject, stale))
    elif rows:
        found.append(_down(service, subject, rows))
    return found


def _unknown_binary(service: Service, subject: str) -> Finding:
    return Finding(
        code="service.unknown",
        severity="error",
        subject=subject,
        message=f"{service.binary} on {service.host} is a service that Stairlift knows nothing about",
        resolution=f"if it may stay as it is, pass --waive service.unknown:{subject}; it then gets no step",
    )


def _unreachable_cell(service: Service, subject: str) -> Finding:
    return Finding(
        code="cell.unreachable",
        severity="error",
        subject=subject,
        message=f"Nova knows {service.binary} on {service.host} only by name: the database of its cell is unreachable",
        resolution="`nova-manage cell_v2 list_cells --verbose` names the cells; bring the database back first",
    )


def _forced_down(service: Service, subject: str) -> Finding:
    """Nova leaves such a row out when it chooses RPC versions, but no heartbeat can prove an upgrade of it."""
    return Finding(
        code="record.forced_down",
        severity="error",
        subject=subject,
        message=f"{service.binary} on {service.host} was forced down by an operator: Nova takes the host for dead",
        resolution=(
            f"`openstack compute service set --up {service.host} {service.binary}` if it lives, or delete the record; "
            f"--waive record.forced_down:{subject} leaves it out of the plan"
        ),
    )


def _stale(service: Service, subject: str, rows: Sequence[Instance]) -> Finding:
    """Nova and Cinder reckon with the oldest row, dead or not, when they choose RPC versions (LP 1958883)."""
    pins: Severity = "error" if service.project in {"nova", "cinder"} else "warning"
    waived = "accepts that" if service.state == "up" else "leaves it out of the plan"
    return Finding(
        code="record.stale",
        severity=pins,
        subject=subject,
        message=f"the record of {service.binary} on {_named(rows)} has been down for more than 10 minutes",
        resolution=(
            "bring the service back, or delete the record of a host that is gone; "
            f"--waive record.stale:{subject} {waived}"
        ),
    )


def _named(rows: Sequence[Instance]) -> str:
    return ", ".join(sorted({row.name for row in rows}))


def _down(service: Service, subject: str, rows: Sequence[Instance]) -> Finding:
    return Finding(
        code="record.down",
        severity="warning",
        subject=subject,
        message=f"{service.binary} on {_named(rows)} is down, since less than 10 minutes",
        resolution="look at it before the upgrade; a step on a host that is down will fail",
    )


def _about_inventory(cloud: Cloud, observations: Sequence[Observation], identity: Identity) -> list[Finding]:
    """Compare what an inventory intends with what the registries report. Needs at least one of each."""
    intended = {identity.of(f.name) for o in observations for f in o.facts if isinstance(f, InventoryHost)}
    if not intended:
        return []
    registries = registries_that_answered(observations)
    silent = (s for s in cloud.services if s.registry in registries and not s.instances and not s.version)
    strangers = sorted({s.host for s in cloud.services} - intended)
    return [*(_silent(service) for service in silent), *(_stranger(host) for host in strangers)]


def _silent(service: Service) -> Finding:
    return Finding(
        code="inventory.silent",
        severity="warning",
        subject=f"{service.binary}@{service.host}",
        message=f"the inventory puts {service.binary} on {service.host}, but it reports to no registry",
        resolution="start it, or take the host out of that group of the inventory",
    )


def _stranger(host: str) -> Finding:
    return Finding(
        code="inventory.missing_host",
        severity="warning",
        subject=host,
        message=f"{host} reports to the cloud but is in no inventory",
        resolution=f'add it to the inventory; or, if it is there by another name, [aliases] "{host}" = "THAT NAME"',
    )


def _unplaced(cloud: Cloud) -> list[Finding]:
    """APIs of the catalog that no source places on a host: nothing upgrades them, and that must be said."""
    present = {s.binary for s in cloud.services}
    listed = {known for e in cloud.endpoints if (known := service_type(e.service_type))}
    return [_unplaced_api(t) for t in sorted(listed, key=lambda t: t.name) if t.apis and not present & set(t.apis)]


def _unplaced_api(listed: ServiceType) -> Finding:
    api = listed.apis[-1]
    named = " or ".join(listed.apis)
    return Finding(
        code="api.unplaced",
        severity="warning",
        subject=api,
        message=f"the catalog has {listed.name}, but no source says where {named} runs: it gets no step",
        resolution=(
            "give the deployer's inventory as well (--inventory ansible:PATH), the load balancer (haproxy:PATH) "
            "or the hosts (hosts:PATH)"
        ),
    )


def _mixed_hosts(services: Iterable[Service]) -> list[Finding]:
    """Hypervisors with control-plane services; a volume service beside nova-compute is common and harmless."""
    on_host: dict[str, set[str]] = defaultdict(set)
    for service in services:
        on_host[service.host].add("nova-compute" if service.binary == "nova-compute" else service.role)
    return [_control_on_hypervisor(host) for host in sorted(on_host) if {"control", "nova-compute"} <= on_host[host]]


def _control_on_hypervisor(host: str) -> Finding:
    return Finding(
        code="host.control_on_hypervisor",
        severity="warning",
        subject=host,
        message=f"{host} runs control-plane services beside nova-compute",
        resolution="its control plane goes first and its nova-compute later: they must not share one environment",
    )
