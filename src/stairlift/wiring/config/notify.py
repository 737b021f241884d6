"""The `[[notify]]` tables: who is told what happens to runs, and how. A secret is never in them, only its file."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from stairlift.model.errors import UsageError
from stairlift.model.notice import ENDS, KINDS
from stairlift.notify.email import Email, MailServer
from stairlift.notify.posting import Address
from stairlift.notify.slack import Slack
from stairlift.notify.webhook import Webhook
from stairlift.ports import Notifier
from stairlift.wiring.config.policy import whole_seconds
from stairlift.wiring.config.toml import demand_known, invalid, places_of

_COMMON = ("name", "use", "on", "cloud", "remind", "announce", "timeout", "ca_file")
_POSTS = ("url", "url_file")
KEYS: Mapping[str, tuple[str, ...]] = {
    "webhook": (*_COMMON, *_POSTS, "secret_file", "headers"),
    "slack": (*_COMMON, *_POSTS),
    "email": (*_COMMON, "host", "port", "starttls", "tls", "user", "password_file", "from", "to"),
}
#: Where somebody writes the secret itself, and what is written instead.
_SECRETS = {"secret": "secret_file", "password": "password_file", "token": "headers"}
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-auth-token", "x-api-key"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_ADDRESS = re.compile(r"[^\s<>,]+@[^\s<>,]+|[^<>,\r\n]{1,100} <[^\s<>,]+@[^\s<>,]+>")
_REMIND = 30 * 60
#: Seconds that a receiver has to answer, at most: a notice is one sender's for three minutes.
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One table. `announce`: the text for tenants at the beginning and the end of a run, instead of our own."""

    name: str
    use: str
    notifier: Notifier
    kinds: frozenset[str]
    clouds: tuple[str, ...]
    remind: timedelta | None
    announce: bool = False


