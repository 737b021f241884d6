"""Public addresses, asked without credentials: whether somebody answers there, and when the certificate ends."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

from stairlift.model.check import Reply
from stairlift.model.errors import Trouble

_MOST = 1 << 20  # bytes
_EXPIRED = "certificate has expired"


class PublicUrls:
    """Fills ports.UrlReader. `authorities` is a file of certificates to trust beside the system's own.

    A certificate that cannot be trusted is told, and the address is asked all the same: nothing secret goes there.
    Redirects are not followed.
    """

    def __init__(self, authorities: str | None = None) -> None:
        self._trusting = ssl.create_default_context()
        if authorities:
            self._trusting.load_verify_locations(authorities)

    def get(self, url: str, *, timeout: float) -> Reply:
        """See ports.UrlReader."""
        try:
            place = urlsplit(url)
        except ValueError:
            return Reply(trouble=Trouble.MALFORMED, detail=f"{url} is no address")
        return self._at(place, timeout)

    def _at(self, place: SplitResult, timeout: float) -> Reply:
        url, began = place.geturl(), monotonic()
        expires, doubt = self._certificate(place, timeout) if place.scheme == "https" else (None, "")
        try:
            status, body = _heard(place, timeout)
        except TimeoutError:
            return Reply(trouble=Trouble.TIMEOUT, detail=f"{url} did not answer within {timeout:g} s", expires=expires)
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            return Reply(trouble=Trouble.UNREACHABLE, detail=f"{url}: {why}", expires=expires)
        seconds = monotonic() - began
        return Reply(body=body, returncode=status, detail=doubt, seconds=seconds, expires=expires)

    def _certificate(self, place: SplitResult, timeout: float) -> tuple[datetime | None, str]:
        """When it ends, and why it cannot be trusted; one that has ended did so a moment ago at the latest."""
        try:
            return _ends(place, timeout, self._trusting), ""
        except ssl.SSLCertVerificationError as error:
            doubt = f"the certificate is not trusted: {error.verify_message}"
            return datetime.now(UTC) if _EXPIRED in error.verify_message else _untrusted(place, timeout), doubt
        except (OSError, KeyError, ValueError) as error:
            return None, f"the certificate cannot be read: {type(error).__name__}"


def _ends(place: SplitResult, timeout: float, trusting: ssl.SSLContext) -> datetime:
    """When its certificate ends. Raises OSError (also of ssl), KeyError or ValueError where that cannot be told."""
    with _secured(place, timeout, trusting) as secured:
        told = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def _untrusted(place: SplitResult, timeout: float) -> datetime | None:
    """When one ends that nobody vouches for: ssl reads only what it trusts, so it is told to trust just this one."""
    believing = ssl.create_default_context()
    believing.check_hostname = False
    believing.verify_mode = ssl.CERT_NONE
    try:
        with _secured(place, timeout, believing) as secured:
            shown = secured.getpeercert(binary_form=True) or b""
        believing.load_verify_locations(cadata=shown)
        believing.verify_mode = ssl.CERT_REQUIRED
        believing.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return _ends(place, timeout, believing)
    except ssl.SSLCertVerificationError as error:
        return datetime.now(UTC) if _EXPIRED in error.verify_message else None
    except (OSError, KeyError, ValueError):
        return None


@contextmanager
def _secured(place: SplitResult, timeout: float, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    address = (place.hostname or "", place.port or 443)
    with (
        closing(socket.create_connection(address, timeout)) as plain,
        context.wrap_socket(plain, server_hostname=place.hostname) as secured,
    ):
        yield secured


def _heard(place: SplitResult, timeout: float) -> tuple[int, Any]:
    """What it says; one that breaks off a plain request may want TLS."""
    try:
        return _asked(place, timeout)
    except (HTTPException, ConnectionResetError):
        if place.scheme == "https":
            raise
        return _asked(place._replace(scheme="https"), timeout)


def _asked(place: SplitResult, timeout: float) -> tuple[int, Any]:
    with closing(_connection(place, timeout)) as connection:
        headers = {"Accept": "application/json", "User-Agent": "stairlift"}
        connection.request("GET", place.path or "/", headers=headers)
        response = connection.getresponse()
        return response.status, _parsed(response.read(_MOST))


def _connection(place: SplitResult, timeout: float) -> HTTPConnection:
    host = place.hostname or ""
    if place.scheme != "https":
        return HTTPConnection(host, place.port, timeout=timeout)
    context = ssl._create_unverified_context()  # noqa: S323, SLF001
    return HTTPSConnection(host, place.port, timeout=timeout, context=context)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
