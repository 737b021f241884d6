"""Which version of a service counts: of the running process, else of what is installed, a database, the API's word."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from stairlift.knowledge.service_types import service_type
from stairlift.knowledge.versions import is_proof, numbers, releases_of_microversion, releases_of_version
from stairlift.model.cloud import Service, VersionSource
from stairlift.model.observation import ApiVersion, Observation, VersionRecord
from stairlift.model.release import Release

#: The order of truth. What a source saw on a host without saying how counts as installed.
_ORDER: Mapping[VersionSource, int] = {
    "process": 0,
    "image": 1,
    "venv": 1,
    "package": 1,
    "host": 1,
    "database": 2,
}


def with_version(service: Service, records: Sequence[VersionRecord]) -> Service:
    """The best of what was seen. Of several containers with the same service on one host the oldest version counts."""
    if not records:
        return service
    chosen = min(records, key=_rank)
    source = _source(chosen)
    releases = releases_of_version(service.project, chosen.version)
    told = replace(service, version=chosen.version, version_from=source)
    # what a service wrote down when it started last is no look at its host, and leaves nothing out of a plan
    return replace(told, suggested=releases) if source == "database" else replace(told, releases=releases)


def _rank(record: VersionRecord) -> tuple[int, tuple[int, int], str, str]:
    source = _source(record)
    return _ORDER[source], numbers(record.version) or (0, 0), record.version, source


def _source(record: VersionRecord) -> VersionSource:
    return record.evidence or "host"


def suggestions(observations: Sequence[Observation]) -> Mapping[str, tuple[Release, ...]]:
    """The releases that each project's API shows, where its number tells any. Which process said so nobody knows."""
    found: dict[str, set[Release]] = {}
    for fact in (f for o in observations for f in o.facts if isinstance(f, ApiVersion) and f.backend is None):
        known = service_type(fact.service_type)
        if known and is_proof(fact.service_type):
            found.setdefault(known.project, set()).update(releases_of_microversion(fact.service_type, fact.maximum))
    return {project: tuple(sorted(releases)) for project, releases in found.items()}


def with_suggestion(service: Service, suggested: Mapping[str, tuple[Release, ...]]) -> Service:
    """What the API suggests, where nobody looked at the service itself. It never says that nothing remains to do."""
    releases = suggested.get(service.project, ())
    if service.version or not releases:
        return service
    return replace(service, version_from="api", suggested=releases)
