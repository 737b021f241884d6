"""A map of a cloud: its hosts by zone and role, each with its release, its health, and how far a run has brought it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stairlift.model.naming import natural
from stairlift.model.run import StepState
from stairlift.report.signs import Sign, group_sign

_ROLES = ("control", "network", "compute", "storage")
#: What becomes of a host by its services, the worst first.
_HEALTH = {
    "down": Sign("✘", "service down", "bad"),
    "disabled": Sign("‖", "disabled", "rest"),
    "unknown": Sign("?", "not known", "idle"),
    "up": Sign("✔", "up", "good"),
}
#: Of a host that is well while a run goes on which has nothing for it.
_OUTSIDE = Sign("·", "not in the run", "idle")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Spot:
    """One host. `course` is what a run that goes on has done to it, None where it has nothing for it or none goes on.

    `why` is what is amiss; `outside` says that a run goes on, elsewhere.
    """

    name: str
    zone: str
    role: str
    releases: tuple[str, ...]
    health: Sign
    why: str
    services: int
    course: Sign | None
    settled: int = 0
    steps: int = 0
    outside: bool = False

    @property
    def release(self) -> str:
        """What it runs, as far as that is known."""
        return " and ".join(self.releases) or UNKNOWN

    @property
    def sign(self) -> Sign:
        """What the map shows: what is amiss, else the run, else its health."""
        if self.health.tone == "bad":
            return self.health
        return self.course or (_OUTSIDE if self.outside and self.health.tone == "good" else self.health)

    @property
    def told(self) -> str:
        """The whole of it in one line."""
        course = f", {self.course.word} ({self.settled} of {self.steps})" if self.course else ""
        return f"{self.name}: {self.release}, {self.health.word}{course}{f': {self.why}' if self.why else ''}"


@dataclass(frozen=True, slots=True)
class Block:
    """Hosts of one zone and role."""

    zone: str
    role: str
    spots: tuple[Spot, ...]

    @property
    def told(self) -> str:
        """How many there are, and how they stand."""
        numbers = Counter(spot.sign.word for spot in self.spots)
        return ", ".join(f"{number} {word}" for word, number in numbers.most_common())


@dataclass(frozen=True, slots=True)
class Filters:
    """Which hosts are meant; what is empty means all. `host` is a part of a name."""

    zone: str = ""
    role: str = ""
    release: str = ""
    state: str = ""
    host: str = ""

    def of(self, spots: Iterable[Spot]) -> tuple[Spot, ...]:
        """Those that fit."""
        return tuple(spot for spot in spots if self._fits(spot))

    def _fits(self, spot: Spot) -> bool:
        return (
            self.zone in ("", spot.zone)
            and self.role in ("", spot.role)
            and self.release in ("", spot.release)
            and self.state in ("", spot.sign.word)
            and self.host.casefold() in spot.name.casefold()
        )


#: What a run has done to each host, by the states of its steps.
Done = Mapping[str, Mapping[StepState, int]]


@dataclass(frozen=True, slots=True)
class Underway:
    """A run that goes on: the way that it takes the cloud, and what it has done to each host.

    `stages` are those in which it has most to do on a host: where nobody looked, they tell its role.
    """

    source: str
    target: str
    done: Done
    stages: Mapping[str, str]

    def releases(self, host: str) -> tuple[str, ...]:
        """What a host runs as far as the run can tell; once it has begun there, and is not done, it may be either."""
        counts = self.done.get(host, {})
        if sum(counts.values()) == counts.get(StepState.DONE, 0):
            return (self.target,) if counts else ()
        begun = set(_states(counts)) - {StepState.PENDING, StepState.WAITING}
        return (self.source, self.target) if begun else (self.source,)


def _states(counts: Mapping[StepState, int]) -> Iterable[StepState]:
    return (state for state, number in counts.items() if number)


def spots_of(cloud: Mapping[str, Any], run: Underway | None) -> tuple[Spot, ...]:
    """The hosts of a cloud's document, and those that only a run knows, by zone, role and name."""
    course = run.done if run else {}
    services: dict[str, list[Mapping[str, Any]]] = {}
    for service in cloud.get("services", ()):
        services.setdefault(service["host"], []).append(service)
    series = cloud.get("release", {}).get("series") or ""
    known = [_spot(host, services.get(host["name"], ()), series, course) for host in cloud.get("hosts", ())]
    names = {spot.name for spot in known}
    known = [replace(s, releases=s.releases or run.releases(s.name)) for s in known] if run else known
    others = [_only_in_run(host, run) for host in course if host not in names] if run else []
    return tuple(sorted((*known, *others), key=lambda s: (natural(s.zone), _rank(s.role), natural(s.name))))


