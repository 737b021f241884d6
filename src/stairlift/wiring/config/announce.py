"""The `[announce]` table: what the users of the cloud are told beside what happens."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from stairlift.report.announcement import Contact
from stairlift.wiring.config.toml import demand_known, invalid

KEYS = tuple(field.name for field in fields(Contact))


def read_announce(file: Path, table: Any) -> Contact:
    """Whom users may ask. Raises UsageError (config.invalid) naming the file and the key."""
    place = f"{file}: [announce]"
    if not isinstance(table, Mapping):
        raise invalid(place, f"is a table with {', '.join(KEYS)}")
    demand_known(place, table, KEYS, "keys")
    for key, value in table.items():
        if not isinstance(value, str) or not value.isprintable():
            raise invalid(place, f"{key} is a text on one line")
    return Contact(**table)