def read_channels(file: Path, tables: Any) -> tuple[ChannelSettings, ...]:
    """The settings of all. Raises UsageError (config.invalid) naming the file, the line and the key."""
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise invalid(file, "channels of notices are written [[notify]], in double brackets")
    places = places_of(file, "notify", len(tables))
    found = tuple(_channel(_Reader(file, place, table)) for place, table in zip(places, tables, strict=True))
    names = [channel.name for channel in found]
    for place, name in zip(places, names, strict=True):
        if names.count(name) > 1:
            raise invalid(place, f"there are two channels {name!r}; what was sent is kept by the name")
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Takes values out of a table, each of the kind that it must be."""

    file: Path
    place: str
    table: Mapping[str, Any]

    def text(self, key: str, usual: str = "") -> str:
        value = self.table.get(key, usual)
        if not isinstance(value, str) or (key in self.table and not value):
            raise invalid(self.place, f"{key} is a text, not {value!r}")
        return value

    def flag(self, key: str, *, usual: bool) -> bool:
        value = self.table.get(key, usual)
        if not isinstance(value, bool):
            raise invalid(self.place, f"{key} is true or false, not {value!r}")
        return value

    def path(self, key: str) -> Path | None:
        """Relative to the folder of the file."""
        return self.file.parent / Path(self.text(key)).expanduser() if key in self.table else None

    def texts(self, key: str, usual: Collection[str]) -> tuple[str, ...]:
        """One, or a list of them."""
        value = self.table.get(key, list(usual))
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not found or not all(isinstance(text, str) and text for text in found):
            raise invalid(self.place, f"{key} is a text or a list of texts, not {value!r}")
        return tuple(found)

    def seconds(self, key: str, usual: int) -> int:
        return whole_seconds(self.place, key, self.table.get(key, usual))


def _channel(given: _Reader) -> ChannelSettings:
    use = given.text("use")
    if use not in KEYS:
        raise invalid(given.place, f"use is {', '.join(KEYS)}, not {use!r}")
    _demand_no_secret(given)
    demand_known(given.place, given.table, KEYS[use], "keys")
    announce, remind = given.flag("announce", usual=False), given.seconds("remind", _REMIND)
    return ChannelSettings(
        name=_name(given),
        use=use,
        notifier=_USES[use](given),
        kinds=frozenset({"started"}) | ENDS if announce else _kinds(given),
        clouds=given.texts("cloud", ("*",)),
        remind=timedelta(seconds=remind) if remind else None,
        announce=announce,
    )


def _demand_no_secret(given: _Reader) -> None:
    for key, instead in _SECRETS.items():
        if key in given.table:
            raise UsageError(
                code="config.invalid",
                brief=f"{given.place}: {key} would be readable by whoever reads this file",
                resolution=f"Write it to a file that only the right user may read, and name that: {instead}.",
            )


def _name(given: _Reader) -> str:
    name = given.text("name")
    if not _NAME.fullmatch(name):
        raise invalid(
            given.place, f'needs name = "...", of letters, digits, dots, hyphens and underscores, not {name!r}'
        )
    return name


def _kinds(given: _Reader) -> frozenset[str]:
    kinds = given.texts("on", KINDS)
    for kind in kinds:
        if kind not in KINDS:
            raise invalid(given.place, f"on has {kind!r}; there are {', '.join(KINDS)}")
    return frozenset(kinds)


def _address(given: _Reader) -> Address:
    if ("url" in given.table) == ("url_file" in given.table):
        raise invalid(given.place, "needs either url, or url_file where the address itself is a secret")
    url = given.text("url")
    if url:
        _demand_address(given, url)
    return Address(url, given.path("url_file"), _timeout(given), given.path("ca_file"))


def _demand_address(given: _Reader, url: str) -> None:
    try:
        parts = urlsplit(url)
        fits = parts.hostname and parts.port != 0
    except ValueError as broken:  # half an IPv6 address, a port that is none; not told, since paths may be secrets
        raise invalid(given.place, "url is no address: see its brackets and its port") from broken
    if parts.scheme not in {"http", "https"} or not fits:
        raise invalid(given.place, "url begins with https:// or http://")
    if "@" in parts.netloc:
        raise invalid(given.place, "url holds a password; write it to a file of its own, and name that: url_file")


def _timeout(given: _Reader) -> float:
    seconds = given.seconds("timeout", 10)
    if not 1 <= seconds <= _LONGEST:
        raise invalid(given.place, f"timeout is a number of seconds from 1 to {_LONGEST}")
    return float(seconds)


def _webhook(given: _Reader) -> Notifier:
    return Webhook(_address(given), given.path("secret_file"), _headers(given))


def _headers(given: _Reader) -> dict[str, str | Path]:
    """Values are texts, or files of secrets: `{ file = "..." }`."""
    table = given.table.get("headers", {})
    if not isinstance(table, Mapping):
        raise invalid(given.place, "headers is a table of names and values")
    return {name: _header(given, name, value) for name, value in table.items()}


def _header(given: _Reader, name: str, value: Any) -> str | Path:
    if not _HEADER.fullmatch(name):
        raise invalid(given.place, f"{name!r} is no name of a header")
    if isinstance(value, Mapping) and set(value) == {"file"} and isinstance(value["file"], str):
        return given.file.parent / Path(value["file"]).expanduser()
    if name.lower() in _SECRET_HEADERS:
        raise invalid(given.place, f'the value of header {name} is a secret: {name} = {{ file = "..." }}')
    if not isinstance(value, str) or not value.isprintable():
        raise invalid(given.place, f'header {name} is a text, or {{ file = "..." }}')
    return value


def _slack(given: _Reader) -> Notifier:
    return Slack(_address(given))


def _email(given: _Reader) -> Notifier:
    tls = given.flag("tls", usual=False)
    server = MailServer(
        host=given.text("host"),
        port=_port(given, 465 if tls else 587),
        starttls=given.flag("starttls", usual=True),
        tls=tls,
        user=given.text("user"),
        password_file=given.path("password_file"),
        ca_file=given.path("ca_file"),
        timeout=_timeout(given),
    )
    if not server.host:
        raise invalid(given.place, 'needs host = "...", the server that takes the mail')
    if bool(server.user) != bool(server.password_file):
        raise invalid(given.place, "user and password_file go together")
    if server.user and not (server.tls or server.starttls):
        raise invalid(given.place, "a password goes over TLS only: starttls = true, or tls = true")
    sender, recipients = given.text("from"), given.texts("to", ())
    for address in (sender, *recipients):
        if not _ADDRESS.fullmatch(address):
            raise invalid(given.place, f"{address!r} is no address of e-mail; from and to need one each at least")
    return Email(server, sender, recipients)


def _port(given: _Reader, usual: int) -> int:
    port = given.table.get("port", usual)
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65_535:
        raise invalid(given.place, f"port is a number from 1 to 65535, not {port!r}")
    return port


_USES: Mapping[str, Callable[[_Reader], Notifier]] = {"webhook": _webhook, "slack": _slack, "email": _email}
