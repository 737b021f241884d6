"""The `[policy]` table, read and checked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stairlift.model.policy import Policy, Share
from stairlift.wiring.toml import demand_known, invalid, read_toml

_KEYS = ("order", "canary", "max_unavailable", "failure_budget", "on_failure")
_CHOICES = {"order": ("node", "service"), "on_failure": ("stop",)}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


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
    return Policy(
        order=table.get("order"),
        canary=_whole(place, "canary", table.get("canary", 1)),
        max_unavailable=_shares(place, "max_unavailable", table.get("max_unavailable", {})),
        failure_budget=_shares(place, "failure_budget", table.get("failure_budget", {})),
        on_failure=table.get("on_failure", "stop"),
    )


def _shares(place: str, key: str, value: Any) -> dict[str, Share]:
    """A number alone is for each plane."""
    if not isinstance(value, Mapping):
        value = {"control": value, "resource": value}
    return {str(name): _share(place, f"{key}.{name}", amount) for name, amount in sorted(value.items())}


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
