"""Whether a backend itself answers, past the load balancer, and with which code."""

import json
import ssl
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any

from stairlift.knowledge.service_types import all_service_types
from stairlift.knowledge.versions import releases_of_microversion
from stairlift.model.release import Release

SECONDS = 4.0
_MOST = 1 << 20


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request. `seen`: the backend could be reached from here at all. `why` is what is amiss."""

    seen: bool
    why: str = ""
    document: Any = None


def direct(host: str, port: int) -> Answered:
    """Ask for the root of a backend: by plain HTTP, else by TLS. Any answer below 500 is one.

    A certificate is not checked: nothing secret is sent, and they are seldom made for an address.
    """
    try:
        return _tried(host, port, tls=False) or _tried(host, port, tls=True) or Answered(True, "it speaks no HTTP")
    except ConnectionRefusedError:
        return Answered(True, "nothing listens there")
    except OSError as error:
        return Answered(False, error.strerror or type(error).__name__)


def _tried(host: str, port: int, *, tls: bool) -> Answered | None:
    try:
        with closing(_connection(host, port, tls=tls)) as connection:
            connection.request("GET", "/", headers={"Accept": "application/json", "User-Agent": "stairlift"})
            response = connection.getresponse()
            body = response.read(_MOST)
    except (HTTPException, ConnectionResetError, ssl.SSLError):
        return None
    if response.status >= 500:
        return Answered(True, f"it answers {response.status}")
    return Answered(True, document=_parsed(body))


def _connection(host: str, port: int, *, tls: bool) -> HTTPConnection:
    if not tls:
        return HTTPConnection(host, port, timeout=SECONDS)
    return HTTPSConnection(host, port, timeout=SECONDS, context=ssl._create_unverified_context())  # noqa: S323, SLF001


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def outdated(binary: str, target: Release, document: Any) -> str:
    """Why a version document cannot be of the target's code; "" where it can, or where it tells nothing of that."""
    kinds = [kind.name for kind in all_service_types() if binary in kind.apis]
    entries = document.get("versions") if isinstance(document, Mapping) else None
    for entry in entries if isinstance(entries, list) and kinds else []:
        highest = str(entry.get("version") or "") if isinstance(entry, Mapping) else ""
        releases = releases_of_microversion(kinds[0], highest) if highest else ()
        if releases and max(releases) < target:
            return f"it still offers microversion {highest}, which is {max(releases)}'s"
    return ""
