"""Whoever is not known goes no further than the open doors: nothing else that he brings is looked at, or answered."""

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from stairlift.web.access.callers import let_in
from stairlift.web.access.open_doors import is_open


class Doors:
    """Stands before whatever reads a body or looks for a route: a door that nobody thought of is closed as well."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises access.unknown and access.too_many, StairliftError (store.*)."""
        if scope["type"] == "http" and not is_open(scope["path"]):
            await run_in_threadpool(let_in, Request(scope))  # the journal is asked
        await self._app(scope, receive, send)
