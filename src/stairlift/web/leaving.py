"""Ends what would not end by itself once the server leaves: streams at once, other answers after a while."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stairlift.model.errors import StairliftError
from stairlift.web.connections import LAST_ANSWERS
from stairlift.web.problems import as_object

_log = logging.getLogger(__name__)
#: Seconds that answers have. Those that nobody reads end before, with their connections.
_PATIENCE = LAST_ANSWERS + 0.5
_STREAM = b"text/event-stream"
_GONE: Message = {"type": "http.disconnect"}
_LAST: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class Leaving:
    """Stands before an application. `begin` ends all streams, and those at once that begin later.

    Other answers come to their end, unless they take too long: then they are given up, and nobody reads them any more.
    A stream that is ended is a whole answer, so that its reader knows at once that it has to come again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._begun = asyncio.Event()
        self._under_way: set[asyncio.Timeout] = set()

    def begin(self) -> None:
        """In the thread of the server's loop."""
        self._begun.set()
        for limit in self._under_way:
            limit.reschedule(asyncio.get_running_loop().time() + _PATIENCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(receive, send, self._begun)
        limit = asyncio.timeout(_PATIENCE if self._begun.is_set() else None)
        try:
            async with limit:
                with self._knowing(limit):
                    await self._app(scope, answer.receive, answer.send)
                    await answer.end()
        except TimeoutError:
            if not limit.expired():
                raise
            _log.info("an answer that was under way was given up, since the server leaves")
            await answer.give_up(scope)

    @contextmanager
    def _knowing(self, limit: asyncio.Timeout) -> Iterator[None]:
        self._under_way.add(limit)
        try:
            yield
        finally:
            self._under_way.discard(limit)


class _Answer:
    """One request, and whether it is answered by a stream."""

    def __init__(self, receive: Receive, send: Send, leaving: asyncio.Event) -> None:
        self._receive = receive
        self._send = send
        self._leaving = leaving
        self._begun = self._streams = self._ended = False
        self._asked = False

    async def send(self, message: Message) -> None:
        """Send on."""
        if message["type"] == "http.response.start":
            self._begun = True
            kind = next((value for name, value in message.get("headers", ()) if name.lower() == b"content-type"), b"")
            self._streams = kind.startswith(_STREAM)
        elif message["type"] == "http.response.body":
            self._ended = not message.get("more_body", False)
        await self._send(message)

    async def receive(self) -> Message:
        """What comes in; of a stream, that its reader has gone, as soon as the server leaves."""
        if not self._asked:
            message = await self._receive()
            self._asked = not message.get("more_body", False)
            return message
        coming, leaving = asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({coming, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done() and not self._streams:
                return await coming
            return coming.result() if coming.done() else _GONE
        finally:
            for waiting in (coming, leaving):
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting

    async def end(self) -> None:
        """Let a stream that was ended be a whole answer."""
        if self._streams and not self._ended and self._leaving.is_set():
            await self._send(_LAST)

    async def give_up(self, scope: Scope) -> None:
        """Say so, where nothing was said yet."""
        if not self._begun:
            left = StairliftError(
                code="server.leaving",
                brief="the server leaves, and has not come to an answer",
                resolution="Ask again in a moment. With an Idempotency-Key nothing is done twice.",
            )
            await as_object(Request(scope), left)(scope, self._receive, self._send)
