"""The options of `use = "haproxy"`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from stairlift.strategy.haproxy.places import Place, place_of
from stairlift.strategy.options import OptionReader
from stairlift.strategy.reaching import Reach, read_reach

Overtime = Literal["go-on", "fail"]
#: Seconds that requests have to end, and that a backend has to answer and to be UP again.
_DRAIN_WITHIN, _UP_WITHIN = 60, 120


@dataclass(frozen=True, slots=True)
class HaproxyOptions:
    """Where the load balancers are, and how patient to be with what is behind them.

    `servers` says outright which servers a service of a host is: "nova-api@ctl1" -> "SECTION/SERVER". `overtime` is
    what becomes of requests that have not ended after `drain_within` seconds: they are cut off, or the step fails.
    """

    places: tuple[Place, ...]
    reach: Reach
    servers: Mapping[str, tuple[str, ...]]
    drain_within: int
    overtime: Overtime
    up_within: int


def read_options(use: str, options: Mapping[str, Any]) -> HaproxyOptions:
    """From a table; UsageError (strategy.option) where it is wrong."""
    reader = OptionReader(use, options)
    folder = reader.folder()
    found = HaproxyOptions(
        places=_places(reader, folder),
        reach=read_reach(reader, folder),
        servers=_servers(reader),
        drain_within=reader.count("drain_within") or _DRAIN_WITHIN,
        overtime=cast(Overtime, reader.choice("overtime", ("go-on", "fail"))),
        up_within=reader.count("up_within") or _UP_WITHIN,
    )
    reader.close()
    return found


def _places(reader: OptionReader, folder: Path) -> tuple[Place, ...]:
    given = reader.text_or_texts("socket")
    example = 'For example socket = ["ssh://root@lb1/run/haproxy/admin.sock"], one for each load balancer.'
    if not given:
        raise reader.wrong("socket", "is missing", example)
    try:
        return tuple(place_of(text, folder) for text in given)
    except ValueError as error:
        raise reader.wrong("socket", str(error), example) from None


def _servers(reader: OptionReader) -> dict[str, tuple[str, ...]]:
    table = reader.table("servers")
    found = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in table.items() if value}
    for name, servers in found.items():
        if "@" not in name or not all(isinstance(s, str) and s.count("/") == 1 for s in servers):
            raise reader.wrong("servers", f"{name} must name SECTION/SERVER", '"nova-api@ctl1" = "nova_api/ctl1"')
    return found
