"""The `match` tables of stairlift.toml: which work an entry or a queue is for."""

from collections.abc import Mapping, Sequence
from typing import Any

from stairlift.wiring.config.toml import demand_known, invalid


def read_match(place: str, match: Any, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The globs under each key. UsageError (config.invalid) naming the place and the key."""
    if not isinstance(match, Mapping):
        raise invalid(place, 'match is a table, such as { project = "nova" }; {} matches all')
    demand_known(f"{place}: match", match, keys, "keys")
    return {key: _globs(place, key, match[key]) for key in sorted(match)}


def _globs(place: str, key: str, value: Any) -> tuple[str, ...]:
    globs = [value] if isinstance(value, str) else value
    if not isinstance(globs, list) or not globs or not all(isinstance(g, str) for g in globs):
        raise invalid(place, f"match.{key} is a text or a list of texts")
    return tuple(globs)
