"""What forbids an upgrade before anybody plans its order: services that end, ways that nobody can go."""

from collections.abc import Sequence
from itertools import groupby

from stairlift.knowledge.binaries import Binary, binary, lives_in
from stairlift.knowledge.procedures import Procedure, procedure
from stairlift.knowledge.versions import last_release
from stairlift.model.finding import Finding
from stairlift.model.release import Release
from stairlift.plan.fleet import Fleet, ended, named


def admission(fleet: Fleet, source: Release, hops: Sequence[Release]) -> tuple[Finding, ...]:
    """Findings about the services of the fleet at each release that it is to reach."""
    found: list[Finding] = []
    for before, hop in zip((source, *hops), hops, strict=False):
        found += _ending(fleet, before, hop)
        found += _ended_projects(fleet, hop)
        found += _cold(fleet, hop)
        fleet = fleet.at(hop)
    return tuple(dict.fromkeys(found))


def _ending(fleet: Fleet, before: Release, hop: Release) -> list[Finding]:
    """A program that had ended before this hop runs as what replaced it already, under the name that people use."""
    ending = sorted((s for s in fleet.services if ended(s.binary, hop)), key=lambda s: (s.binary, s.host))
    found = []
    for name, group in groupby(ending, key=lambda s: s.binary):
        known = binary(name)
        if known and known.replaced_by and lives_in(known, before):
            found.append(_replaced(known, fleet, hop))
        elif known and not known.replaced_by and not _has_ended(known.project, hop):
            found.append(_gone(known, hop, [s.host for s in group]))
    return found


def _replaced(known: Binary, fleet: Fleet, hop: Release) -> Finding:
    there = [new for new in known.replaced_by if not new.only_with or fleet.with_ovn]
    how = "; ".join(f"{new.service}: {new.how}" for new in there)
    return Finding(
        code="binary.replaced",
        severity="warning",
        subject=known.name,
        message=f"the program {known.name} is no longer part of {hop}",
        resolution=f"see that the deployer's configuration for {hop} has what replaces it ({how})",
    )


def _gone(known: Binary, hop: Release, hosts: Sequence[str]) -> Finding:
    note = f" ({known.note})" if known.note else ""
    return Finding(
        code="binary.gone",
        severity="error",
        subject=known.name,
        message=f"{known.name} runs on {named(hosts)}, is not part of {hop}, and nothing replaces it{note}",
        resolution=(
            "move away from it while the cloud still runs an older release; "
            f"or --waive binary.gone:{known.name}: from that hop on it gets no step, and is yours to stop"
        ),
    )


def _has_ended(project: str, hop: Release) -> bool:
    last = last_release(project)
    return last is not None and last < hop


def _ended_projects(fleet: Fleet, hop: Release) -> list[Finding]:
    """Projects that end and leave work undone; where every program is replaced there are findings of that already."""
    alone = {s.project for s in fleet.services if (known := binary(s.binary)) and not known.replaced_by}
    return [_ended(project, hop) for project in sorted(alone) if _has_ended(project, hop)]


def _ended(project: str, hop: Release) -> Finding:
    return Finding(
        code="project.ended",
        severity="error",
        subject=project,
        message=f"{project} was released for the last time in {last_release(project)}; there is none in {hop}",
        resolution=(
            f"retire it before the upgrade; or --waive project.ended:{project}: from that hop on it gets no step, and "
            "is yours to stop"
        ),
    )


def _cold(fleet: Fleet, hop: Release) -> list[Finding]:
    projects = sorted({s.project for s in fleet.services if s.plane == "control"})
    return [_downtime(known, hop) for p in projects if (known := procedure(p)) and known.cold]


def _downtime(known: Procedure, hop: Release) -> Finding:
    return Finding(
        code="project.cold",
        severity="warning",
        subject=known.project,
        message=f"the API of {known.project} will be down for a part of the hop to {hop}: {known.cold_reason}",
        resolution=f"see that the strategy stops {known.project} on all nodes around its database step; tell its users",
    )
