"""A cloud as the Contract's document, and as tables for people."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from stairlift.knowledge.releases import describe
from stairlift.model.cloud import Cloud, Host, Service
from stairlift.model.finding import Finding
from stairlift.model.naming import natural
from stairlift.report.text import count, span, stamp

SCHEMA = "stairlift.cloud/1"
SERVICE_COLUMNS = ("PLANE", "PROJECT", "SERVICE", "HOSTS", "STATE")
INFRASTRUCTURE_COLUMNS = ("INFRASTRUCTURE", "HOSTS", "STATE")
WIDE_COLUMNS = ("HOST", "SERVICE", "STATE", "VERSION", "SEEN IN", "RELEASE", "SOURCES")
HOST_COLUMNS = ("HOST", "PLANES", "ROLES", "ZONE", "ALSO KNOWN AS")


def cloud_document(cloud: Cloud, findings: Sequence[Finding]) -> dict[str, Any]:
    """Everything that is known of a cloud, as JSON values."""
    return {
        "schema": SCHEMA,
        "cloud": cloud.name,
        "deployment": cloud.deployment,
        "release": {
            "series": str(cloud.release.series) if cloud.release.series else None,
            "candidates": [str(r) for r in cloud.release.candidates],
            "evidence": [e.text for e in cloud.release.evidence],
            "proof": [e.text for e in cloud.release.evidence if e.proof],
        },
        "hosts": [_host(h) for h in cloud.hosts],
        "services": [_service(s) for s in cloud.services],
        "infrastructure": [_service(s) for s in cloud.infrastructure],
        "hypervisors": [
            {"name": h.name, "host": h.host, "state": h.state, "status": h.status} for h in cloud.hypervisors
        ],
        "endpoints": [
            {"service_type": e.service_type, "interface": e.interface, "url": e.url} for e in cloud.endpoints
        ],
        "findings": [f.document() for f in findings],
    }


def _host(host: Host) -> dict[str, Any]:
    return {
        "name": host.name,
        "aliases": list(host.aliases),
        "planes": list(host.planes),
        "roles": list(host.roles),
        "zone": host.zone,
        "address": host.address,
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "binary": service.binary,
        "project": service.project,
        "host": service.host,
        "plane": service.plane,
        "role": service.role,
        "status": service.status,
        "state": service.state,
        "updated_at": stamp(service.updated_at),
        "zone": service.zone,
        "version": service.version,
        "version_from": service.version_from,
        "releases": [str(r) for r in service.releases or service.suggested],
        "installed": service.installed,
        "sources": list(service.sources),
        "instances": [
            {"name": i.name, "status": i.status, "state": i.state, "updated_at": stamp(i.updated_at)}
            for i in service.instances
        ],
    } | ({"duty": service.duty} if service.duty else {})


def release_line(cloud: Cloud) -> str:
    """Which release runs, or which may, and from what that is known."""
    release = cloud.release
    named = " or ".join(describe(r) for r in release.candidates) or "an unknown release"
    proof = "; ".join(e.text for e in release.evidence if e.proof) or "nothing that was found tells"
    return f"{cloud.name} runs {named} ({proof})"


def summary_line(cloud: Cloud) -> str:
    """How big it is."""
    parts = (
        count(len(cloud.hosts), "host"),
        count(len(cloud.services), "service"),
        count(len(cloud.hypervisors), "hypervisor"),
        count(len(cloud.endpoints), "endpoint"),
    )
    return ", ".join(parts)


def service_rows(cloud: Cloud) -> Sequence[tuple[str, ...]]:
    """One row per binary, as `SERVICE_COLUMNS` name it: its hosts, and how many of it are up, down or unknown."""
    return _rows(cloud.services)


def infrastructure_rows(cloud: Cloud) -> Sequence[tuple[str, ...]]:
    """One row per program that the cloud stands on, as `INFRASTRUCTURE_COLUMNS` name it."""
    return [row[2:] for row in _rows(cloud.infrastructure)]


def _rows(services: Sequence[Service]) -> list[tuple[str, ...]]:
    alike = sorted(services, key=lambda s: (s.plane, s.project, s.binary))
    return [_alike(list(group)) for _, group in groupby(alike, key=lambda s: (s.plane, s.project, s.binary))]


def _alike(services: Sequence[Service]) -> tuple[str, ...]:
    one = services[0]
    states = Counter(s.state for s in services)
    told = ", ".join(f"{states[state]} {state}" for state in ("up", "down", "unknown") if states[state])
    hosts = sorted((s.host for s in services), key=natural)
    return (one.plane, one.project, one.binary, f"{len(hosts)}: {span(hosts)}", told)


def wide_rows(cloud: Cloud) -> Sequence[tuple[str, ...]]:
    """One row per service and host, as `WIDE_COLUMNS` name it: which version it is of, and what told that."""
    services = sorted((*cloud.services, *cloud.infrastructure), key=lambda s: (natural(s.host), s.binary))
    return [
        (s.host, s.binary, s.state, s.version or "", s.version_from or "", _releases(s), _sources(s)) for s in services
    ]


def _sources(service: Service) -> str:
    """Without the folders of files, which are the same in every row."""
    parts = (source.partition(":") for source in service.sources)
    return ", ".join(f"{kind}{colon}{argument.rpartition('/')[2]}" for kind, colon, argument in parts)


def _releases(service: Service) -> str:
    return " or ".join(str(release) for release in service.releases or service.suggested)


def host_rows(cloud: Cloud) -> Sequence[tuple[str, ...]]:
    """One row per host, as `HOST_COLUMNS` name it."""
    return [(h.name, ", ".join(h.planes), ", ".join(h.roles), h.zone or "", ", ".join(h.aliases)) for h in cloud.hosts]
