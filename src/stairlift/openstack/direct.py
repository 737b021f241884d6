"""One GET by itself, past sessions, catalogs and load balancers: a connection of its own, and nothing is tried again.

No redirect is followed, so that the address that was given is the only one that is contacted, and what the headers hold
of credentials goes nowhere else. What comes too late, breaks off or is no HTTP is no answer.
"""

import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

#: For who needs no credentials.
NOBODY: Mapping[str, str] = {"Accept": "application/json", "User-Agent": "stairlift"}
#: Seconds that a process of an API has for its root.
SECONDS = 4.0
#: What is read of an answer at most, in bytes; the longest version document is a few kilobytes.
_MOST = 4 << 20
_CHUNK = 1 << 16
#: Seconds; a time-out of 0 would mean something else.
_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes; `secure` is by TLS, `port` None is the usual one, and `path` includes the query."""

    secure: bool
    host: str
    port: int | None
    path: str = "/"

    @classmethod
    def of(cls, url: str) -> "Address":
        """That of a URL, without the user and password that it may carry. Raises ValueError where it names no host."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError(url)
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.scheme == "https", parts.hostname, parts.port, f"{parts.path or '/'}{query}")


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, in time."""

    status: int
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON of it, or None."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


def get(address: Address, headers: Mapping[str, str], *, within: float, tls: ssl.SSLContext | None = None) -> Response:
    """Ask once; `within` is in seconds, for all of it. Raises OSError (TimeoutError, ssl's own) and HTTPException.

    Without `tls` any certificate will do: that is for who sends nothing secret.
    """
    end = time.monotonic() + within
    with closing(_connection(address, within, tls)) as connection:
        connection.connect()
        connection.sock.settimeout(max(end - time.monotonic(), _LEAST))  # what connecting has left of it
        connection.request("GET", address.path, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        return Response(answer.status, _body(answer, end))


def _connection(address: Address, timeout: float, tls: ssl.SSLContext | None) -> HTTPConnection:
    if not address.secure:
        return HTTPConnection(address.host, address.port, timeout=timeout)
    return HTTPSConnection(address.host, address.port, timeout=timeout, context=tls or any_certificate())


def _body(answer: HTTPResponse, end: float) -> bytes:
    """All of it; TimeoutError where it drips in for longer than allowed, IncompleteRead where it breaks off."""
    body = bytearray()
    while len(body) < _MOST and (chunk := answer.read1(_CHUNK)):
        body += chunk
        if time.monotonic() > end:
            raise TimeoutError
    if answer.length and len(body) < _MOST:
        raise IncompleteRead(bytes(body), answer.length)
    return bytes(body)


def any_certificate() -> ssl.SSLContext:
    """Asks nobody who the other side is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def file_or_folder(authorities: str | None) -> tuple[str | None, str | None]:
    """Where ssl finds the certificates of authorities: its `cafile`, or its `capath`."""
    folder = authorities is not None and Path(authorities).is_dir()
    return (None, authorities) if folder else (authorities, None)


def root_of(host: str, port: int, *, tls: bool) -> Response | None:
    """What one process of an API has at its root, without credentials; None where it does not speak this protocol.

    Raises OSError. Certificates are not checked: they are seldom made for the address of a process.
    """
    try:
        return get(Address(tls, host, port), NOBODY, within=SECONDS)
    except (HTTPException, ConnectionResetError, ssl.SSLError):
        return None
