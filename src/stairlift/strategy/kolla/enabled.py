"""Which services are switched off in a hop's configuration, asked of its own Ansible: their groups are there anyway."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from stairlift.strategy.deployer.inventory import ask_listing
from stairlift.strategy.kolla.installed import Play, playbook_folder
from stairlift.strategy.kolla.options import Hop, configuration
from stairlift.strategy.kolla.tags import tag_of

_PLAY = Path(__file__).with_name("enabled.yml")
#: How site.yml narrows its plays down: `&enable_etcd_True`, `&enable_openvswitch_True_enable_ovs_dpdk_False`.
_FLAG = re.compile(r"&(enable_\w+?)_True(?:_|$)")
#: Arguments of kolla-ansible that ansible-playbook has, too, and that tell of variables.
_SHARED = ("-e", "--extra-vars", "--vault-id", "--vault-password-file")


def switched_off(hop: Hop, ansible: tuple[str, ...], plays: Sequence[Play], services: Sequence[str]) -> tuple[str, ...]:
    """Of these services those that the package's defaults, globals.yml and the hop's arguments switch off.

    What an inventory sets does not count: kolla-ansible's documentation has these variables in globals.yml.
    Raises UsageError `deployer.inventory` where Ansible does not answer.
    """
    flags = {service: flag for service in services if (flag := _flag(plays, service))}
    if not flags:
        return ()
    wanted = json.dumps({"stairlift_flags": sorted(set(flags.values()))})
    told = dict(ask_listing(hop, ansible, _PLAY, (*_variables(hop), "-e", wanted)))
    return tuple(service for service in services if not told.get(flags.get(service), True))


def _flag(plays: Sequence[Play], service: str) -> str | None:
    """The variable that the plays of a service ask for."""
    tag = tag_of(service)
    mine = (play for play in plays if tag in play.tags and {service, tag} & set(play.groups))
    return next((found[1] for play in mine for pattern in play.hosts if (found := _FLAG.match(pattern))), None)


def _variables(hop: Hop) -> Iterator[str]:
    """Defaults, then globals, as kolla-ansible lines them up: a later one counts."""
    folder = playbook_folder(hop)
    defaults = folder / "group_vars" if folder else None
    own = configuration(hop)
    files = [
        *((defaults / "all.yml", *sorted((defaults / "all").glob("*.yml"))) if defaults else ()),
        own / "globals.yml",
        *(f for f in sorted((own / "globals.d").glob("*")) if f.suffix in (".yml", ".yaml", ".json")),
    ]
    for file in files:
        if file.is_file():
            yield from ("-e", f"@{file}")
    for option, value in zip(hop.args, hop.args[1:], strict=False):
        if option in _SHARED:
            yield from (option, value)
