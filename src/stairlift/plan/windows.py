"""How many hosts may be out at once, and how many may fail: the policy, made to numbers for this cloud."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stairlift.model.cloud import Cloud, Host, Plane
from stairlift.model.errors import UsageError
from stairlift.model.plan import Step
from stairlift.model.policy import Policy, Share

_PLANES = ("control", "resource")
_ROLES = ("control", "network", "compute", "storage")
#: Network nodes one at a time, unless the policy speaks of them: two may hold both copies of a router.
_NETWORK = "role:network"

#: The window of hosts that are prepared one by one. It takes no host out, so a policy's shares say nothing of it.
PREPARING, _PREPARED_AT_ONCE = "stage:prepare", 32


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers of hosts by key (`plane:resource`, `role:network`, `zone:az1`), and which keys a host counts in."""

    windows: Mapping[str, int]
    budgets: Mapping[str, int]
    _named_windows: frozenset[str]
    _named_budgets: frozenset[str]

    def slots(self, host: Host, plane: Plane) -> tuple[str, ...]:
        """The windows that a step on this host needs room in; the plane's default where the policy names none."""
        mine = groups(host, plane)
        named = {key for key in mine if key in self._named_windows} or {f"plane:{plane}"}
        return tuple(sorted(named | ({_NETWORK} & set(mine))))

    def budgets_of(self, host: Host, plane: Plane) -> tuple[str, ...]:
        """The failure budgets that a step on this host counts in."""
        named = [key for key in groups(host, plane) if key in self._named_budgets]
        return tuple(sorted(named)) or (f"plane:{plane}",)

    def room(self, slots: tuple[str, ...]) -> int:
        """How many hosts with these slots may be out at once."""
        return min(self.windows[key] for key in slots)


def limits(cloud: Cloud, policy: Policy) -> Limits:
    """Resolve percentages on the size of this cloud. UsageError (policy.unknown_group) for a key nothing answers to."""
    sizes = Counter(key for h in cloud.hosts for key in {k for plane in h.planes for k in groups(h, plane)})
    zones = {h.zone for h in cloud.hosts if h.zone}
    windows = _resolve(policy.max_unavailable, sizes, zones, least=1)
    budgets = _resolve(policy.failure_budget, sizes, zones, least=0)
    defaults = {"plane:control": 1, "plane:resource": 1, _NETWORK: 1}
    return Limits(
        windows=dict(sorted((defaults | windows).items())),
        budgets=dict(sorted(({"plane:control": 0, "plane:resource": 0} | budgets).items())),
        _named_windows=frozenset(windows),
        _named_budgets=frozenset(budgets),
    )


def of_plan(bounds: Limits, steps: Iterable[Step]) -> dict[str, int]:
    """All windows that the steps of a plan need."""
    prepares = any(PREPARING in step.slots for step in steps)
    return {**bounds.windows, **({PREPARING: _PREPARED_AT_ONCE} if prepares else {})}


def _resolve(shares: Mapping[str, Share], sizes: Counter[str], zones: set[str], least: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, share in shares.items():
        key = keys_named(name, zones)
        found[key] = share.of(sizes[key], least=least)
    return found


def keys_named(name: str, zones: set[str], actions: Sequence[str] = ()) -> str:
    """The key that the policy means; `actions` could have been meant as well. UsageError (policy.unknown_group).

    `control` is a plane and a role; its plane is meant, since that holds every host that the role has.
    """
    if name in _PLANES:
        return f"plane:{name}"
    if name in _ROLES:
        return f"role:{name}"
    if name in zones:
        return f"zone:{name}"
    known = {"planes": _PLANES, "roles": _ROLES, "zones": sorted(zones) or ["none"]}
    known |= {"actions": actions} if actions else {}
    kinds = f"no plane, no role{', no action' if actions else ''} and no availability zone of this cloud"
    raise UsageError(
        code="policy.unknown_group",
        brief=f"the policy speaks of {name!r}, which is {kinds}",
        resolution="; ".join(f"{kind}: {', '.join(names)}" for kind, names in known.items()),
    )


def groups(host: Host, plane: Plane) -> list[str]:
    """The keys that a step on this host counts in.

    A control-plane step takes no room among the hypervisors and network nodes, also where it runs on one.

    Zones are of hypervisors and agents: a window for one says nothing of the control plane.
    """
    roles = [r for r in host.roles if r == "storage" or (r in ("network", "compute")) == (plane == "resource")]
    zone = [f"zone:{host.zone}"] if host.zone and plane == "resource" else []
    return [f"plane:{plane}", *(f"role:{r}" for r in roles), *zone]
