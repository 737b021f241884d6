"""How long one attempt at a step may take, where the policy says it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import get_args

from stairlift.model.cloud import Cloud
from stairlift.model.plan import Action, Step
from stairlift.model.policy import Policy
from stairlift.plan.windows import groups, keys_named

_ACTIONS = tuple(action for action in get_args(Action) if action != "approve")
#: The most particular first; what a step does says more of its time than where it does it.
_KINDS = ("action", "zone", "role", "plane")


def with_deadlines(steps: list[Step], cloud: Cloud, policy: Policy) -> list[Step]:
    """The steps with their deadlines. UsageError (policy.unknown_group) for a key that nothing answers to."""
    if not policy.deadline:
        return steps
    limits = _limits(cloud, policy)
    hosts = {host.name: host for host in cloud.hosts}
    found = []
    for step in steps:
        where = [groups(hosts[name], step.plane) if name in hosts else [f"plane:{step.plane}"] for name in step.hosts]
        found.append(replace(step, deadline=_longest([_limit([f"action:{step.action}", *w], limits) for w in where])))
    return found


def _limits(cloud: Cloud, policy: Policy) -> dict[str, int]:
    zones = {host.zone for host in cloud.hosts if host.zone}
    found: dict[str, int] = {}
    for name, seconds in policy.deadline.items():
        key = f"action:{name}" if name in _ACTIONS else keys_named(name, zones, _ACTIONS)
        found[key] = seconds
    return found


def _limit(keys: Sequence[str], limits: Mapping[str, int]) -> int | None:
    """Of the most particular kind of key that has any, the longest."""
    for kind in _KINDS:
        named = [limits[key] for key in keys if key in limits and key.startswith(f"{kind}:")]
        if named:
            return max(named)
    return None


def _longest(found: Sequence[int | None]) -> int | None:
    """What the slowest of its hosts is given; one without a deadline is given all the time that it takes."""
    given = [seconds for seconds in found if seconds is not None]
    return max(given) if given and len(given) == len(found) else None
