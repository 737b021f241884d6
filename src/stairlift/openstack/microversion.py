"""Microversions as what they are: pairs of whole numbers (2.100 is higher than 2.96)."""

from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]
Pair = tuple[int, int]


def pair(value: Any) -> Pair | None:
    """`2.96` or `v2.1` as a pair; None for what is no version."""
    major, _, minor = str(value).removeprefix("v").partition(".")
    return (int(major), int(minor or 0)) if major.isdecimal() and (minor or "0").isdecimal() else None


def maximum(entry: Row) -> Pair | None:
    """The highest microversion of one version of an API; placement says max_version, the others say version."""
    return pair(entry.get("max_version") or entry.get("version") or "")


def highest(entries: Iterable[Row]) -> Pair | None:
    """The highest microversion that any version of an API offers; None where the API has none."""
    return max(filter(None, map(maximum, entries)), default=None)


def at_most(wanted: Pair, offered: Pair | None) -> str | None:
    """The microversion to ask for: the wanted one, or the highest there is; None where there are none."""
    return "{}.{}".format(*min(wanted, offered)) if offered else None
