"""Limits for what is sent to us: how much, how slowly, and what kind of JSON. They hold before anything is read."""

import asyncio
from collections.abc import Callable
from functools import partial

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stairlift.model.errors import UsageError
from stairlift.web.access.callers import demand
from stairlift.web.access.open_doors import is_open
from stairlift.web.guarding.strict_json import read_json
from stairlift.wiring.server.bringing import demand_open

#: The most bytes of a body; of a plan of a large cloud, the same as of a file of one; of what a stranger sends.
USUAL, LARGE, STRANGERS = 2**20, 100 * 2**20, 2**16
#: Seconds until a body must be here, and bytes that earn it another one. The connection itself waits a little longer,
#: and then hangs up without a word.
_PATIENCE, _LEAST_RATE = 15.0, 10_000
#: Where whole plans are brought.
_LARGE_ONES = frozenset({("POST", "/v1/plans")})


class Bodies:
    """Reads small bodies whole before anybody else, and counts large ones while they come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. UsageError (request.too_large, request.too_slow, request.bad_json), Refusal (access.*)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        large = (scope["method"], scope["path"]) in _LARGE_ONES and _is_json(headers)
        fits = _fitting(scope, large=large)
        fits(_told_size(headers))
        counted = _Counted(receive, fits)
        await self._app(scope, counted if large else await _whole(counted, scope), send)


class _Counted:
    """A body as it comes, until it is too much or too slow."""

    def __init__(self, receive: Receive, fits: Callable[[int], None]) -> None:
        self._receive = receive
        self._fits = fits
        self._until = asyncio.get_running_loop().time() + _PATIENCE
        self._size = 0
        self._more = True

    async def __call__(self) -> Message:
        """The next piece; behind the end, what the server has to say of the client."""
        if not self._more:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError as late:
            raise _too_slow() from late
        came = len(message.get("body", b""))
        self._size += came
        self._until += came / _LEAST_RATE
        self._more = bool(message.get("more_body"))
        self._fits(self._size)
        return message


async def _whole(counted: _Counted, scope: Scope) -> Receive:
    """A small body, read and looked at, to be received once more."""
    pieces = []
    more = True
    while more:
        message = await counted()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        more = bool(message.get("more_body"))
    body = b"".join(pieces)
    if body and _is_json(Headers(scope=scope)):
        read_json(body)
    return _again({"type": "http.request", "body": body, "more_body": False}, counted)


def _again(message: Message, then: Receive) -> Receive:
    kept = [message]

    async def receive() -> Message:
        return kept.pop() if kept else await then()

    return receive


def _is_json(headers: Headers) -> bool:
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _told_size(headers: Headers) -> int:
    told = headers.get("Content-Length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0


def _fitting(scope: Scope, *, large: bool) -> Callable[[int], None]:
    """What is asked of a size, and raises where it is too much for this request."""
    if not large:
        return partial(_demand_small, limit=STRANGERS if is_open(scope["path"]) else USUAL)

    def fits(size: int) -> None:
        if size > USUAL:  # a plan, for which there must be room and reason
            request = Request(scope)
            demand(request.state.caller, "operate")
            demand_open(request.app.state.house)
        _demand_small(size, limit=LARGE)

    return fits


def _demand_small(size: int, *, limit: int) -> None:
    if size > limit:
        raise UsageError(
            code="request.too_large",
            brief=f"what was sent is larger than {f'{limit >> 20} MiB' if limit >= 2**20 else f'{limit >> 10} KiB'}",
            resolution="Only whole plans may be larger: POST them to /v1/plans.",
        )


def _too_slow() -> UsageError:
    return UsageError(
        code="request.too_slow",
        brief="what was to be sent was not here in time",
        details=f"it has {_PATIENCE:g} s, and another one for each {_LEAST_RATE} bytes",
        resolution="Send it again, over a network that is fast enough.",
    )
