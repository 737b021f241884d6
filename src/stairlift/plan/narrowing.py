"""What it means that a plan is only for a part of the cloud, or of the way."""

from collections.abc import Iterable

from stairlift.model.cloud import Cloud, Service
from stairlift.model.errors import UsageError
from stairlift.model.finding import Finding
from stairlift.model.naming import natural
from stairlift.model.plan import STAGES, Stage
from stairlift.model.release import Release
from stairlift.plan.fleet import Fleet, named
from stairlift.plan.request import Request, matches

#: The stages that change services; preparation and infrastructure go by themselves.
_CHANGING = STAGES[2:]


def check_globs(cloud: Cloud, request: Request) -> None:
    """UsageError (plan.no_such_host) for a glob that means nobody: a host that was to be spared would not be."""
    names = [name for host in cloud.hosts for name in (host.name, *host.aliases)]
    names += {service.host for service in cloud.infrastructure}
    for option, globs in (("--hosts", request.hosts), ("--exclude", request.exclude)):
        for glob in globs:
            if not matches(names, [glob]):
                raise UsageError(
                    code="plan.no_such_host",
                    brief=f"{option} {glob} matches no host of this cloud",
                    resolution="`stairlift discover` lists the hosts and their other names",
                )


def narrowing(cloud: Cloud, request: Request, hops: tuple[Release, ...], scope: Fleet) -> list[Finding]:
    """What is left out, what that takes for granted, and what it forbids."""
    if not request.narrowed:
        return []
    parts = [
        f"this plan is for a part of the upgrade; left out: {'; '.join(scope.left_out) or 'nothing'}",
        *_listed("it takes for granted that", _granted(cloud, request, hops[0], scope)),
        *_listed("that forbids", _forbidden(request, hops)),
    ]
    resolution = "plan again without narrowing to finish the hop"
    told = Finding("plan.narrowed", "warning", "plan", "; ".join(parts), resolution)
    return [told, *_too_early(cloud, request, hops[0])]


def _too_early(cloud: Cloud, request: Request, hop: Release) -> list[Finding]:
    """One-way steps alone, while the APIs show that the control plane is still on the release before."""
    shown = cloud.release.candidates
    if not request.wants_stage("finish") or request.wants_stage("control") or not shown or hop in shown:
        return []
    return [
        Finding(
            code="plan.too_early",
            severity="error",
            subject="finish",
            message=f"the cloud shows {' or '.join(map(str, shown))}: one-way steps to {hop} would cut off what runs",
            resolution=f"upgrade to {hop} first, or plan without --stage",
        )
    ]


def _listed(words: str, sentences: Iterable[str]) -> list[str]:
    told = " and ".join(sentences)
    return [f"{words} {told}"] if told else []


def _granted(cloud: Cloud, request: Request, hop: Release, scope: Fleet) -> list[str]:
    """What comes earlier in the order of the hop than something that the plan does, and is not in the plan."""
    skipped = [stage for stage in _skipped(request) if stage != "ovn" or _with_ovn(cloud.services)]
    outside = _upstream(cloud, scope)
    return [
        *([f"the stages {', '.join(skipped)} of the hop to {hop} are done"] if skipped else []),
        *([f"the control plane and OVN on {named(outside)} run {hop}"] if outside else []),
    ]


def _skipped(request: Request) -> list[Stage]:
    wanted = [stage for stage in _CHANGING if request.wants_stage(stage)]
    before = _CHANGING[: _CHANGING.index(wanted[-1])] if wanted else ()
    return [stage for stage in before if stage not in wanted]


def _upstream(cloud: Cloud, scope: Fleet) -> list[str]:
    """Hosts outside that run what comes before the resource services, or the OVN databases, of this part."""
    hosts = {h.name for h in scope.hosts}
    outside = [s for s in cloud.services if s.host not in hosts]
    resources = any(s.plane == "resource" for s in scope.services)
    central = any(s.project == "ovn" and s.plane == "control" for s in scope.services)
    before = {s.host for s in outside if resources and s.plane == "control"}
    chassis = {s.host for s in outside if central and s.project == "ovn" and s.plane == "resource"}
    return sorted(before | chassis, key=natural)


def _with_ovn(services: Iterable[Service]) -> bool:
    return any(s.project == "ovn" for s in services)


def _forbidden(request: Request, hops: tuple[Release, ...]) -> list[str]:
    return [
        *(["the one-way steps of the hop (contract, unpin, online migrations)"] if request.partial else []),
        *([f"every hop after {hops[0]}"] if len(hops) > 1 else []),
    ]
