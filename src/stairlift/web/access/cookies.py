"""The cookie of a browser that is signed in. It holds a random word that stands for nothing outside this server."""

from datetime import datetime

from fastapi import Request
from fastapi.responses import Response

_NAME = "stairlift-session"


def session_of(request: Request) -> str:
    """What the browser shows; empty where it shows nothing."""
    return request.cookies.get(_name(request), "")


def give(request: Request, response: Response, secret: str, until: datetime) -> None:
    """Have the browser show it from now on, to us alone: no script reads it, and no other site has it sent."""
    response.set_cookie(
        _name(request), secret, expires=until, path="/", secure=_safe(request), httponly=True, samesite="strict"
    )


def take_back(request: Request, response: Response) -> None:
    """Have the browser forget it."""
    response.delete_cookie(_name(request), path="/", secure=_safe(request), httponly=True, samesite="strict")


def _name(request: Request) -> str:
    """Browsers take a `__Host-` cookie only from this very host, over TLS: no neighbour in its domain sets one."""
    return f"__Host-{_NAME}" if _safe(request) else _NAME


def _safe(request: Request) -> bool:
    return request.url.scheme == "https"
