"""The strategies that a plan has without an entry of stairlift.toml: those which act on the cloud for its own sake."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stairlift.knowledge.service_types import canonical
from stairlift.model.cloud import Cloud
from stairlift.model.plan import Binding
from stairlift.model.policy import Migrations, Policy
from stairlift.plan.around import wanted_by
from stairlift.plan.network_nodes import AGENTS

_NOVA = "nova"
_MATCH = {"service": ("nova-compute",), "action": ("cordon", "drain", "uncordon")}
_NEUTRON = "neutron"
_NETWORKS = {"service": AGENTS, "stage": ("network",), "action": ("drain", "uncordon")}


def with_built_in(
    bindings: Sequence[Binding], policy: Policy, cloud: Cloud, os_cloud: str | None
) -> tuple[Binding, ...]:
    """The entries of stairlift.toml, and behind them what the policy asks for: an entry of one's own comes first."""
    if not wanted_by(policy) and not policy.drain_networks:
        return tuple(bindings)
    from stairlift.strategy.freezing import freeze_binding

    made = list(bindings)
    if wanted_by(policy):
        made.append(freeze_binding(len(made), _MATCH, _NOVA, _options(policy, cloud, os_cloud)))
    if policy.drain_networks:
        made.append(freeze_binding(len(made), _NETWORKS, _NEUTRON, {"os_cloud": os_cloud} if os_cloud else {}))
    return tuple(made)


def _options(policy: Policy, cloud: Cloud, os_cloud: str | None) -> dict[str, Any]:
    """What is not the default."""
    masakari = any(canonical(endpoint.service_type) == "instance-ha" for endpoint in cloud.endpoints)
    moves = policy.drain != "never" and policy.migrations != Migrations()
    return {
        **({"os_cloud": os_cloud} if os_cloud else {}),
        **({"masakari": True} if masakari else {}),
        **({"drain": policy.drain} if policy.drain != "never" else {}),
        **({"migrations": asdict(policy.migrations)} if moves else {}),
    }
