"""`GET /v1/notices`: who was told what of runs elsewhere, and whether it got there."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stairlift.model.notice import DeliveryState
from stairlift.report.deliveries import delivery_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_notices as shapes
from stairlift.web.api.answers import with_next
from stairlift.web.api.parameters import PAGE, Limit, Marker, Text
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/notices", tags=["notices"])


@router.get(
    "",
    operation_id="list_notices",
    summary="The delivery log of notices, the newest first",
    response_model=shapes.Notices,
)
def notices(  # noqa: PLR0917  # each is a parameter of the address
    request: Request,
    house: Here,
    _caller: Reader,
    run: Annotated[Text | None, Query(description="Only those of this run.")] = None,
    channel: Annotated[Text | None, Query(description="Only those to this channel.")] = None,
    state: Annotated[DeliveryState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = PAGE,
    marker: Marker = None,
) -> Response:
    """What `stairlift notices -o json` prints, page by page."""
    found = house.outbox.deliveries(run=run, channel=channel, state=state, behind=marker, limit=limit + 1)
    shown = found[:limit]
    behind_it = {"limit": str(limit), "marker": shown[-1].key} if len(found) > limit else None
    return with_next(request, delivery_document(shown), behind_it)
