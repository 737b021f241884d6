"""Server-sent events: frames for whoever watches a run, for as long as they read them and may."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from time import monotonic
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

from stairlift.model.access import Caller
from stairlift.model.errors import StairliftError
from stairlift.web.access.callers import holds
from stairlift.wiring.server.bell import Bell, News
from stairlift.wiring.server.house import House

MEDIA = "text/event-stream"
#: So many at once: beside them there are connections left for those who ask and act.
MOST_STREAMS = 2000
#: Seconds: for a client to take what it was sent, and between two looks whether it may still have it.
_UNREAD, _ADMITTED = 60.0, 60.0
#: Sent at once, so that the client knows that it is heard; it comes back after so many milliseconds.
_FIRST = b"retry: 2000\n\n"
_ALIVE = b": nothing new\n\n"


class EventStream(StreamingResponse):
    """An answer that goes on. Who does not read it is dropped: nothing is kept for them but what the kernel holds."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        super().__init__(frames, media_type=MEDIA, headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"})

    async def stream_response(self, send: Send) -> None:
        """See StreamingResponse. Raises ClientDisconnect."""

        async def patiently(message: Message) -> None:
            async with asyncio.timeout(_UNREAD):
                await send(message)

        try:
            await super().stream_response(patiently)
        except TimeoutError as unread:
            raise ClientDisconnect from unread


def demand_room(bell: Bell) -> None:
    """Before another one begins. StairliftError (stream.too_many)."""
    if bell.watchers >= MOST_STREAMS:
        raise StairliftError(
            code="stream.too_many",
            brief=f"{MOST_STREAMS} streams are open on this server, and that is all it bears",
            resolution="Ask for the same address with Accept: application/json now and then, or come again later.",
        )


def frame(name: str, seq: int, data: Any) -> bytes:
    """One event of the stream."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, name.encode(), orjson.dumps(data))


async def frames(
    who: tuple[House, Caller], watching: AsyncIterator[News | None], told: Callable[[News], bytes]
) -> AsyncIterator[bytes]:
    """What a watcher is sent: `told` of all news, a word now and then while there are none, and `end` at the end.

    It ends without that where the journal does not answer, or the caller is let in no more: coming again tells which.
    """
    house, caller = who
    checked = monotonic()
    yield _FIRST
    async with aclosing(watching) as coming:  # type: ignore[type-var]  # every one of ours is a generator
        try:
            async for news in coming:
                if monotonic() - checked > _ADMITTED:
                    if not await run_in_threadpool(holds, house, caller):
                        return
                    checked = monotonic()
                yield _ALIVE if news is None else _end(news) if news.over else told(news)
        except StairliftError:
            return


def _end(news: News) -> bytes:
    return frame("end", news.seq, {"seq": news.seq, "state": str(news.state)})


def behind(request: Request, after: int) -> int:
    """The number of the last event that a client has: what it says when it comes again counts."""
    given = request.headers.get("Last-Event-ID", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else after
