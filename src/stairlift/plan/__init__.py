"""Cloud + target + policy -> plan: which releases, in which order, how many hosts at once, and why. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import groupby
from typing import Any

from stairlift.model.cloud import Cloud
from stairlift.model.errors import Refusal
from stairlift.model.finding import Finding, in_order, unwaived_errors
from stairlift.model.plan import STAGES, Binding, Plan, Step
from stairlift.model.policy import Order, Policy
from stairlift.model.release import Release
from stairlift.plan.admission import admission
from stairlift.plan.advice import about_projects, about_stopping
from stairlift.plan.around import about_unfenced, wanted_by
from stairlift.plan.cold import about_standstills, left_running
from stairlift.plan.deadlines import with_deadlines
from stairlift.plan.fleet import Fleet, fleet
from stairlift.plan.hashing import plan_hash
from stairlift.plan.hop import Gate, Hop
from stairlift.plan.manners import taken_along
from stairlift.plan.mixing import about_mixing
from stairlift.plan.narrowing import check_globs, narrowing
from stairlift.plan.outages import about_outages
from stairlift.plan.ovn_notes import about_ovn
from stairlift.plan.path import Path, find_path
from stairlift.plan.queues import about_queues
from stairlift.plan.request import Request
from stairlift.plan.sequence import about_order
from stairlift.plan.stages import hop_steps
from stairlift.plan.windows import Limits, limits, of_plan

__all__ = ["Request", "plan", "plan_hash"]


def plan(cloud: Cloud, found: Sequence[Finding], request: Request, bindings: Sequence[Binding]) -> Plan:
    """A plan for this cloud. `found` are the findings about the cloud itself.

    The plan carries all findings, its errors too: whoever uses it asks `refuse` first. Raises Refusal only where no
    plan can be made at all, and UsageError for a policy that fits no part of the cloud.
    """
    _demand_services(cloud)
    check_globs(cloud, request)
    path = find_path(cloud.release, request)
    hops = _reachable(path, request)
    scope = fleet(cloud, found, request).explained(hops)
    bounds = limits(cloud, request.policy)
    way = _hops(scope, (path.source, hops), request, (bounds, _order(cloud, request.policy), tuple(bindings)))
    steps = with_deadlines(_steps(way), cloud, request.policy)
    made = Plan(
        cloud=cloud.name,
        source=path.source,
        target=hops[-1],
        hops=hops,
        steps=tuple(steps),
        bindings=tuple(bindings),
        findings=in_order(
            (
                *found,
                *path.findings,
                *_about(cloud, scope, path, request),
                *_about_orders(way),
                *about_standstills(left_running(way)),
                *about_projects(way),
                *about_mixing(way, steps),
                *about_ovn(way, steps),
                *about_outages(way, steps),
                *(one for hop in way for one in about_unfenced(hop, steps)),
                *about_stopping(steps, bounds.windows),
                *_about_steps(steps),
                *about_queues(way, steps, whole=not request.narrowed),
            )
        ),
        policy=_policy_document(request.policy, _order(cloud, request.policy)),
        windows=of_plan(bounds, steps),
        budgets=bounds.budgets,
        on_failure=request.policy.on_failure,
        placement=_placement(cloud),
        sources=request.sources,
        os_cloud=request.os_cloud,
        waivers=tuple(sorted(request.waivers, key=str)),
        left_out=scope.left_out,
        retries=request.policy.retries,
        retry_after=request.policy.retry_after,
        stop_after=request.policy.stop_after,
        asked=request.asked,
        replaces=request.past.run,
        around=request.around,
    )
    return replace(made, hash=plan_hash(made))


def refuse(made: Plan) -> None:
    """Raise Refusal (plan.refused) with the errors that nobody waived."""
    errors = unwaived_errors(made.findings, made.waivers)
    if errors:
        raise Refusal(
            code="plan.refused",
            brief=f"{len(errors)} finding{'s' if len(errors) > 1 else ''} forbid this upgrade",
            resolution="mend what is named, or waive it by name: --waive CODE[:SUBJECT]",
            findings=errors,
        )


def _order(cloud: Cloud, policy: Policy) -> Order:
    """Packages share libraries and force node by node; containers and venvs of a deployer allow service by service."""
    return policy.order or ("node" if cloud.deployment == "plain" else "service")


def _demand_services(cloud: Cloud) -> None:
    if cloud.services:
        return
    brief = "not one service was found: there is nothing to upgrade"
    resolution = "check the cloud's name, region and interface, and that the user may list services"
    finding = Finding("cloud.empty", "error", cloud.name, brief, resolution)
    raise Refusal(code=finding.code, brief=brief, resolution=resolution, findings=[finding])


def _hops(
    scope: Fleet,
    way: tuple[Release, Sequence[Release]],
    request: Request,
    how: tuple[Limits, Order, tuple[Binding, ...]],
) -> list[Hop]:
    bounds, order, bindings = how
    source, targets = way
    hops: list[Hop] = []
    for target in targets:
        hop = Hop(
            source=source,
            target=target,
            fleet=scope.facing(target),
            bindings=bindings,
            limits=bounds,
            order=order,
            canary=request.policy.canary,
            stages=frozenset(s for s in STAGES if request.wants_stage(s)),
            whole=not request.partial,
            approve=frozenset(request.policy.approve),
            fences=wanted_by(request.policy),
            ovn_order=request.policy.ovn_order,
            queues=request.queues,
            past=request.past,
        )
        hops.append(replace(hop, along=taken_along(hop)))
        source, scope = target, scope.at(target)
    return hops


def _steps(hops: Sequence[Hop]) -> list[Step]:
    steps: list[Step] = []
    gate = Gate()
    for hop in hops:
        made, gate = hop_steps(hop, gate)
        steps += made
    return steps


def _reachable(path: Path, request: Request) -> tuple[Release, ...]:
    """A part of a cloud goes one hop: the next may not begin while the rest is behind."""
    return path.hops[:1] if request.narrowed else path.hops


def _about(cloud: Cloud, scope: Fleet, path: Path, request: Request) -> list[Finding]:
    return [*admission(scope, path.source, _reachable(path, request)), *narrowing(cloud, request, path.hops, scope)]


def _about_orders(hops: Sequence[Hop]) -> list[Finding]:
    """A deployer's order is the same in every hop, so it is told once."""
    return list(dict.fromkeys(found for hop in hops for found in about_order(hop)))


