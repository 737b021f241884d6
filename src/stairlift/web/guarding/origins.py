"""Changes are asked for by our own pages and by programs, never by another site in somebody's browser."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from stairlift.web.access.refused import foreign

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


class Origins:
    """Refuses what a browser says to come from elsewhere. Programs say nothing of the kind."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises Refusal (access.foreign)."""
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            _demand_ours(Headers(scope=scope))
        await self._app(scope, receive, send)


def _demand_ours(headers: Headers) -> None:
    """Browsers tell it by Sec-Fetch-Site over TLS and on this machine, by Origin everywhere."""
    site, origin = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None and site not in _OURS:
        raise foreign(origin or f"a page that is {site}")
    if origin is not None and _host(origin) != headers.get("Host", "").lower():
        raise foreign(origin)


def _host(origin: str) -> str:
    """Name and port. Not the scheme: what we see behind a proxy need not be what the browser sees."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
