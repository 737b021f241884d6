"""The releases, and the ways that lead from one to another (TC resolution of 2022-02-10)."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import pairwise

from stairlift.knowledge.document import Entry, invalid, read
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.release import Release


@dataclass(frozen=True, slots=True)
class Series:
    """A release under its codename; `planned` means that `released` is a date in the schedule, not a fact."""

    release: Release
    codename: str
    slurp: bool
    released: date
    planned: bool
    source: str

    def __str__(self) -> str:
        return f"{self.release} {self.codename}"


def series_of(document: Entry) -> tuple[Series, ...]:
    """The series of a releases file, which must be in order, twice a year, without a gap."""
    found = tuple(_series(entry) for entry in document.entries("series"))
    document.close()
    for earlier, later in pairwise(found):
        if later.release != _following(earlier.release):
            raise invalid(document.where, f"{later.release} does not follow {earlier.release}")
    return found


def _series(entry: Entry) -> Series:
    release = entry.release("release")
    if release is None:
        raise invalid(entry.where, "a release is expected")
    one = Series(
        release=release,
        codename=entry.text("codename"),
        slurp=entry.flag("slurp"),
        released=entry.date("released"),
        planned=entry.flag("planned"),
        source=entry.source(),
    )
    entry.close()
    return one


def _following(release: Release) -> Release:
    return Release(release.year, 2) if release.half == 1 else Release(release.year + 1, 1)


@cache
def all_series() -> tuple[Series, ...]:
    """Every known series, oldest first."""
    return series_of(read("releases.yaml"))


@cache
def _by_release() -> Mapping[Release, Series]:
    return {one.release: one for one in all_series()}


@cache
def _by_name() -> Mapping[str, Release]:
    names = {one.codename.casefold(): one.release for one in all_series()}
    return names | {str(one.release): one.release for one in all_series()}


def series(release: Release) -> Series:
    """The series of a release; UsageError `release.unknown` for one outside the table."""
    try:
        return _by_release()[release]
    except KeyError:
        raise _unknown(str(release)) from None


def describe(release: Release) -> str:
    """How people are told of a release: "2025.1 Epoxy", or the bare number outside the table."""
    known = _by_release().get(release)
    return str(known or release)


def known_series(text: str) -> Release | None:
    """The release of a number or a codename, in any case; None for anything else."""
    return _by_name().get(text.strip().casefold())


def parse_series(text: str) -> Release:
    """Read a number or a codename, in any case; UsageError `release.unknown` names what comes near."""
    known = known_series(text)
    if known is None:
        raise _unknown(text)
    return known


def _unknown(text: str) -> UsageError:
    first, last = all_series()[0], all_series()[-1]
    near = get_close_matches(text.strip().casefold(), _by_name(), n=3)
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        code="release.unknown",
        brief=f"{text!r} is not an OpenStack release that Stairlift knows",
        resolution=f"{meant}Give a number or a codename from {first} to {last}.",
    )


def edge_exists(a: Release, b: Release) -> bool:
    """Whether one hop may lead from `a` to `b`: to the next release, or from a SLURP to the next SLURP."""
    return b in _next_hops(a)


def is_slurp_skip(a: Release, b: Release) -> bool:
    """Whether the hop skips a release, which not every project promises to do without a stop."""
    return edge_exists(a, b) and b != _following(a)


@cache
def _next_hops(release: Release) -> tuple[Release, ...]:
    known = _by_release()
    if release not in known:
        return ()
    later = [one for one in all_series() if one.release > release]
    slurps = [one.release for one in later if one.slurp and known[release].slurp]
    return tuple(sorted({*(one.release for one in later[:1]), *slurps[:1]}, reverse=True))


def shortest_chain(a: Release, b: Release) -> tuple[Release, ...]:
    """The fewest hops from `a` to `b`: the releases on the way, without `a`, with `b`.

    Of equally short ways the one that comes furthest first, so that a plan is always the same.
    Refusal `plan.not_an_upgrade` where `b` is not later, `plan.no_path` where the table holds no way.
    """
    if b <= a:
        raise Refusal(
            code="plan.not_an_upgrade",
            brief=f"{describe(b)} is not later than {describe(a)}",
            resolution="Name a later release as the target.",
        )
    ways: deque[tuple[Release, ...]] = deque([(a,)])
    while ways:
        way = ways.popleft()
        if way[-1] == b:
            return way[1:]
        ways.extend((*way, onward) for onward in _next_hops(way[-1]) if onward <= b)
    raise Refusal(
        code="plan.no_path",
        brief=f"no way is known from {describe(a)} to {describe(b)}",
        details=f"Known are {all_series()[0]} to {all_series()[-1]}.",
        resolution="Choose a source and a target among the known releases.",
    )
