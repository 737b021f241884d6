"""Public addresses, asked without credentials: whether somebody answers there, and when the certificate ends."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPException
from time import monotonic

from stairlift.model.check import Reply
from stairlift.model.errors import Trouble
from stairlift.openstack.direct import NOBODY, Address, Response, any_certificate, file_or_folder, get

_EXPIRED = "certificate has expired"


class PublicUrls:
    """Fills ports.UrlReader. `authorities` is a file or a folder of certificates to trust beside the system's own.

    A certificate that cannot be trusted is told, and the address is asked all the same: nothing secret goes there.
    """

    def __init__(self, authorities: str | None = None) -> None:
        self._trusting = ssl.create_default_context()
        if authorities:
            self._trusting.load_verify_locations(*file_or_folder(authorities))

    def get(self, url: str, *, timeout: float) -> Reply:
        """See ports.UrlReader."""
        try:
            address = Address.of(url)
        except ValueError:
            return Reply(trouble=Trouble.MALFORMED, detail=f"{url} is no address")
        return self._at(address, url, timeout)

    def _at(self, address: Address, url: str, timeout: float) -> Reply:
        began = monotonic()
        expires, doubt = self._certificate(address, timeout) if address.secure else (None, "")
        try:
            found = _heard(address, timeout)
        except TimeoutError:
            return Reply(trouble=Trouble.TIMEOUT, detail=f"{url} did not answer within {timeout:g} s", expires=expires)
        except (OSError, HTTPException, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            return Reply(trouble=Trouble.UNREACHABLE, detail=f"{url}: {why}", expires=expires)
        seconds = monotonic() - began
        return Reply(body=found.document, returncode=found.status, detail=doubt, seconds=seconds, expires=expires)

    def _certificate(self, address: Address, timeout: float) -> tuple[datetime | None, str]:
        """When it ends, and why it cannot be trusted; one that has ended did so a moment ago at the latest."""
        try:
            return _ends(address, timeout, self._trusting), ""
        except ssl.SSLCertVerificationError as error:
            doubt = f"the certificate is not trusted: {error.verify_message}"
            return datetime.now(UTC) if _EXPIRED in error.verify_message else _untrusted(address, timeout), doubt
        except (OSError, KeyError, ValueError) as error:
            return None, f"the certificate cannot be read: {type(error).__name__}"


def _ends(address: Address, timeout: float, trusting: ssl.SSLContext) -> datetime:
    """When its certificate ends. Raises OSError (also of ssl), KeyError or ValueError where that cannot be told."""
    with _secured(address, timeout, trusting) as secured:
        told = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)


def _untrusted(address: Address, timeout: float) -> datetime | None:
    """When one ends that nobody vouches for: ssl reads only what it trusts, so it is told to trust just this one."""
    believing = any_certificate()
    try:
        with _secured(address, timeout, believing) as secured:
            shown = secured.getpeercert(binary_form=True) or b""
        believing.load_verify_locations(cadata=shown)
        believing.verify_mode = ssl.CERT_REQUIRED
        believing.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return _ends(address, timeout, believing)
    except ssl.SSLCertVerificationError as error:
        return datetime.now(UTC) if _EXPIRED in error.verify_message else None
    except (OSError, KeyError, ValueError):
        return None


@contextmanager
def _secured(address: Address, timeout: float, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with (
        closing(socket.create_connection((address.host, address.port or 443), timeout)) as plain,
        context.wrap_socket(plain, server_hostname=address.host) as secured,
    ):
        yield secured


def _heard(address: Address, timeout: float) -> Response:
    """What it says; one that breaks off a plain request may want TLS."""
    try:
        return get(address, NOBODY, within=timeout)
    except (HTTPException, ConnectionResetError):
        if address.secure:
            raise
        return get(replace(address, secure=True), NOBODY, within=timeout)
