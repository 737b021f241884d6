"""The option `ssh` of strategies that work on other hosts, and what each host is called there."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stairlift.model.errors import UsageError
from stairlift.remote.words import SshOptions, ssh_words
from stairlift.strategy.options import OptionReader, absolute

_KEYS = ("user", "port", "key", "config", "options", "become")


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach the hosts of a plan. `names` maps a host to its address or to its name in ssh_config."""

    options: SshOptions
    names: Mapping[str, str]

    def words(self, host: str, *command: str) -> tuple[str, ...]:
        """The command line that runs a command there, and ends it there when it is ended here."""
        return ssh_words(self.options, self.names.get(host, host), command, terminal=True)

    def files(self) -> tuple[str, ...]:
        """What of the connection a plan records: the configuration that the operator named; never a key.

        Raises UsageError where there is no ssh, or no such configuration or key.
        """
        if shutil.which("ssh") is None:
            raise UsageError(code="strategy.program", brief="ssh: it is not on the PATH", resolution="Install ssh.")
        for key, path in (("config", self.options.config), ("key", self.options.key)):
            if path is not None and not Path(path).is_file():
                raise UsageError(
                    code="strategy.file",
                    brief=f"ssh: {key} names {path}, which does not exist",
                    resolution="Paths are relative to the folder of stairlift.toml.",
                )
        return (self.options.config,) if self.options.config else ()


def read_reach(reader: OptionReader, folder: Path) -> Reach:
    """The tables `ssh` and `names`; UsageError where they are wrong."""
    table = reader.table("ssh")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise reader.wrong("ssh", f"has no key {unknown[0]!r}", f"Known are: {', '.join(_KEYS)}.")
    options = SshOptions(
        user=_text(reader, table, "user"),
        port=_port(reader, table),
        key=_path(reader, table, "key", folder),
        config=_path(reader, table, "config", folder),
        options=_words(reader, table, "options"),
        become=_words(reader, table, "become"),
    )
    reader.refuse_secrets("ssh", (*options.options, *options.become), "Use a key, and sudo without a password.")
    return Reach(options, _names(reader))


def _names(reader: OptionReader) -> Mapping[str, str]:
    names = reader.table("names")
    if not all(isinstance(name, str) and name and not name.startswith("-") for name in names.values()):
        raise reader.wrong("names", "must map hosts of the plan to addresses or names of ssh_config")
    return names


def _text(reader: OptionReader, table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value or value.startswith("-")):
        raise reader.wrong("ssh", f"{key} must be a text")
    return value


def _port(reader: OptionReader, table: Mapping[str, Any]) -> int | None:
    value = table.get("port")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536):
        raise reader.wrong("ssh", "port must be a number from 1 to 65535")
    return value


def _path(reader: OptionReader, table: Mapping[str, Any], key: str, folder: Path) -> str | None:
    value = _text(reader, table, key)
    return str(absolute(folder, value)) if value else None


def _words(reader: OptionReader, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise reader.wrong("ssh", f"{key} must be a list of words")
    return tuple(value)
