"""`/` for programs and `/v1`: what there is, as links."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from stairlift import __version__
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes
from stairlift.web.api.accepting import preferred
from stairlift.web.api.answers import links
from stairlift.web.api.description import described
from stairlift.web.api.giving import given

_LISTS = (
    *("clouds", "observations", "plans", "runs", "ledger", "notices", "tokens"),
    *("workers", "strategies", "inventories"),
)


class _ForPrograms(APIRoute):
    """A route that is not there for browsers: they have a page of this address."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See Route."""
        found = super().matches(scope)
        asks = scope["type"] == "http" and preferred(Request(scope), "text/html", "application/json")
        return found if asks == "application/json" else (Match.NONE, {})


root = APIRouter(tags=["discovery"], route_class=_ForPrograms)
router = APIRouter(tags=["discovery"])


@root.get(
    "/",
    operation_id="discover_root",
    summary="What this is",
    response_model=shapes.Discovery,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}, "description": "Links; or a page"}},
)
def discover_root(_caller: Reader) -> Response:
    """With Accept: application/json; browsers get the page of all runs."""
    return given(_document(links(v1="/v1", healthz="/healthz", readyz="/readyz", metrics="/metrics")))


@router.get("/v1", operation_id="discover", summary="What the API has", response_model=shapes.Discovery)
def discover(_caller: Reader) -> Response:
    """Links to every list, and to the description of it all."""
    those = {name: f"/v1/{name}" for name in _LISTS}
    return given(_document(links(self="/v1", service_desc="/v1/openapi.json", **those)))


@router.get(
    "/v1/openapi.json", operation_id="describe", summary="The description of the API", response_model=dict[str, Any]
)
def describe(request: Request, _caller: Reader) -> Response:
    """OpenAPI 3.1: this document."""
    return given(described(request.app))


def _document(found: list[dict[str, str]]) -> dict[str, Any]:
    return {"name": "stairlift", "version": __version__, "links": found}
