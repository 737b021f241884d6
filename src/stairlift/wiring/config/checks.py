"""The `[checks]` table: how the hosts' programs are run, which way leads to hosts, and where the backups are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from stairlift.model.check import Backups, Programs
from stairlift.model.errors import UsageError
from stairlift.remote.ssh import Target
from stairlift.remote.words import SshOptions
from stairlift.wiring.config.policy import whole_seconds
from stairlift.wiring.config.toml import demand_known, invalid

_KEYS = ("command", "target_command", "within", "shells", "backup")
_BACKUP_KEYS = ("host", "paths", "files", "newest", "restored")
_COMMAND, _RELEASE = "{command}", "{release}"
#: How old the newest backup may be, in seconds, unless the table says otherwise.
_NEWEST = 24 * 3600.0
Shells = Literal["sources", "strategies"]


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What checks are told of the hosts. `shells`: by which inventories and SSH options they are reached."""

    programs: Programs = field(default_factory=Programs)
    backups: Backups | None = None
    shells: Shells = "sources"


@dataclass(frozen=True, slots=True)
class Transport:
    """How a `[[strategy]]` entry reaches hosts: by an inventory of Ansible, or by SSH and names of its own."""

    inventory: str = ""
    ssh: SshOptions = field(default_factory=SshOptions)
    names: Mapping[str, str] | None = None

    def target(self, host: str) -> Target:
        """How one host of the cloud is reached without an inventory."""
        return Target((self.names or {}).get(host, host), self.ssh)


def read_checks(table: Any, place: str) -> CheckSettings:
    """The settings of a table. Raises UsageError (config.invalid) naming the place and the key."""
    if not isinstance(table, Mapping):
        raise invalid(place, f"is a table with {', '.join(_KEYS)}")
    demand_known(place, table, _KEYS, "keys")
    if table.get("shells", "sources") not in ("sources", "strategies"):
        raise invalid(place, f"shells is sources or strategies, not {table['shells']!r}")
    running, target = (_words(place, key, table.get(key, [])) for key in ("command", "target_command"))
    if not target and any(_RELEASE in word for word in running):
        target = running
    return CheckSettings(
        Programs(running, target, _within(place, table)),
        _backups(f"{place}: backup", table["backup"]) if "backup" in table else None,
        table.get("shells", "sources"),
    )


def _within(place: str, table: Mapping[str, Any]) -> float:
    if "within" not in table:
        return Programs().within
    within = float(whole_seconds(place, "within", table["within"]))
    if within < 1:
        raise invalid(place, "within is at least a second")
    return within


def _words(place: str, key: str, value: Any) -> tuple[str, ...]:
    words = _texts(place, key, value)
    if words and not any(_COMMAND in word for word in words):
        raise invalid(place, f"{key} needs {_COMMAND} for the name of the program")
    return words


def _texts(place: str, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise invalid(place, f"{key} is a list of texts, not {value!r}")
    return tuple(value)


def _backups(place: str, table: Any) -> Backups:
    if not isinstance(table, Mapping) or not isinstance(table.get("host"), str):
        raise invalid(place, "is a table with at least host, on which the backups are")
    demand_known(place, table, _BACKUP_KEYS, "keys")
    if not isinstance(table.get("restored", ""), str):
        raise invalid(place, "restored is a text: when it was tried, and by whom")
    newest = whole_seconds(place, "newest", table["newest"]) if "newest" in table else _NEWEST
    paths, files = (_texts(place, key, table.get(key, [])) for key in ("paths", "files"))
    return Backups(table["host"], paths, files, float(newest), table.get("restored", ""))


def transports(entries: Iterable[tuple[str, Mapping[str, Any]]]) -> tuple[Transport, ...]:
    """The ways of `[[strategy]]` entries, by what strategy they use and with which options; each once.

    One that says nothing of hosts reaches none.
    """
    found = [one for use, options in entries for one in _of_entry(use, options)]
    return tuple(one for n, one in enumerate(found) if one not in found[:n])


def _of_entry(use: str, options: Mapping[str, Any]) -> Iterable[Transport]:
    from stairlift.strategy.options import OptionReader  # `stairlift --help` has no use for strategies
    from stairlift.strategy.reaching import read_reach

    folder = Path(str(options.get("folder", ".")))
    inventory = options.get("inventory")
    if isinstance(inventory, str) and inventory:
        return (Transport(str(folder / inventory)),)
    if not {"ssh", "names"} & options.keys():
        return ()
    try:
        reach = read_reach(OptionReader(use, options), folder)
    except UsageError:  # it is told where the entry is built
        return ()
    return (Transport(ssh=reach.options, names=dict(reach.names)),)