def _rank(role: str) -> tuple[int, str]:
    first = role.partition(", ")[0]
    return (_ROLES.index(first) if first in _ROLES else len(_ROLES), role)


def _spot(
    host: Mapping[str, Any],
    services: Sequence[Mapping[str, Any]],
    series: str,
    course: Done,
) -> Spot:
    health, why = _health(services)
    counts = course.get(host["name"])
    return Spot(
        name=host["name"],
        zone=host.get("zone") or "no zone",
        role=", ".join(host.get("roles", ())) or "no role",
        releases=_releases(services, series),
        health=health,
        why=why,
        services=len(services),
        outside=bool(course),
        **_progress(counts),
    )


def _only_in_run(host: str, run: Underway) -> Spot:
    stage = run.stages.get(host, "")
    return Spot(
        name=host,
        zone="no zone",
        role=stage if stage in _ROLES else "no role",
        releases=run.releases(host),
        health=_HEALTH["unknown"],
        why="",
        services=0,
        **_progress(run.done[host]),
    )


def _progress(counts: Mapping[StepState, int] | None) -> dict[str, Any]:
    if not counts:
        return {"course": None}
    settled = sum(counts.get(state, 0) for state in (StepState.DONE, StepState.SKIPPED))
    return {"course": group_sign(counts), "settled": settled, "steps": sum(counts.values())}


def _health(services: Sequence[Mapping[str, Any]]) -> tuple[Sign, str]:
    """Down counts more than disabled: that is what somebody wanted."""
    down = sorted({s["binary"] for s in services if s["state"] == "down"})
    if down:
        return _HEALTH["down"], f"{', '.join(down[:3])}{f' and {len(down) - 3} more' if len(down) > 3 else ''} down"
    disabled = sorted({s["binary"] for s in services if s["status"] == "disabled"})
    if disabled:
        return _HEALTH["disabled"], f"{', '.join(disabled[:3])} disabled"
    return _HEALTH["up" if any(s["state"] == "up" for s in services) else "unknown"], ""


def _releases(services: Sequence[Mapping[str, Any]], series: str) -> tuple[str, ...]:
    """Those that were seen on the host; where nobody looked, that of the cloud."""
    seen = {s["releases"][0] for s in services if s.get("version") and len(s.get("releases", ())) == 1}
    return tuple(sorted(seen)) or ((series,) if series else ())


def blocks_of(spots: Iterable[Spot]) -> tuple[Block, ...]:
    """By zone and role, in the order in which the hosts stand."""
    found: dict[tuple[str, str], list[Spot]] = {}
    for spot in spots:
        found.setdefault((spot.zone, spot.role), []).append(spot)
    return tuple(Block(zone, role, tuple(there)) for (zone, role), there in found.items())


def choices_of(spots: Sequence[Spot]) -> Mapping[str, tuple[str, ...]]:
    """What there is to choose from in each filter."""
    return {
        "zone": tuple(dict.fromkeys(spot.zone for spot in spots)),
        "role": tuple(dict.fromkeys(spot.role for spot in spots)),
        "release": tuple(sorted({spot.release for spot in spots})),
        "state": tuple(word for word, _ in Counter(spot.sign.word for spot in spots).most_common()),
    }


def legend_of(spots: Iterable[Spot]) -> tuple[tuple[Sign, int], ...]:
    """Each sign of the map, with how many hosts have it."""
    return tuple(Counter(spot.sign for spot in spots).most_common())
