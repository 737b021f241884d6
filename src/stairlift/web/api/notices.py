"""`GET /v1/notices`: who was told what of runs elsewhere, and whether it got there."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response

from stairlift.model.notice import DeliveryState
from stairlift.report.deliveries import delivery_document
from stairlift.web.access.callers import Reader
from stairlift.web.api.giving import given
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/notices", tags=["notices"])

_Text = Annotated[str | None, Query(max_length=200, pattern="^[^\\x00]*$")]
_Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("", summary="The delivery log of notices, the newest first")
def notices(  # FastAPI makes parameters of parameters  # noqa: PLR0917
    house: Here,
    _caller: Reader,
    run: _Text = None,
    channel: _Text = None,
    state: DeliveryState | None = None,
    limit: _Limit = 100,
    marker: _Text = None,
) -> Response:
    """Page by page; `marker` is the key of the last one that was seen."""
    found = house.outbox.deliveries(run=run, channel=channel, state=state, behind=marker, limit=limit + 1)
    shown = found[:limit]
    links = []
    if len(found) > limit:
        asked = {"run": run, "channel": channel, "state": state, "limit": limit, "marker": shown[-1].key}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        links = [{"rel": "next", "href": f"/v1/notices?{query}"}]
    return given({**delivery_document(shown), "links": links})
