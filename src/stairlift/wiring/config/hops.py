"""The `[[hop]]` tables of stairlift.toml: which deployer, with which inventory and configuration, leads where."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.wiring.config.toml import invalid, places_of

#: By the release that a hop leads to.
Hops = Mapping[str, Mapping[str, Any]]


def read_hops(file: Path, tables: Any) -> Hops:
    """Each table under the release that it leads to, with the file's folder for the paths in it.

    What the other keys mean is the strategy's business: each deployer takes its own. UsageError (config.invalid) for a
    table that leads nowhere known, or to where another one leads.
    """
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise invalid(file, "hops are written [[hop]], in double brackets")
    found: dict[str, Mapping[str, Any]] = {}
    for place, table in zip(places_of(file, "hop", len(tables)), tables, strict=True):
        release = _release(place, table)
        if release in found:
            raise invalid(place, f"there is another [[hop]] to {release} before it")
        found[release] = {"folder": str(file.parent)} | {key: table[key] for key in table if key != "to"}
    return found


def _release(place: str, table: Mapping[str, Any]) -> str:
    from stairlift.knowledge.releases import parse_series  # keeps the data files out of `stairlift --help`

    to = table.get("to")
    if not isinstance(to, str):
        raise invalid(place, 'needs to = "...", the release that the hop leads to')
    if "folder" in table:
        raise invalid(place, "there is no 'folder': paths are relative to the folder of the file")
    try:
        return str(parse_series(to))
    except UsageError as unknown:
        raise invalid(place, unknown.brief) from unknown
