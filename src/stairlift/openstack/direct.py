"""One process of an API asked at its own address, past load balancers and the catalog."""

import ssl
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection

#: How long it may take to connect, and to say something, in seconds.
SECONDS = 4.0
_MOST = 1 << 20  # bytes; the longest version document is a few kilobytes


def root_of(host: str, port: int, *, tls: bool) -> tuple[int, bytes] | None:
    """Status and body of its root; None where something answers that does not speak this protocol. Raises OSError.

    No credentials are sent, so certificates are not checked: they are seldom made for an address.
    """
    try:
        with closing(_connection(host, port, tls=tls)) as connection:
            connection.request("GET", "/", headers={"Accept": "application/json", "User-Agent": "stairlift"})
            response = connection.getresponse()
            return response.status, response.read(_MOST)
    except (HTTPException, ConnectionResetError, ssl.SSLError):
        return None


def _connection(host: str, port: int, *, tls: bool) -> HTTPConnection:
    if not tls:
        return HTTPConnection(host, port, timeout=SECONDS)
    return HTTPSConnection(host, port, timeout=SECONDS, context=ssl._create_unverified_context())  # noqa: S323, SLF001
