"""The `[policy]` table, read and checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from stairlift.model.plan import RETRIES, RETRY_AFTER, STAGES
from stairlift.model.policy import ApprovalGate, Drain, Migrations, OnFailure, Order, OvnOrder, Policy, Share
from stairlift.wiring.config.toml import demand_known, invalid, read_toml

_KEYS = (
    "order",
    "canary",
    "max_unavailable",
    "failure_budget",
    "on_failure",
    "approve",
    "deadline",
    "retries",
    "retry_after",
    "stop_after",
    "downtime_budget",
    "cordon",
    "drain",
    "migrations",
    "drain_networks",
    "ovn_order",
)
_CHOICES: Mapping[str, Sequence[str]] = {
    "order": get_args(Order),
    "on_failure": get_args(OnFailure),
    "stop_after": STAGES,
    "drain": get_args(Drain),
    "ovn_order": get_args(OvnOrder),
}
_GATES: tuple[ApprovalGate, ...] = get_args(ApprovalGate)
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_SPAN = re.compile(r"(\d{1,9})\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
#: What takes longer is a slip of the pen, and far behind it there are no dates any more.
_LONGEST = 365 * 86400


def read_policy_file(path: Path) -> Policy:
    """A policy from a file of its own (`--policy FILE`), with or without the table's heading."""
    content = read_toml(path)
    return read_policy(content.get("policy", content), str(path))


def read_policy(table: Any, place: str) -> Policy:
    """A policy from a table. Raises UsageError (config.invalid) naming the place and the key."""
    if not isinstance(table, Mapping):
        raise invalid(place, "a policy is a table")
    demand_known(place, table, _KEYS, "keys")
    for key, choices in _CHOICES.items():
        if table.get(key, choices[0]) not in choices:
            raise invalid(place, f"{key} is {' or '.join(choices)}, not {table[key]!r}")
    canary = _whole(place, "canary", table.get("canary", 1))
    return Policy(
        order=table.get("order"),
        canary=canary,
        max_unavailable=_shares(place, "max_unavailable", table.get("max_unavailable", {})),
        failure_budget=_shares(place, "failure_budget", table.get("failure_budget", {})),
        on_failure=table.get("on_failure", "stop"),
        approve=_gates(place, table.get("approve", []), canary),
        deadline=_deadlines(place, table.get("deadline", {})),
        retries=_whole(place, "retries", table.get("retries", RETRIES)),
        retry_after=whole_seconds(place, "retry_after", table.get("retry_after", RETRY_AFTER)),
        stop_after=table.get("stop_after"),
        downtime_budget=_downtime(place, table.get("downtime_budget", {})),
        cordon=_cordon(place, table),
        drain=table.get("drain", "never"),
        migrations=_migrations(place, table.get("migrations", {})),
        drain_networks=_flag(place, "drain_networks", table.get("drain_networks", False)),
        ovn_order=table.get("ovn_order", "controller-first"),
    )


def _cordon(place: str, table: Mapping[str, Any]) -> bool:
    drains = table.get("drain", "never") != "never"
    given = table.get("cordon", drains)
    if not isinstance(given, bool):
        raise invalid(place, f"cordon is true or false, not {given!r}")
    if drains and not given:
        raise invalid(place, "cordon = false goes with no drain: a host that is emptied must get no new servers")
    return given


def _flag(place: str, key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise invalid(place, f"{key} is true or false, not {value!r}")


def _migrations(place: str, value: Any) -> Migrations:
    if not isinstance(value, Mapping):
        raise invalid(place, "migrations is { host = NUMBER, cloud = NUMBER }")
    demand_known(place, value, ("host", "cloud"), "keys of migrations")
    usual = asdict(Migrations())
    found = {key: _whole(place, f"migrations.{key}", value.get(key, usual[key])) for key in usual}
    if not all(found.values()):
        raise invalid(place, "migrations of 0 would move no server ever")
    return Migrations(**found)


def _gates(place: str, value: Any, canary: int) -> tuple[ApprovalGate, ...]:
    """In one order, however they are written: the same policy is the same plan."""
    if not isinstance(value, list) or not all(gate in _GATES for gate in value):
        raise invalid(place, f"approve is a list of {', '.join(_GATES)}, not {value!r}; one-way steps always ask")
    if "canary" in value and not canary:
        raise invalid(place, "approve has canary, and canary = 0 lets no host go first")
    return tuple(gate for gate in _GATES if gate in value)


def _downtime(place: str, value: Any) -> dict[str, float]:
    """Seconds by API and a number of requests; a time alone is for each API."""
    from stairlift.knowledge.probes import all_probes  # `stairlift --help` has no use for it

    given = value if isinstance(value, Mapping) else {"*": value}
    apis = dict.fromkeys(probe.api for probe in all_probes().values())
    demand_known(f"{place}: downtime_budget", given, (*apis, "canary", "*", "requests"), "APIs")
    return {
        name: float((_whole if name == "requests" else whole_seconds)(place, f"downtime_budget.{name}", amount))
        for name, amount in sorted(given.items())
    }


def _deadlines(place: str, value: Any) -> dict[str, int]:
    given = _per_plane(value)
    found = {str(name): whole_seconds(place, f"deadline.{name}", length) for name, length in sorted(given.items())}
    for name, seconds in found.items():
        if not seconds:
            raise invalid(place, f"deadline.{name} is 0: nothing could ever be done in time; leave it out for none")
    return found


def whole_seconds(place: str, key: str, value: Any) -> int:
    """A time as people write it, such as 90 or "90m". UsageError (config.invalid) for anything else."""
    if isinstance(value, str) and (found := _SPAN.fullmatch(value.strip())):
        value = int(found[1]) * _SECONDS[found[2]]
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        if value > _LONGEST:
            raise invalid(place, f"{key} is more than 365 days")
        return value
    raise invalid(place, f'{key} is a number of seconds, or a time such as "90m" or "2h", not {value!r}')


def _shares(place: str, key: str, value: Any) -> dict[str, Share]:
    given = _per_plane(value)
    return {str(name): _share(place, f"{key}.{name}", amount) for name, amount in sorted(given.items())}


def _per_plane(value: Any) -> Mapping[str, Any]:
    """A value alone is for each plane."""
    return value if isinstance(value, Mapping) else {"control": value, "resource": value}


def _share(place: str, key: str, value: Any) -> Share:
    if isinstance(value, str) and (found := _PERCENT.fullmatch(value.strip())) and float(found[1]) <= 100:
        return Share(float(found[1]), percent=True)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Share(value)
    raise invalid(place, f'{key} is a number of hosts or a percentage such as "10%", not {value!r}')


def _whole(place: str, key: str, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise invalid(place, f"{key} is a whole number, not {value!r}")
