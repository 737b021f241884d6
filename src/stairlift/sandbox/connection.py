"""The TCP side of an answer: what is added to it, how it is cut short, and how a connection is torn."""

import asyncio
import socket
import struct
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from stairlift.sandbox.api.wire import Backend

_LINGER_NOT = struct.pack("ii", 1, 0)


class Http(H11Protocol):
    """uvicorn's HTTP/1.1 that lets the application reach its connection, as `transport` in the request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Remember the connection for the requests that come over it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Sending:
    """Passes an answer on: dates it by the cloud's clock, notes its status, and sends half of it where it should."""

    def __init__(self, send: Send, entry: dict[str, Any], now: float) -> None:
        self.backend: Backend | None = None
        self._send = send
        self._entry = entry
        self._now = now
        self._half = False

    def halve(self) -> None:
        """Announce the whole body and send the first half of it."""
        self._half = True

    async def __call__(self, message: Message) -> None:
        """Send one part of an answer."""
        if message["type"] == "http.response.start":
            self._decorate(message)
        elif self._half:
            body = message.get("body", b"")
            message = {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        await self._send(message)

    def _decorate(self, message: Message) -> None:
        self._entry["status"] = message["status"]
        headers = MutableHeaders(raw=message["headers"])
        headers["Date"] = _http_date(int(self._now))
        headers["X-Openstack-Request-Id"] = f"req-{uuid4()}"
        if self.backend:
            headers["X-Sandbox-Backend"] = self.backend.host


async def hang_up(scope: Scope, receive: Receive, *, reset: bool) -> None:
    """Close the connection of a request, by a reset where that is asked for, and wait until it is gone."""
    transport: asyncio.Transport = scope["state"]["transport"]
    if reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


@lru_cache(maxsize=64)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)