def _about_steps(steps: Sequence[Step]) -> list[Finding]:
    if not steps:
        message = "nothing remains to be done: this plan has no step"
        return [Finding("plan.no_steps", "warning", "plan", message, "see what is left out, and why")]
    bare = sorted((s for s in steps if s.strategy is None and s.action != "approve"), key=lambda s: (s.stage, s.action))
    return [
        _no_strategy(stage, action, list(group))
        for (stage, action), group in groupby(bare, lambda s: (s.stage, s.action))
    ]


def _no_strategy(stage: str, action: str, steps: Sequence[Step]) -> Finding:
    names = sorted({name for s in steps for name in s.services})
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return Finding(
        code="plan.no_strategy",
        severity="warning",
        subject=f"{stage}/{action}",
        message=f"no [[strategy]] of stairlift.toml matches {len(steps)} steps: {action} of {shown}",
        resolution=f'add one, such as [[strategy]] match = {{ stage = "{stage}" }} use = "ansible" playbook = "..."',
    )


def _placement(cloud: Cloud) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {host.name: [] for host in cloud.hosts}
    for service in cloud.services:
        found[service.host].append(service.binary)
    return {host: tuple(sorted(names)) for host, names in sorted(found.items())}


def _policy_document(policy: Policy, order: Order) -> dict[str, Any]:
    return {
        "order": order,
        "canary": policy.canary,
        "max_unavailable": {key: str(share) for key, share in sorted(policy.max_unavailable.items())},
        "failure_budget": {key: str(share) for key, share in sorted(policy.failure_budget.items())},
        "on_failure": policy.on_failure,
    } | _own_policy(policy)


def _own_policy(policy: Policy) -> dict[str, Any]:
    """What is there only where it is not the default: the hash of plans without stays what it was."""
    usual = Policy()
    said: dict[str, Any] = {
        "approve": list(policy.approve) if policy.approve != usual.approve else None,
        "deadline": dict(sorted(policy.deadline.items())) or None,
        "retries": policy.retries if policy.retries != usual.retries else None,
        "retry_after": policy.retry_after if policy.retry_after != usual.retry_after else None,
        "stop_after": policy.stop_after,
        "cordon": policy.cordon or None,
        "drain": policy.drain if policy.drain != usual.drain else None,
        "drain_networks": policy.drain_networks or None,
        "ovn_order": policy.ovn_order if policy.ovn_order != usual.ovn_order else None,
        "migrations": asdict(policy.migrations) if policy.migrations != usual.migrations else None,
        "downtime_budget": dict(sorted(policy.downtime_budget.items())) or None,
    }
    return {key: value for key, value in said.items() if value is not None}
