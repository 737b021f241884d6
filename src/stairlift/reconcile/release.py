"""Which release the cloud runs: candidates with their evidence, never a guess.

Microversions of compute, shared-file-system and baremetal, and versions seen on hosts, are proof and may contradict
each other. Other version documents are hints: they are shown and decide nothing, since most of them stay the
same over many releases.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.releases import edge_exists
from stairlift.knowledge.versions import is_proof, releases_of_microversion, releases_of_version
from stairlift.model.cloud import Evidence, RunningRelease
from stairlift.model.finding import Finding
from stairlift.model.observation import ApiVersion, Observation, VersionRecord
from stairlift.model.release import Release


def running_release(observations: Iterable[Observation]) -> tuple[RunningRelease, tuple[Finding, ...]]:
    """Weigh all the evidence. Proofs that exclude each other leave every release that one of them names."""
    facts = [fact for o in observations for fact in o.facts]
    evidence = (
        *_from_apis([f for f in facts if isinstance(f, ApiVersion)]),
        *_from_hosts([f for f in facts if isinstance(f, VersionRecord)]),
    )
    proofs = [e for e in evidence if e.proof and e.candidates]
    if not proofs:
        return RunningRelease((), evidence), ()
    common = reduce(set.intersection, (set(p.candidates) for p in proofs))
    if common:
        return RunningRelease(tuple(sorted(common)), evidence), ()
    hops = unfinished(proofs)
    named = {release for hop in hops for release in hop} or {release for p in proofs for release in p.candidates}
    return RunningRelease(tuple(sorted(named)), evidence, hops), (_disagreement(proofs, hops),)


def _from_apis(versions: Sequence[ApiVersion]) -> list[Evidence]:
    seen: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for v in versions:
        seen.setdefault((v.service_type, v.maximum), set()).update({(v.backend, v.url)} if v.backend else ())
    asked = Counter(v.service_type for v in {replace(v, maximum="") for v in versions} if v.backend)
    return [
        Evidence(
            text=f"{service_type} API says {maximum}{_on_backends(backends, asked[service_type])}",
            candidates=releases_of_microversion(service_type, maximum),
            proof=is_proof(service_type),
        )
        for (service_type, maximum), backends in sorted(seen.items())
    ]


def _on_backends(told: Iterable[tuple[str, str]], asked: int) -> str:
    """Which servers behind a load balancer said so, where they were asked one by one."""
    names = sorted({name for name, _ in told})
    if not names:
        return ""
    count = len({url for _, url in told})
    return f" on {asked} backends" if count == asked else f" on {count} of {asked} backends ({', '.join(names)})"


def _from_hosts(records: Sequence[VersionRecord]) -> list[Evidence]:
    by_version: dict[tuple[str, str], set[str]] = {}
    for record in records:
        by_version.setdefault((project_of(record.binary), record.version), set()).add(record.host)
    return [
        Evidence(
            text=f"{project} {version} on {len(hosts)} host{'s' if len(hosts) > 1 else ''}",
            candidates=releases_of_version(project, version),
            proof=True,
        )
        for (project, version), hosts in sorted(by_version.items())
    ]


def project_of(name: str) -> str:
    """The project of a binary, or the name itself where nobody knows the binary."""
    known = binary(name)
    return known.project if known else name


def unfinished(proofs: Iterable[Evidence]) -> tuple[tuple[Release, Release], ...]:
    """The hops that explain all proofs, if they agree on where they lead: an upgrade that somebody did not finish."""
    sets = [set(p.candidates) for p in proofs]
    named = sorted(set().union(*sets))
    pairs = [(a, b) for a in named for b in named if edge_exists(a, b)]
    fitting = tuple(pair for pair in pairs if all(found & set(pair) for found in sets))
    return fitting if len({target for _, target in fitting}) == 1 else ()


def _disagreement(proofs: Sequence[Evidence], hops: Sequence[tuple[Release, Release]]) -> Finding:
    told = "; ".join(f"{p.text} ({' or '.join(map(str, p.candidates))})" for p in proofs)
    if hops:
        sources, target = " or ".join(str(source) for source, _ in hops), hops[0][1]
        wanted = f" --from {hops[0][0]}" if len(hops) > 1 else ""
        return Finding(
            code="release.unfinished",
            severity="warning",
            subject=str(target),
            message=f"the cloud looks like an upgrade from {sources} to {target} that was not finished: {told}",
            resolution=f"`stairlift plan{wanted} --to {target}` plans what remains",
        )
    return Finding(
        code="release.contradiction",
        severity="error",
        subject="release",
        message=f"the evidence about the running release contradicts itself: {told}",
        resolution="look at the named services first; no single upgrade explains these versions side by side",
    )
