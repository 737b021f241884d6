"""The options of `use = "openstack-ansible"`. Its `[[hop]]` tables have no keys beside those of every deployer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stairlift.model.release import Release
from stairlift.strategy.deployer.hops import DeployerHop, read_hops
from stairlift.strategy.deployer.names import HostNames, read_host_names
from stairlift.strategy.options import OptionReader

#: Arguments that the strategy sets itself.
_OWN = ("--limit", "-l", "--check", "-C", "--list-hosts", "--list-tasks", "--list-tags", "--syntax-check")

Hop = DeployerHop[None]


@dataclass(frozen=True, slots=True)
class OsaOptions:
    """What the operator says."""

    hops: Mapping[Release, Hop]
    names: HostNames


def read_options(use: str, options: Mapping[str, Any]) -> OsaOptions:
    """The options as the operator wrote them; UsageError `strategy.option` for the first that is wrong."""
    reader = OptionReader(use, options)
    reader.folder()
    read = OsaOptions(hops=read_hops(use, reader, _OWN, _nothing_more), names=read_host_names(reader))
    reader.close()
    return read


def _nothing_more(reader: OptionReader, folder: Path) -> None:
    """No further keys."""
