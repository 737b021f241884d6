"""The options of `use = "neutron"`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from stairlift.strategy.options import OptionReader

Routers = Literal["stay", "move"]
#: Seconds for Neutron to wire a port, and for agents and routers to be well again.
_WITHIN = 180


@dataclass(frozen=True, slots=True)
class NeutronOptions:
    """How network nodes are emptied. `routers`: whether those with a single copy stay where they are, or move.

    A move cuts their traffic for seconds to minutes, and drops its connections; a restart of the agent does not.
    """

    os_cloud: str | None
    routers: Routers
    within: int

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def read_options(use: str, options: Mapping[str, Any]) -> NeutronOptions:
    """From a table; UsageError (strategy.option) where it is wrong."""
    reader = OptionReader(use, options)
    if "folder" in options:
        reader.folder()
    found = NeutronOptions(
        os_cloud=reader.text("os_cloud"),
        routers=cast("Routers", reader.choice("routers", ("stay", "move"))),
        within=reader.count("within") or _WITHIN,
    )
    reader.close()
    return found
