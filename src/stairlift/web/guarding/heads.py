"""Headers of every answer: what a browser may do with it, and that nothing of it is kept."""

from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Everything that a page needs is ours; nothing is written into pages that a script could be.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_UNLESS_GIVEN = ((b"cache-control", b"no-store"),)
_UNDER_TLS = ((b"strict-transport-security", b"max-age=31536000"),)


class Heads:
    """Adds them to what the application answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""

        async def with_heads(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                message = {**message, "headers": [*given, *_missing({name.lower() for name, _ in given}, scope)]}
            await send(message)

        await self._app(scope, receive, with_heads if scope["type"] == "http" else send)


def _missing(given: set[bytes], scope: Scope) -> Iterator[tuple[bytes, bytes]]:
    yield from (header for header in (*_ALWAYS, *_UNLESS_GIVEN) if header[0] not in given)
    if scope.get("scheme") == "https":
        yield from _UNDER_TLS
