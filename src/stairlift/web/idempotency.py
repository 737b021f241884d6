"""Requests that may come twice: with the same Idempotency-Key the second gets the answer of the first.

A module whose POST requests begin something makes its router with `once_router` instead of APIRouter; the handlers know
nothing of it:

    router = once_router(prefix="/v1/runs")

    @router.post("/{run_id}/actions", status_code=202)
    def act(...): ...

Without the header nothing changes. With it, the caller is known first (who may not read gets 401), then the key is
begun, then come the checks and the handler. An answer below 500 is kept for 24 hours, per token, with its body,
Content-Type, Location and ETag. Where a StairliftError or a wrong field ends the request, nothing has come of it: the
key is forgotten. Where a defect ends it, nobody knows what came of it: the same key gets request.in_flight for ten
minutes. The same key with another method, address or body is refused (request.other_body).

An answer that holds a secret must not be kept: the router of tokens is none of these. Nor may an answer be a stream.
The header is of our own making as the IETF's draft (draft-ietf-httpapi-idempotency-key-header) has it.
"""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from stairlift.model.errors import StairliftError, UsageError
from stairlift.ports import Receipt, Receipts
from stairlift.web.access.callers import Reader
from stairlift.web.here import Here
from stairlift.wiring import clock

_KEPT = ("content-type", "location", "etag")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
#: With these nothing came of a request.
_NOTHING = (StairliftError, RequestValidationError, HTTPException)


def once_router(**given: Any) -> APIRouter:
    """A router whose POST requests may come with an Idempotency-Key; takes what APIRouter takes."""
    needed = [*given.pop("dependencies", ()), Depends(_begin)]
    return APIRouter(route_class=_Once, dependencies=needed, **given)


@dataclass(frozen=True, slots=True)
class _Begun:
    """A key that is ours to answer."""

    receipts: Receipts
    key: str
    who: str

    async def end(self, response: Response) -> None:
        if response.status_code < 500:
            headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
            receipt = Receipt(response.status_code, headers, bytes(response.body))
            await run_in_threadpool(self.receipts.end, self.key, self.who, receipt)

    async def drop(self) -> None:
        await run_in_threadpool(self.receipts.drop, self.key, self.who)


class _Answered(Exception):
    """The request has been answered before."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__("answered before")
        self.receipt = receipt


async def _begin(
    request: Request,
    house: Here,
    caller: Reader,
    key: Annotated[
        str | None, Header(alias="Idempotency-Key", description="The same key gets the same answer.")
    ] = None,
) -> None:
    if key is None or request.method != "POST":
        return
    if not _KEY.fullmatch(key):
        raise UsageError(
            code="request.bad_key",
            brief="an Idempotency-Key is 1 to 255 printable characters without blanks",
            resolution="A random UUID is a good one.",
        )
    digest = _digest(request, await request.body())
    receipt = await run_in_threadpool(house.receipts.begin, key, caller.token, digest, clock.now())
    if receipt is not None:
        raise _Answered(receipt)
    request.state.begun = _Begun(house.receipts, key, caller.token)


def _digest(request: Request, body: bytes) -> str:
    what = f"{request.method} {request.url.path}?{request.url.query}\n".encode(errors="surrogatepass")
    return f"sha256:{sha256(what + body).hexdigest()}"


class _Once(APIRoute):
    """A route that keeps what it answers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See FastAPI: what answers a request."""
        answered_by = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                response = await answered_by(request)
            except _Answered as before:
                return _as_before(before.receipt)
            except _NOTHING:
                if begun := _begun(request):
                    await begun.drop()
                raise
            if begun := _begun(request):
                await begun.end(response)
            return response

        return handler


def _begun(request: Request) -> _Begun | None:
    return getattr(request.state, "begun", None)


def _as_before(receipt: Receipt) -> Response:
    return Response(receipt.body, receipt.status, headers={**receipt.headers, "Idempotency-Replayed": "true"})
