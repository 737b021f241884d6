"""Where the statistics of an HAProxy come from: a file, its socket here or on another host, or its stats page."""

import csv
import shlex
import socket
from collections.abc import Callable
from contextlib import closing
from io import StringIO
from netrc import NetrcParseError, netrc
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPBasicAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    HTTPRedirectHandler,
    OpenerDirector,
    build_opener,
)

from stairlift.inventory.rows import Row
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.ports import Remote

#: Gives the statistics as CSV; raises SourceTrouble.
Stats = Callable[[], str]
SECONDS = 15.0
#: What is kept of a row; the rest are counters.
KEPT = ("pxname", "svname", "status", "mode", "addr", "check_status")
_NOT_SERVERS = frozenset({"FRONTEND", "BACKEND"})
_SERVER = "2"  # column `type` (HAProxy management guide, 9.1)
_LONGEST = 200
#: Bytes of a stats page; a server takes less than 1 KiB of it.
_MOST = 16 << 20

# What there is on load balancers: socat almost always, Python on every host that Ansible reaches, nc of OpenBSD seldom.
_SCRIPT = """\
path={path}
if [ -f "$path" ]; then exec cat "$path"; fi
if [ ! -S "$path" ]; then echo "there is no such socket or file that this user can see" >&2; exit 3; fi
if command -v socat >/dev/null 2>&1; then
  echo 'show stat' | exec socat -t 10 - "UNIX-CONNECT:$path"
elif command -v python3 >/dev/null 2>&1; then
  exec python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b"show stat\\n")
sys.stdout.write("".join(iter(lambda: s.recv(65536).decode(), "")))' "$path"
else
  echo 'show stat' | exec nc -U "$path"
fi
"""


def local(path: Path) -> Stats:
    """The statistics of a CSV file, or of a socket of this machine."""

    def heard() -> str:
        try:
            return _by_socket(path) if path.is_socket() else path.read_text(encoding="utf-8", errors="replace")
        except TimeoutError:
            raise SourceTrouble(Trouble.TIMEOUT, f"{path} did not answer within {SECONDS:g} seconds") from None
        except PermissionError:
            raise SourceTrouble(Trouble.DENIED, f"{path} may not be opened by this user") from None
        except OSError as error:
            raise SourceTrouble(Trouble.UNREACHABLE, f"{path} cannot be read: {error.strerror}") from None

    return heard


def _by_socket(path: Path) -> str:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
        connection.settimeout(SECONDS)
        connection.connect(str(path))
        connection.sendall(b"show stat\n")
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")


def over_ssh(url: str, remote: Callable[[], Remote]) -> Stats:
    """The statistics of a socket (or a file) on another host: `ssh://[USER@]HOST[:PORT]/PATH`."""
    parts = urlsplit(url)
    host = f"ssh://{parts.netloc}" if parts.port else parts.netloc

    def heard() -> str:
        output = remote().run(host, _SCRIPT.format(path=shlex.quote(parts.path)), timeout=SECONDS)
        if output.returncode:
            said = " ".join(output.err.split())[:_LONGEST]
            kind = Trouble.DENIED if "ermission denied" in said else Trouble.UNREACHABLE
            raise SourceTrouble(kind, f"{parts.path} on {host} cannot be read: {said or f'exit {output.returncode}'}")
        return output.out.decode(errors="replace")

    return heard


def over_http(url: str) -> Stats:
    """The statistics of a stats page, which end in `;csv`. A user and a password for it are taken from ~/.netrc."""

    def heard() -> str:
        try:
            with _opener(url).open(url, timeout=SECONDS) as response:
                page: bytes = response.read(_MOST + 1)
        except HTTPError as error:
            denied = error.code in (401, 403)
            hint = "Give user and password of the stats page in ~/.netrc." if denied else ""
            kind = Trouble.DENIED if denied else Trouble.SERVER_ERROR
            raise SourceTrouble(kind, f"{url} answered {error.code}", hint) from None
        except TimeoutError:
            raise SourceTrouble(Trouble.TIMEOUT, f"{url} did not answer within {SECONDS:g} seconds") from None
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise SourceTrouble(Trouble.UNREACHABLE, f"{url} cannot be read: {reason!s:.{_LONGEST}}") from None
        if len(page) > _MOST:  # a part of it would look as if the other servers were gone
            raise SourceTrouble(Trouble.MALFORMED, f"{url} says more than {_MOST >> 20} MiB, which is no statistics")
        return page.decode(errors="replace")

    return heard


def _opener(url: str) -> OpenerDirector:
    passwords = HTTPPasswordMgrWithDefaultRealm()
    known = _known(urlsplit(url).hostname or "")
    if known:
        passwords.add_password(None, url, known[0], known[1])
    return build_opener(HTTPBasicAuthHandler(passwords), _Staying())


class _Staying(HTTPRedirectHandler):
    """Follows no redirect: only the address that was given is contacted."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Nowhere, so that the redirect itself is the answer."""


def _known(host: str) -> tuple[str, str] | None:
    try:
        found = netrc().authenticators(host)
    except (OSError, NetrcParseError):
        return None
    return (found[0], found[2] or "") if found else None


def checked(url: str) -> str:
    """A URL without a password in it: what is typed is seen by everybody on the machine. UsageError otherwise."""
    try:
        parts, _ = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise _no_place(url) from None
    if parts.password is not None or (parts.username and parts.scheme != "ssh"):
        raise UsageError(
            code="usage.haproxy-password",
            brief="The address of an HAProxy must not hold a password.",
            resolution="Put it into ~/.netrc.",
        )
    if not parts.hostname or parts.netloc.startswith("-") or not parts.path:
        raise _no_place(url)
    return url


def _no_place(url: str) -> UsageError:
    return UsageError(
        code="usage.haproxy-path",
        brief=f"{url} names no host, or nothing on it.",
        resolution="Give haproxy:ssh://HOST/PATH/OF/SOCKET, or haproxy:https://HOST/STATS;csv.",
    )


def servers(text: str) -> list[Row]:
    """The servers of the statistics, in their order. SourceTrouble(MALFORMED) for what are none."""
    header, _, rest = text.lstrip().removeprefix("# ").partition("\n")
    columns = header.strip().split(",")
    if not {"pxname", "svname", "status"} <= set(columns):
        brief = f"{len(text)} characters came that are no statistics of HAProxy: their columns are missing"
        raise SourceTrouble(Trouble.MALFORMED, brief, "Name its stats socket, or a file with what `show stat` said.")
    rows = csv.DictReader(StringIO(rest), fieldnames=columns)
    return [{key: row[key] for key in KEPT if row.get(key)} for row in rows if _is_server(row)]


def _is_server(row: Row) -> bool:
    return row.get("type", _SERVER) == _SERVER and row["svname"] not in _NOT_SERVERS
