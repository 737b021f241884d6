"""The options of `use = "kolla-ansible"`, and the keys of `[[hop]]` that only it knows."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stairlift.model.release import Release
from stairlift.strategy.deployer.hops import DeployerHop, read_hops
from stairlift.strategy.deployer.names import HostNames, read_host_names
from stairlift.strategy.options import OptionReader, absolute

#: Arguments that the strategy sets itself: whom and what it touches, whether it does, and with whose configuration.
_OWN = ("--limit", "-l", "--tags", "-t", "--skip-tags", "--check", "-C", "--inventory", "-i", "--configdir")
_PLAYBOOK = ("--playbook", "-p", "--list-tasks")


@dataclass(frozen=True, slots=True)
class KollaHop:
    """`queue_type_change`: this hop changes the type of RabbitMQ's queues, for which every API stops.

    `source_command` and `source_config_dir` are the deployer of the release before, with which that is done.
    `image_tag` is a glob for the tags of the hop's images, `image_digests` a file with the digests that they must have.
    """

    queue_type_change: bool = False
    source_command: tuple[str, ...] = ()
    source_config_dir: Path | None = None
    image_tag: str | None = None
    image_digests: Path | None = None


Hop = DeployerHop[KollaHop]


def configuration(hop: Hop) -> Path:
    """Where its globals.yml is, as kolla-ansible looks for it."""
    return hop.config_dir or Path(os.environ.get("KOLLA_CONFIG_PATH") or "/etc/kolla")


@dataclass(frozen=True, slots=True)
class KollaOptions:
    """What the operator says. `tags` are further tags that the steps of whole hosts take along."""

    hops: Mapping[Release, Hop]
    names: HostNames
    tags: tuple[str, ...]

    def source_of(self, hop: Hop, source: Release) -> Hop | None:
        """The deployer of the release that a hop starts from: named with the hop, or the one of the hop before."""
        if hop.more.source_command:
            folder = hop.more.source_config_dir or hop.config_dir
            return replace(hop, release=source, command=hop.more.source_command, config_dir=folder)
        return self.hops.get(source)


def read_options(use: str, options: Mapping[str, Any]) -> KollaOptions:
    """The options as the operator wrote them; UsageError `strategy.option` for the first that is wrong."""
    reader = OptionReader(use, options)
    reader.folder()
    read = KollaOptions(
        hops=read_hops(use, reader, (*_OWN, *_PLAYBOOK), _kolla_hop),
        names=read_host_names(reader),
        tags=reader.text_or_texts("tags"),
    )
    reader.close()
    for hop in read.hops.values():
        if not hop.inventory:
            raise reader.wrong(
                "hops", f"to {hop.release} must name an inventory", 'For example inventory = "multinode".'
            )
    return read


def _kolla_hop(reader: OptionReader, folder: Path) -> KollaHop:
    program, *words = reader.command("source_command") or ("",)
    reader.refuse_secrets("source_command", words, "Keep it in the deployer's own configuration.")
    named = (str(absolute(folder, program)) if "/" in program else program, *words) if program else ()
    return KollaHop(
        queue_type_change=reader.flag("queue_type_change"),
        source_command=named,
        source_config_dir=_path(reader, "source_config_dir", folder),
        image_tag=reader.text("image_tag"),
        image_digests=_path(reader, "image_digests", folder),
    )


def _path(reader: OptionReader, key: str, folder: Path) -> Path | None:
    text = reader.text(key)
    return absolute(folder, text) if text else None
