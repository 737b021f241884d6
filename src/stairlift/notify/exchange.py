"""How long an exchange may take as a whole.

Libraries bound each wait by itself: for them, who answers byte by byte is never late.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer
from typing import Protocol


class Connected(Protocol):
    """A connection of whatever library; `sock` is another one once TLS has begun."""

    sock: socket.socket | None


class Exchange:
    """The connections of one exchange, until its time is over: then they are cut, and none is let begin."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._connections: list[Connected] = []
        self.over = False

    def take(self, connection: Connected) -> None:
        """One that is to be cut in time. Raises TimeoutError where it is too late for it."""
        with self._lock:
            if self.over:
                raise TimeoutError
            self._connections.append(connection)

    def cut(self) -> None:
        """Whoever waits for it hears that it has ended."""
        with self._lock:
            self.over = True
            for connection in self._connections:
                with suppress(OSError):
                    if connection.sock is not None:
                        connection.sock.shutdown(socket.SHUT_RDWR)


_UNDER_WAY: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def within(seconds: float) -> Iterator[Exchange]:
    """An exchange that takes no longer, by whichever connections `under_way` is told of in this thread."""
    exchange = Exchange()
    timer = Timer(seconds, exchange.cut)
    timer.daemon = True
    timer.start()
    before = _UNDER_WAY.set(exchange)
    try:
        yield exchange
    finally:
        _UNDER_WAY.reset(before)
        timer.cancel()


def under_way(connection: Connected) -> None:
    """Have it cut once the time of this thread's exchange is over. Raises TimeoutError where it is."""
    _UNDER_WAY.get().take(connection)
