"""Connections that keep nobody waiting: their number is bounded, and who does not finish a request is dropped."""

import asyncio
import socket
from contextlib import suppress
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: So many at once; a stream is one. Below it there is room for files and the database.
MOST = 4096
#: Seconds that a request may take to come in, and bytes that each second more must bring.
_PATIENCE, _LEAST_RATE = 20.0, 10_000
#: Milliseconds after which the kernel gives up a reader that takes nothing any more.
_UNREAD = 60_000
#: Seconds that answers under way have once the server leaves.
LAST_ANSWERS = 2.0


class Connection(H11Protocol):
    """One of them. uvicorn itself waits for ever for the rest of a request, and accepts whoever comes."""

    _rest: asyncio.TimerHandle | None = None
    _until = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """See asyncio.Protocol."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            transport.abort()
            return
        _give_up_on_silence(transport)
        self._wait_for_request()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        if self._rest is None and self.conn.their_state is h11.IDLE:
            self._wait_for_request()
        self._until += len(data) / _LEAST_RATE
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE and self.conn.their_state is not h11.SEND_BODY:
            self._wait_no_more()

    def shutdown(self) -> None:
        """The server leaves. Who has not read all of its answer in a moment is cut off: uvicorn itself would wait."""
        super().shutdown()
        if not self.transport.is_closing():
            self.loop.call_later(LAST_ANSWERS, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        self._until = self.loop.time() + _PATIENCE
        self._rest = self.loop.call_at(self._until, self._hurry)

    def _wait_no_more(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _hurry(self) -> None:
        """Its time is over, unless it has earned more, or it is we who do not read."""
        until = max(self._until, self.loop.time() + _PATIENCE if self.flow.read_paused else 0.0)
        if until > self.loop.time():
            self._rest = self.loop.call_at(until, self._hurry)
            return
        self._rest = None
        self.logger.info("a request that did not come to its end was dropped")
        self.transport.abort()


def _give_up_on_silence(transport: Any) -> None:
    reached = transport.get_extra_info("socket")
    with suppress(OSError, AttributeError):  # not TCP
        reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD)
