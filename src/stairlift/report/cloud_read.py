"""The cloud that a document of `discover` tells of, as far as anything that is shown of a cloud goes.

What is not told is as if nobody knew it: the registry of a service, what each piece of evidence leaves, open hops.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stairlift.model.cloud import Cloud, Endpoint, Evidence, Host, Hypervisor, Instance, RunningRelease, Service
from stairlift.model.finding import Finding
from stairlift.model.release import Release

_Document = Mapping[str, Any]


def cloud_of(document: _Document) -> tuple[Cloud, tuple[Finding, ...]]:
    """The cloud, and what is remarkable about it: what `cloud_document` was made of."""
    cloud = Cloud(
        name=document["cloud"],
        release=_release(document["release"]),
        hosts=tuple(map(_host, document["hosts"])),
        services=tuple(map(_service, document["services"])),
        hypervisors=tuple(Hypervisor(**one) for one in document["hypervisors"]),
        endpoints=tuple(Endpoint(**one) for one in document["endpoints"]),
        deployment=document["deployment"],
        infrastructure=tuple(map(_service, document["infrastructure"])),
    )
    return cloud, tuple(Finding(**one) for one in document["findings"])


def _release(found: _Document) -> RunningRelease:
    proof = frozenset(found.get("proof", ()))  # looks of older programs do not say
    evidence = tuple(Evidence(text, (), proof=text in proof) for text in found["evidence"])
    return RunningRelease(tuple(map(Release.parse, found["candidates"])), evidence)


def _host(found: _Document) -> Host:
    lists = {key: tuple(found[key]) for key in ("aliases", "planes", "roles")}
    return Host(name=found["name"], zone=found["zone"], address=found["address"], **lists)


def _service(found: _Document) -> Service:
    """What an API suggests and what was seen on the host are one list; `version_from` tells which it is."""
    as_they_are = ("binary", "project", "host", "plane", "role", "status", "state", "zone", "version", "version_from")
    releases = tuple(map(Release.parse, found["releases"]))
    suggested = found["version_from"] == "api"
    return Service(
        **{key: found[key] for key in as_they_are},
        updated_at=_moment(found["updated_at"]),
        sources=tuple(found["sources"]),
        instances=tuple(map(_instance, found["instances"])),
        releases=() if suggested else releases,
        suggested=releases if suggested else (),
        installed=found["installed"],
        duty=found.get("duty"),
    )


def _instance(found: _Document) -> Instance:
    return Instance(found["name"], found["status"], found["state"], _moment(found["updated_at"]))


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None
