"""Which release a version number speaks for: of a project's package, or of an API's highest microversion.

A package or an image found on a host is proof. Of the numbers that an API shows, those of compute, shared-file-system
and baremetal may contradict what an operator says; the rest are the same over several releases, depend on
configuration, or both, and stay hints.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from stairlift.knowledge import service_types
from stairlift.knowledge.document import Entry, invalid, read, release_at
from stairlift.knowledge.releases import all_series, known_series
from stairlift.model.release import Release

Numbers = tuple[int, int]

#: Where the tables begin, unless they say otherwise.
FIRST = Release(2023, 1)
_UPSTREAM = re.compile(r"(?:\d+:)?v?(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Range:
    """The versions `start <= version < end` of a project are this release's."""

    release: Release
    start: Numbers
    end: Numbers


@dataclass(frozen=True, slots=True)
class Maximum:
    """The highest microversions of an API, by release."""

    releases: Mapping[Release, Numbers]
    intermediate: bool
    source: str

    def releases_of(self, maximum: Numbers) -> tuple[Release, ...]:
        """The releases with this maximum; where releases come inside a series, the one under way."""
        exact = tuple(release for release, highest in self.releases.items() if highest == maximum)
        if exact or not self.intermediate:
            return exact
        steps = pairwise(self.releases.items())
        return tuple(later for (_, low), (later, high) in steps if low < maximum < high)


@dataclass(frozen=True, slots=True)
class Versions:
    """The content of the versions file: the ranges of each project, and where projects end."""

    ranges: Mapping[str, tuple[Range, ...]]
    last: Mapping[str, Release]


def numbers(text: str) -> Numbers | None:
    """The major and minor number of a version, free of epoch, prefix and distribution suffix; None if it has none.

    A release candidate, a beta or a build from git counts as the version it leads to.
    """
    found = _UPSTREAM.match(text.strip())
    return (int(found[1]), int(found[2] or 0)) if found else None


def versions_of(document: Entry) -> Versions:
    """The content of a versions file."""
    through = document.release("through")
    regular = {name: _regular(entry, through) for name, entry in document.children("regular").items()}
    irregular = {name: _irregular(entry) for name, entry in document.children("irregular").items()}
    ended = {name: _ended(entry) for name, entry in document.children("ended").items()}
    document.close()
    return Versions(regular | irregular, ended)


def _regular(entry: Entry, through: Release | None) -> tuple[Range, ...]:
    first = entry.release("first") or FIRST
    major = entry.number("major")
    entry.finish()
    span = [one.release for one in all_series() if first <= one.release and (not through or one.release <= through)]
    return tuple(Range(release, (major + n, 0), (major + n + 1, 0)) for n, release in enumerate(span))


def _irregular(entry: Entry) -> tuple[Range, ...]:
    starts = [(release_at(entry.where, key), _sure(entry, text)) for key, text in entry.mapping("starts").items()]
    starts_and_end = [*starts, (None, _sure(entry, entry.text("before")))]
    entry.finish()
    ranges = [Range(release, start, end) for (release, start), (_, end) in pairwise(starts_and_end) if release]
    if any(one.start >= one.end for one in ranges) or any(a.release >= b.release for a, b in pairwise(ranges)):
        raise invalid(entry.where, "versions must rise from series to series")
    return tuple(ranges)


def _ended(entry: Entry) -> Release:
    last = entry.release("last")
    entry.finish()
    if last is None:
        raise invalid(entry.where, "the last series is expected")
    return last


def _sure(entry: Entry, text: str) -> Numbers:
    found = numbers(text)
    if found is None:
        raise invalid(entry.where, f"{text!r} is not a version")
    return found


def maxima_of(document: Entry) -> Mapping[str, Maximum]:
    """The content of a microversions file, by service type."""
    found = {name: _maximum(entry) for name, entry in document.children("maxima").items()}
    document.close()
    return found


def _maximum(entry: Entry) -> Maximum:
    releases = {release_at(entry.where, key): _sure(entry, text) for key, text in entry.mapping("releases").items()}
    one = Maximum(releases, entry.flag("intermediate"), entry.source())
    entry.close()
    if any(low > high for low, high in pairwise(releases.values())) or list(releases) != sorted(releases):
        raise invalid(entry.where, "microversions must not fall from series to series")
    return one


@cache
def _versions() -> Versions:
    return versions_of(read("versions.yaml"))


@cache
def _maxima() -> Mapping[str, Maximum]:
    return maxima_of(read("microversions.yaml"))


def project_version(project: str, release: Release) -> str | None:
    """The first version of a project in a series: "29" or, where the minor tells, "23.1"; None if it is unknown."""
    for one in _versions().ranges.get(project, ()):
        if one.release == release:
            return _shown(one)
    return None


def version_range(project: str, release: Release) -> tuple[Numbers, Numbers] | None:
    """The first version of a project in a series, and the first that is no longer of it; None if it is unknown."""
    return next(((one.start, one.end) for one in _versions().ranges.get(project, ()) if one.release == release), None)


def _shown(one: Range) -> str:
    whole_major = one.start[1] == 0 and one.end == (one.start[0] + 1, 0)
    return str(one.start[0]) if whole_major else f"{one.start[0]}.{one.start[1]}"


def releases_of_version(project: str, version: str) -> tuple[Release, ...]:
    """The releases that a version of a package, an image tag or a virtual environment belongs to; () if unknown.

    Reads `3:29.2.0-0ubuntu1~cloud0` and `1:29.2.0-1.el9s` as 29.2, `29.0.0.0rc1` as 29.0, and kolla's image tags
    `2025.1-ubuntu-noble` and `zed-ubuntu-jammy` as the series that they name.
    """
    tagged = known_series(version.partition("-")[0])
    if tagged:
        return (tagged,)
    found = numbers(version)
    ranges = _versions().ranges.get(project, ())
    return tuple(one.release for one in ranges if found and one.start <= found < one.end)


def last_release(project: str) -> Release | None:
    """The last series that holds a project which has ended; None for one that goes on, or is not known."""
    return _versions().last.get(project)


def releases_of_microversion(service_type: str, maximum: str) -> tuple[Release, ...]:
    """The releases whose API offers this as its highest microversion; () if it is not known.

    Microversions are pairs of integers: 2.100 is higher than 2.96. A Kilo (2015.1) is recognised too, although it
    is not one of the series that a plan can start from.
    """
    found = numbers(maximum)
    table = _maxima().get(service_types.canonical(service_type))
    return table.releases_of(found) if table and found else ()


def is_proof(service_type: str) -> bool:
    """Whether the version document of this service may contradict what an operator says of the release."""
    return service_types.canonical(service_type) in _maxima()
