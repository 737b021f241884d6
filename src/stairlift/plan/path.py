"""Which releases to go through: from what the evidence leaves, by the allowed edges, to the target."""

from collections.abc import Sequence
from dataclasses import dataclass

from stairlift.knowledge.releases import is_slurp_skip, shortest_chain
from stairlift.model.cloud import RunningRelease
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding
from stairlift.model.release import Release
from stairlift.plan.request import Request

_NARROW = "where a part of the cloud is still behind, plan for that part: --from SERIES with --stage or --hosts"


@dataclass(frozen=True, slots=True)
class Path:
    """The release to start from and those to reach, one after the other."""

    source: Release
    hops: tuple[Release, ...]
    findings: tuple[Finding, ...] = ()


def find_path(running: RunningRelease, request: Request) -> Path:
    """The shortest chain of supported hops.

    Raises Refusal (release.ambiguous, plan.not_an_upgrade, plan.no_path), each with the finding that says why.
    """
    source = request.source or _only_source(running, request.target)
    try:
        hops = request.past.hops or _chain(source, request.target, running)
    except Refusal as refused:
        raise _with_finding(refused, request) from refused
    ways = zip((source, *hops), hops, strict=False)
    skips = tuple(_slurp(a, b) for a, b in ways if is_slurp_skip(a, b))
    wrong = (
        ()
        if _agrees(source, running) or _on_its_way(running, request)
        else (_contradicted(source, running, request, hops),)
    )
    return Path(source, hops, (*wrong, *skips))


def _chain(source: Release, target: Release, running: RunningRelease) -> tuple[Release, ...]:
    """An upgrade that was begun is finished first: its databases are on the way to that release already."""
    begun = next((to for start, to in running.unfinished if start == source), target)
    return shortest_chain(source, target) if begun == target else (begun, *shortest_chain(begun, target))


def _agrees(source: Release, running: RunningRelease) -> bool:
    """Where an upgrade was not finished, a part of the cloud still runs what it started from."""
    possible = [start for start, _ in running.unfinished] or running.candidates
    return not possible or source in possible


def _on_its_way(running: RunningRelease, request: Request) -> bool:
    """Whether what the cloud shows is what a run that was begun has made of it so far."""
    shown = {start for start, _ in running.unfinished} | set(running.candidates)
    return not shown.isdisjoint(request.past.hops)


def _only_source(running: RunningRelease, target: Release) -> Release:
    candidates = tuple(start for start, _ in running.unfinished) or running.candidates
    if candidates and target <= min(candidates):
        return candidates[0]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        named = " or ".join(map(str, candidates))
        brief = f"the cloud runs {named}: the evidence does not tell which"
        resolution = " or ".join(f"--from {c}" for c in candidates) + ", as the hosts have it installed"
    else:
        brief = "nothing that was found tells which release the cloud runs"
        resolution = "say it with --from SERIES"
    finding = Finding("release.ambiguous", "error", "release", brief, resolution)
    raise Refusal(code=finding.code, brief=brief, resolution=resolution, findings=[finding])


def _contradicted(source: Release, running: RunningRelease, request: Request, hops: Sequence[Release]) -> Finding:
    """Once a part of a cloud is upgraded it shows the next release: a plan for the rest expects just that."""
    expected = request.narrowed and hops[0] in running.candidates
    told = "; ".join(f"{e.text}: {' or '.join(map(str, e.candidates))}" for e in running.evidence if e.proof)
    starts = [start for start, _ in running.unfinished] or [c for c in running.candidates if c < request.target]
    if starts:
        resolution = f"pass {' or '.join(f'--from {start}' for start in starts)}, or look at what says otherwise"
    else:
        resolution = f"nothing remains to be done; {_NARROW}"
    return Finding(
        code="release.contradicted",
        severity="info" if expected else "error",
        subject=str(source),
        message=f"--from {source} is not what the cloud shows ({told})",
        resolution=resolution,
    )


def _with_finding(refused: Refusal, request: Request) -> Refusal:
    nothing_known = request.source is None and refused.code == "plan.not_an_upgrade"
    resolution = f"{refused.resolution} Or, {_NARROW}." if nothing_known else refused.resolution
    finding = Finding(refused.code, "error", str(request.target), refused.brief, resolution)
    return Refusal(
        code=refused.code,
        brief=refused.brief,
        details=refused.details,
        resolution=resolution,
        findings=[finding],
    )


def _slurp(source: Release, target: Release) -> Finding:
    """TC resolution 2022-02-10: a SLURP hop is supported, rolling through it is promised only by some projects."""
    return Finding(
        code="path.slurp_skip",
        severity="info",
        subject=f"{source}->{target}",
        message=f"{source} to {target} skips a release: supported, but projects other than Nova may need an outage",
        resolution="read the upgrade notes of both releases",
    )
