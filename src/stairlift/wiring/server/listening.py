"""Where a server listens, and with which certificate. All that can be wrong with it is told before it serves."""

import errno
import resource
import socket
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path

from stairlift.model.errors import StairliftError, UsageError
from stairlift.wiring.config.serve import ServeSettings

#: Open files: connections, the journal's, and those of attempts. What is started from here inherits the limit.
_FILES = 8192
_BACKLOG = 1024


def listen(settings: ServeSettings) -> Sequence[socket.socket]:
    """Listen at every address of the host, with one port for all; of `localhost` those are enough that there are.

    Raises StairliftError (serve.port_taken), UsageError (serve.no_address).
    """
    found: list[socket.socket] = []
    missing: list[UsageError] = []
    with ExitStack() as opened:
        for family, address in _addresses(settings):
            port = found[0].getsockname()[1] if found else settings.port
            try:
                found.append(opened.enter_context(_bound(family, address, port)))
            except UsageError as refused:
                missing.append(refused)
        if not found:
            raise missing[0]
        opened.pop_all()
    return found


def is_free(settings: ServeSettings) -> bool:
    """Whether nobody listens there at this moment."""
    try:
        for one in listen(settings):
            one.close()
    except StairliftError:
        return False
    return True


def _addresses(settings: ServeSettings) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as wrong:
        raise _no_address(settings.host, settings.port, wrong) from wrong
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bound(family: int, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; else a body waits 40 ms behind its head
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        made.bind((address, port))
        made.listen(_BACKLOG)
    except OSError as wrong:
        made.close()
        if wrong.errno == errno.EADDRINUSE:
            raise _taken(address, port) from wrong
        raise _no_address(address, port, wrong) from wrong
    made.setblocking(False)
    return made


def _taken(address: str, port: int) -> StairliftError:
    return StairliftError(
        code="serve.port_taken",
        brief=f"somebody listens at {address} port {port} already",
        resolution="If that is another Stairlift, use it; else choose another port with --port, or `port` of [serve].",
    )


def _no_address(host: str, port: int, wrong: OSError) -> UsageError:
    return UsageError(
        code="serve.no_address",
        brief=f"nobody can listen at {host} port {port}: {wrong.strerror or wrong}",
        resolution="Give an address of this machine with --host, and a port from 1024 on, or another user to run it.",
    )


def certificate(settings: ServeSettings) -> ssl.SSLContext | None:
    """What makes it HTTPS; None where there is no certificate. Raises UsageError (serve.bad_certificate)."""
    if settings.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        for file in filter(None, (settings.tls_cert, settings.tls_key)):
            _demand_readable(file)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=lambda: b"")
    except (OSError, ssl.SSLError) as wrong:
        raise _bad_certificate(settings, wrong) from wrong
    return context


def _demand_readable(file: Path) -> None:
    with file.open("rb"):
        pass


def _bad_certificate(settings: ServeSettings, wrong: OSError) -> UsageError:
    named = wrong.filename or " and ".join(str(f) for f in (settings.tls_cert, settings.tls_key) if f)
    why = wrong.strerror if not isinstance(wrong, ssl.SSLError) and wrong.strerror else "they are no pair in PEM"
    return UsageError(
        code="serve.bad_certificate",
        brief=f"the certificate cannot be used: {named}: {why}",
        details="a key must not have a password, since nobody is there to type it",
        resolution="Name the chain of certificates with --tls-cert, and its key with --tls-key.",
    )


def only_here(settings: ServeSettings) -> bool:
    """Whether nobody but this machine reaches it."""
    try:
        return ip_address(settings.host).is_loopback
    except ValueError:
        return settings.host == "localhost"


def address_of(listening: socket.socket, *, secure: bool) -> str:
    """What to type into a browser."""
    host, port = listening.getsockname()[:2]
    host = socket.gethostname() if host in {"0.0.0.0", "::"} else host  # noqa: S104  # no address to go to
    return f"http{'s' if secure else ''}://{f'[{host}]' if ':' in host else host}:{port}"


def raise_file_limit() -> None:
    """Have room for a connection of everybody who watches. Where it may not be raised, there is less."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
