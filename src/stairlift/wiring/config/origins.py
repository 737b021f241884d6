"""Every setting that is in force, and who has said it: a variable, a line of a file, or nobody."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stairlift.client.address import Address
from stairlift.model.errors import UsageError
from stairlift.model.policy import Policy
from stairlift.wiring.config.lines import key_lines
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.config.toml import read_toml

#: Who has said what nobody has said.
DEFAULT = "default"
_HIDDEN = "***"
#: Variables that come before what files say, by the setting.
_VARIABLES: Mapping[str, str] = {
    "state_dir": "STAIRLIFT_STATE_DIR",
    "database_url": "STAIRLIFT_DATABASE_URL",
    "lease_ttl": "STAIRLIFT_LEASE_TTL",
    "server": "STAIRLIFT_URL",
    "server.ca_file": "STAIRLIFT_CACERT",
    "server.timeout": "STAIRLIFT_TIMEOUT",
    "server.token": "STAIRLIFT_TOKEN",
    "server.token_file": "STAIRLIFT_TOKEN_FILE",
    "sources.inventory": "STAIRLIFT_INVENTORY",
    "sources.os_cloud": "OS_CLOUD",
}
#: Words of keys whose values nobody is to see; the name of a file that has one is no secret.
_SECRET = re.compile(r"(^|[_-])(password|passwd|secret|token|authorization|cookie)s?$", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Setting:
    """One of them, with its value as it can be shown."""

    name: str
    value: Any
    origin: str


def settings_in_force(settings: Settings, environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """All of them, in the order of their tables: what was set, and the defaults that matter.

    Each table is taken whole from the nearest file that has it. Raises UsageError (config.*).
    """
    found = {one.name: one for one in _from_files(settings.files)}
    known = {**{one.name: one for one in _defaults(settings)}, **found}
    for name, value in _from_environment(settings, environ):
        known[name] = Setting(name, value, _VARIABLES[name])
    return tuple(sorted(known.values(), key=lambda one: ("." in one.name or "[" in one.name, _family(one.name))))


def _family(name: str) -> str:
    """Tables by their names; within one, as they were given."""
    return re.split(r"[.\[]", name, maxsplit=1)[0]


def _from_files(files: Sequence[Path]) -> Iterator[Setting]:
    taken: set[str] = set()
    for file in files:
        content, lines = read_toml(file), key_lines(file.read_text(encoding="utf-8"))
        for table, value in content.items():
            if table not in taken:
                yield from _of_table(file, lines, table, value)
        taken |= set(content)


def _of_table(file: Path, lines: Mapping[tuple[str | int, ...], int], table: str, value: Any) -> Iterator[Setting]:
    for path, name, inner in _leaves(table, value):
        line = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
        yield Setting(name, shown(str(path[-1]), inner), f"{file}{f':{line}' if line else ''}")


def _leaves(table: str, value: Any) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (table, key), f"{table}.{key}", inner
    elif isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
        for number, entry in enumerate(value, 1):
            for key, inner in entry.items():
                yield (table, number, key), f"{table}[{number}].{key}", inner
    else:
        yield (table,), table, value


def _defaults(settings: Settings) -> Iterator[Setting]:
    """What holds where nobody has said anything, as far as it is one value."""
    for name, value in _plain_settings(settings).items():
        yield Setting(name, value, DEFAULT)
    for table, noun in (("policy", Policy()), ("serve", ServeSettings())):
        for field in fields(noun):
            yield Setting(f"{table}.{field.name}", _plain(getattr(noun, field.name)), DEFAULT)


def _from_environment(settings: Settings, environ: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    values = _plain_settings(settings)
    said = (name for name, variable in _VARIABLES.items() if environ.get(variable))
    yield from ((name, values[name]) for name in said if name in values)


def _plain_settings(settings: Settings) -> Mapping[str, Any]:
    """As they are in force."""
    return {
        "state_dir": str(settings.state_dir),
        "database_url": _database(settings.database_url),
        "lease_ttl": settings.lease_ttl,
        "server": settings.server.url if settings.server else None,
        **(_of_server(settings.server) if settings.server else {}),
        "sources.inventory": list(settings.inventories) or ["openstack"],
        "sources.os_cloud": settings.os_cloud,
    }


def _of_server(server: Address) -> Mapping[str, Any]:
    """How it is asked. Of the token there is where it is, or that there is one."""
    token = {"server.token_file": str(server.token_file)} if server.token_file else {"server.token": _HIDDEN}
    ca_file = str(server.ca_file) if server.ca_file else None
    return {"server.ca_file": ca_file, "server.timeout": server.timeout, **token}


def _database(url: str) -> str:
    """Its address without the password; options of it may hold one, too."""
    from stairlift.store.opening import read_address, shown

    try:
        return shown(read_address(url))
    except UsageError:  # whoever opens it says what is wrong with it
        return _HIDDEN


def shown(key: str, value: Any) -> Any:
    """A value as it can be shown: of an address no password and no path, of a secret nothing."""
    if isinstance(value, Mapping):
        return {name: shown(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shown(key, inner) for inner in value]
    if not isinstance(value, str):
        return _plain(value)
    if _SECRET.search(key):
        return _HIDDEN
    if key == "url" and (place := _place(value)):
        return f"{place}/{_HIDDEN}"
    return _CREDENTIALS.sub(f"{_HIDDEN}@", value)


def _place(url: str) -> str:
    """Scheme and host of an address; empty for what is none."""
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        return ""
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""


def _plain(value: Any) -> Any:
    """Of what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_plain(inner) for inner in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value if isinstance(value, str | int | float | bool | None) else str(value)
