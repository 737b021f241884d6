"""What has changed in the cloud since the plan was made, as far as the steps that remain are concerned."""

from collections.abc import Iterable
from functools import cache

from stairlift.knowledge.binaries import all_binaries
from stairlift.model.cloud import Cloud
from stairlift.model.finding import Finding
from stairlift.model.plan import Plan, Step


def drift(plan: Plan, cloud: Cloud, remaining: Iterable[Step]) -> tuple[Finding, ...]:
    """Services that remaining steps count on and that are gone, and services that appeared beside them.

    The run's own doing is none: a program that its replacement took over from has not gone, and hosts that are
    merely down are still there.
    """
    now = {host.name: set[str]() for host in cloud.hosts}
    for service in cloud.services:
        now[service.host].add(service.binary)
    steps = tuple(remaining)
    return (*_gone(plan, steps, now), *_new(plan, steps, now))


def _gone(plan: Plan, steps: Iterable[Step], now: dict[str, set[str]]) -> list[Finding]:
    """Of a step over a whole project each service counts where it was placed; infrastructure is placed nowhere."""
    planned = {(h, s) for step in steps for h in step.hosts for s in step.services}
    placed = {(h, s) for h, s in planned if _present(s, set(plan.placement.get(h, ())))}
    lost = {(h, s) for h, s in placed if not _present(s, now.get(h, set()))}
    return [
        Finding(
            code="drift.gone",
            severity="error",
            subject=f"{service}@{host}",
            message=f"the plan has steps for {service} on {host}, but nothing reports it any more",
            resolution="bring it back, or make a new plan",
        )
        for host, service in sorted(lost)
    ]


def _present(service: str, running: set[str]) -> bool:
    """Whether the service runs there, or what took over from it, or what it will take over from in a later hop."""
    return not running.isdisjoint(kin(service))


@cache
def kin(service: str) -> frozenset[str]:
    """The names under which a service goes before and after a change of programs on its host, as sources tell it.

    Those that take over together stand for each other: an inventory may know the API and not the workers beside it.
    """
    pairs = [{one.name, new.service} for one in all_binaries() for new in one.replaced_by if not new.absorbed]
    near = {service}.union(*(pair for pair in pairs if service in pair))
    return frozenset(near.union(*(pair for pair in pairs if pair & near)))


def _new(plan: Plan, steps: tuple[Step, ...], now: dict[str, set[str]]) -> list[Finding]:
    """New services matter while steps of their kind remain; what a finished stage left behind does not."""
    kinds = {name for step in steps if step.action == "upgrade" for name in step.services}
    appeared = [
        (host, service)
        for host, running in now.items()
        for service in running & kinds
        if kin(service).isdisjoint(plan.placement.get(host, ()))
    ]
    return [
        Finding(
            code="drift.new",
            severity="error",
            subject=f"{service}@{host}",
            message=f"{service} on {host} was not there when the plan was made, and no step upgrades it",
            resolution="make a new plan that has it",
        )
        for host, service in sorted(appeared)
    ]
