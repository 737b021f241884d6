"""One GET, as a program sends it that was just started: a new connection each time, nothing tried again."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path
from urllib.parse import urlsplit

from stairlift.openstack.user import Certificates

#: What is read of an answer at most, in bytes.
_MOST = 4 << 20
_CHUNK = 1 << 16
#: Seconds; a timeout of 0 would mean something else.
_LEAST = 0.001


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, in time."""

    status: int
    body: bytes


class Web:
    """Sends requests; `timeout` is in seconds, for all of a request. Safe to use from many threads."""

    def __init__(self, certificates: Certificates, timeout: float) -> None:
        self._proving = _context(certificates)
        self._trusting = _context(Certificates(verify=False, own=certificates.own))
        self._timeout = timeout

    def get(self, url: str, headers: Mapping[str, str], *, verify: bool = True) -> Response:
        """Raises OSError (TimeoutError, ssl's own) and HTTPException.

        A backend is asked by an address that its certificate does not name: not `verify`.
        """
        parts = urlsplit(url)
        end = time.monotonic() + self._timeout
        connection = self._connection(parts.scheme, parts.hostname or "", parts.port, verify=verify)
        try:
            path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
            connection.connect()
            connection.sock.settimeout(max(end - time.monotonic(), _LEAST))  # what connecting has left of it
            connection.request("GET", path, headers={**headers, "Connection": "close"})
            answer = connection.getresponse()
            return Response(answer.status, _body(answer, end))
        finally:
            connection.close()

    def _connection(self, scheme: str, host: str, port: int | None, *, verify: bool) -> HTTPConnection:
        if scheme != "https":
            return HTTPConnection(host, port, timeout=self._timeout)
        context = self._proving if verify else self._trusting
        return HTTPSConnection(host, port, timeout=self._timeout, context=context)


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


def _context(certificates: Certificates) -> ssl.SSLContext:
    place = certificates.authorities
    folder = place is not None and Path(place).is_dir()
    context = ssl.create_default_context(cafile=None if folder else place, capath=place if folder else None)
    if not certificates.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if isinstance(certificates.own, tuple):
        context.load_cert_chain(*certificates.own)
    elif certificates.own:
        context.load_cert_chain(certificates.own)
    return context
