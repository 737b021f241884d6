"""Pages of lists, and documents that a client may have already.

Each route declares the shape of its answer as a pydantic model and gives the document itself in a response: FastAPI
then describes the shape and validates nothing, so that a list of thousands of steps costs what orjson takes for it.
That the documents have the shapes which are declared is what tests/e2e/test_api.py validates, with no key left over.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response

from stairlift.web.api.giving import given, tagged


def listed(name: str, rows: Iterable[Any]) -> Response:
    """A whole list."""
    return given({name: list(rows)})


def page(request: Request, name: str, rows: Sequence[Any], limit: int, marker: str | None) -> Response:
    """A page of a list; `marker` is what the next one begins behind, None where there is no more."""
    more = [] if marker is None else [_next(request, {"limit": str(limit), "marker": marker})]
    return given({name: list(rows[:limit]), "links": more})


def _next(request: Request, parameters: Mapping[str, str]) -> dict[str, str]:
    others = [(key, value) for key, value in request.query_params.multi_items() if key not in parameters]
    return {"rel": "next", "href": f"{request.url.path}?{urlencode([*others, *parameters.items()])}"}


def with_next(request: Request, document: Mapping[str, Any], parameters: Mapping[str, str] | None) -> Response:
    """A document that is a page, with the link to the next one where these parameters lead to it."""
    return given({**document, "links": [_next(request, parameters)] if parameters else []})


def unless_known(request: Request, tag: str, make: Callable[[], Any]) -> Response:
    """A document under a strong ETag, which is made only for who does not have it."""
    known = tagged(request, None, tag)
    if known.status_code == 304:
        return known
    return given(make(), headers={name: known.headers[name] for name in ("ETag", "Cache-Control")})


def links(**those: str) -> list[dict[str, str]]:
    """Links by what they lead to."""
    return [{"rel": rel.replace("_", "-"), "href": href} for rel, href in those.items()]
