"""Which steps of a plan Grenade cannot carry out: it upgrades one DevStack node, whole, and nothing beyond it."""

from collections.abc import Iterator, Sequence

from stairlift.model.cloud import Cloud
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.strategy.grenade.options import GrenadeOptions, filled


def review(options: GrenadeOptions, steps: Sequence[Step], cloud: Cloud) -> Iterator[Finding]:
    """Error findings for what a plan asks of Grenade that Grenade does not do."""
    yield from _foreign_hosts(options, steps, cloud)
    yield from _foreign_work(steps)
    yield from _projects(options, [step for step in steps if step.action == "upgrade"])
    yield from _hops(options, steps)


def _foreign_hosts(options: GrenadeOptions, steps: Sequence[Step], cloud: Cloud) -> Iterator[Finding]:
    known = cloud.host(options.host)
    for host in sorted({host for step in steps for host in step.hosts} - {options.host}):
        if known is not None and host == known.name:
            resolution = f"Write host = {host!r}: the plan calls it so."
        else:
            resolution = "Give its services to another strategy by an entry before this one, or exclude the host."
        yield Finding(
            code="grenade.other-host",
            severity="error",
            subject=host,
            message=f"Grenade upgrades one DevStack node, {options.host}, and leaves {host} on the release before",
            resolution=resolution,
        )


def _foreign_work(steps: Sequence[Step]) -> Iterator[Finding]:
    for step in steps:
        if not carried_out(step):
            yield Finding(
                code="grenade.no-such-step",
                severity="error",
                subject=step.id,
                message=f"Grenade has no part that would {step.action} by itself: it comes with a project, or never",
                resolution='Match the entry with stage = "control", or give this step to another strategy.',
            )


def carried_out(step: Step) -> bool:
    """Whether the driver has a way to do this step."""
    return step.action == "upgrade" or (step.action == "drain" and step.stage == "control")


def _projects(options: GrenadeOptions, upgrades: Sequence[Step]) -> Iterator[Finding]:
    planned = {step.project for step in upgrades if step.project is not None}
    for project in sorted(planned - set(options.projects)):
        yield Finding(
            code="grenade.unknown-project",
            severity="error",
            subject=project,
            message=f"Grenade does not upgrade {project} on {options.host}: the entry's projects do not name it",
            resolution="Add it to projects (in Grenade's tree, or with its plugin), or give it to another strategy.",
        )
    order = list(dict.fromkeys(step.project for step in upgrades if step.project in options.projects))
    if options.by == "project" and order != sorted(order, key=options.projects.index):
        yield _other_order(options, [str(project) for project in order])
    if options.by == "project" and upgrades and not any(step.project is None for step in upgrades):
        yield from _left_stopped(options, planned)


def _other_order(options: GrenadeOptions, order: Sequence[str]) -> Finding:
    return Finding(
        code="grenade.other-order",
        severity="error",
        subject=options.host,
        message=f"the plan upgrades {', '.join(order)} in this order, and Grenade {', '.join(options.projects)}",
        resolution='Write by = "node": then Grenade goes through its own list.',
    )


def _left_stopped(options: GrenadeOptions, planned: set[str]) -> Iterator[Finding]:
    for project in options.projects:
        if project not in planned:
            yield Finding(
                code="grenade.no-step",
                severity="error",
                subject=project,
                message=f"Grenade stops {project} with all others, and no step of this plan upgrades it again",
                resolution='Give a source that finds it on the node, or write by = "node": then it goes with the rest.',
            )


def _hops(options: GrenadeOptions, steps: Sequence[Step]) -> Iterator[Finding]:
    """Two hops from the same folder would upgrade from the release before the last."""
    bases: dict[str, str] = {}
    for step in steps:
        here = filled(options.base_devstack, step)
        if bases.setdefault(here, str(step.source)) != str(step.source):
            yield Finding(
                code="grenade.same-devstack",
                severity="error",
                subject=here,
                message=f"the hops from {bases[here]} and from {step.source} would both start from {here}",
                resolution="Name them by release: base_release = '{from}', target_release = '{to}'.",
            )
            return
