"""What the deployer's inventory calls the hosts of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from stairlift.model.plan import Step
from stairlift.strategy.ansible.arguments import host_names
from stairlift.strategy.options import OptionReader


@dataclass(frozen=True, slots=True)
class HostNames:
    """`limit` takes a host's name whole or its first label; `names` say otherwise for single hosts."""

    limit: Literal["host", "short"] = "host"
    names: Mapping[str, str] = field(default_factory=dict)

    def inventory_name(self, host: str) -> str:
        """What the inventory calls a host of the plan."""
        if host in self.names:
            return self.names[host]
        return host.partition(".")[0] if self.limit == "short" else host

    def of(self, step: Step) -> tuple[str, ...]:
        """The hosts of a step; Refusal for none, or for one that Ansible would read as a pattern."""
        return host_names(self.inventory_name, step)


def read_host_names(reader: OptionReader) -> HostNames:
    """The options `limit` and `names`; UsageError where they are wrong."""
    names = reader.table("names")
    if not all(isinstance(name, str) and name for name in names.values()):
        raise reader.wrong("names", "must map hosts of the plan to hosts of the inventory")
    return HostNames(cast(Literal["host", "short"], reader.choice("limit", ("host", "short"))), names)
