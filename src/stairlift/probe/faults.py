"""Whose fault it is that a request came to nothing: the cloud's, or that of the machine that asks."""

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException

from stairlift.model.availability import State

#: No more sockets or memory here, no route from here, or our own firewall: nothing was asked of the cloud.
_OWN = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,
        errno.ENETUNREACH,
        errno.ENETDOWN,
        errno.EACCES,
        errno.EPERM,
    }
)
_STATUS: dict[int, State] = {401: "denied", 403: "denied", 429: "throttled"}


def of_status(status: int) -> State:
    """What an HTTP status means to a user."""
    return "ok" if 200 <= status < 400 else _STATUS.get(status, "failed")


def of_error(error: BaseException) -> tuple[State, str]:
    """What became of a request that ended in this error, and why; the words hold no address and no secret."""
    chain = list(_behind(error))
    own = next((why for one in chain if (why := _own(one))), "")
    if own:
        return "own", own
    for one in chain:
        if isinstance(one, ssl.SSLError):
            return "failed", "TLS failed"
        if isinstance(one, TimeoutError):
            return "failed", "timed out"
        if isinstance(one, OSError) and one.errno:
            return "failed", os.strerror(one.errno)
    broken = any(isinstance(one, HTTPException) for one in chain)
    return "failed", "broke off in the middle of its answer" if broken else type(error).__name__


def _own(error: BaseException) -> str:
    """Why it is the fault of this machine; "" where it is not. OpenSSL's numbers look like errno and are none."""
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved here"
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno in _OWN:
        return os.strerror(error.errno)
    return "no more threads" if isinstance(error, RuntimeError) and "thread" in str(error) else ""


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all that led to it, also where a library hid it: `raise ... from None` keeps the context."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)
        error = error.__cause__ or (reason if isinstance(reason, BaseException) else None) or error.__context__
