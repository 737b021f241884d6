"""A name for every request, and a line in the log when it has been answered; what nobody foresaw ends here, too."""

import logging
import re
import time
import uuid
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stairlift.model.errors import StairliftError
from stairlift.model.naming import printable
from stairlift.web.problems import answer, as_object
from stairlift.wiring.defects import defect_of

HEADER = "X-Openstack-Request-Id"
_log = logging.getLogger(__name__)
#: What OpenStack's own services make and take over from each other.
_NAME = re.compile(rb"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: What is asked for every few seconds, and tells nothing.
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


class Naming:
    """The outermost: it sees every request, and every answer as it goes out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = _Watched(scope, send)
        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            watched.status = 499
        except Exception as error:  # the last line of defence: nobody gets a traceback  # noqa: BLE001
            await watched.tell(_foreseen(error, watched.request), receive)
        finally:
            watched.log()


class _Watched:
    """A request on its way: what it is called, and what became of it."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.request = Request(scope)
        self.request.state.request_id = _name(scope)
        self.status = 0
        self._scope = scope
        self._send = send
        self._began = time.perf_counter()

    async def __call__(self, message: Message) -> None:
        """Send on, with the request's name."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            named = (HEADER.lower().encode(), self.request.state.request_id.encode())
            message = {**message, "headers": [*message.get("headers", ()), named]}
        await self._send(message)

    async def tell(self, error: StairliftError, receive: Receive) -> None:
        """Answer with an error; where an answer is under way, it stays torn, which every client notices."""
        if not self.status:
            await _response(self.request, error)(self._scope, receive, self)

    def log(self) -> None:
        """One line: who did what, with which end, in how long."""
        state, path = self.request.state, self._scope["path"]
        took = (time.perf_counter() - self._began) * 1000
        level = logging.DEBUG if path.startswith(_QUIET) and self.status < 400 else logging.INFO
        _log.log(level, "%s", printable(_line(state, self._scope["method"], path, self.status, took)))


def _line(state: Any, method: str, path: str, status: int, took: float) -> str:
    caller = getattr(state, "caller", None)
    words = (state.request_id, caller.name if caller else "-", method, path.replace("\n", "?"), status or "nothing")
    problem = getattr(state, "problem", "")
    return " ".join((*map(str, words), *filter(None, (problem,)), f"{took:.0f} ms"))


def _response(request: Request, error: StairliftError) -> Response:
    """The answer; where even the page of problems is a defect, the object, which needs nothing."""
    try:
        return answer(request, error)
    except Exception:  # the first defect is what is told  # noqa: BLE001
        return as_object(request, error)


def _name(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == HEADER.lower().encode()), b"")
    return given.decode() if _NAME.fullmatch(given) else f"req-{uuid.uuid4()}"


def _foreseen(error: Exception, request: Request) -> StairliftError:
    """An error that can be shown: of a defect the traceback goes to a file, and a sentence to whoever asked."""
    if isinstance(error, StairliftError):
        return error
    return defect_of(error, request.state.request_id)
