"""Which clouds are known here."""

from collections.abc import Iterator

from stairlift.model.errors import UsageError
from stairlift.model.shelf import Sighting
from stairlift.ports import Library, Records
from stairlift.report.clouds import KnownCloud

_AT_ONCE = 1000


def known_clouds(records: Records, library: Library) -> tuple[KnownCloud, ...]:
    """Every cloud of which there is a run or a look, by name."""
    seen: dict[str, Sighting] = {}
    for sighting in _sightings(library):
        seen.setdefault(sighting.cloud, sighting)
    names = sorted({*seen, *(run.cloud for run in records.runs())})
    return tuple(_known(name, seen.get(name), records) for name in names)


def known_cloud(name: str, records: Records, library: Library) -> KnownCloud:
    """One of them. UsageError (cloud.unknown)."""
    found = _known(name, next(iter(library.sightings(cloud=name, limit=1)), None), records)
    if found.observation is None and found.newest is None:
        raise UsageError(
            code="cloud.unknown",
            brief=f"nothing is known of a cloud {name!r}",
            resolution="GET /v1/clouds names those that have runs or were looked at.",
        )
    return found


def _known(name: str, sighting: Sighting | None, records: Records) -> KnownCloud:
    return KnownCloud(name, sighting, records.active(name), records.newest(name), records.orchestrator(name))


def _sightings(library: Library) -> Iterator[Sighting]:
    """All there are, the newest first."""
    found = library.sightings(limit=_AT_ONCE)
    while found:
        yield from found
        found = library.sightings(before=found[-1].id, limit=_AT_ONCE) if len(found) == _AT_ONCE else ()
