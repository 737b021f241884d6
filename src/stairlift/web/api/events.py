"""`/v1/runs/{run_id}/events`: what happened, page by page or as it happens, and a doorbell for pages."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stairlift.report.events import event_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_runs as shapes
from stairlift.web.api.accepting import preferred
from stairlift.web.api.answers import with_next
from stairlift.web.api.parameters import MOST, PAGE, Limit, RunId
from stairlift.web.api.streams import MEDIA, EventStream, behind, demand_room, frame, frames
from stairlift.web.here import Here
from stairlift.wiring.server.bell import News

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["events"])
SCHEMA = "stairlift.events/1"
_STREAM = {MEDIA: {"schema": {"type": "string"}}}
_After = Annotated[int, Query(ge=0, le=MOST, description="Only those behind this number.")]


@router.get(
    "/events",
    operation_id="list_events",
    summary="What happened, in order",
    response_model=shapes.Events,
    responses={200: {"content": _STREAM, "description": "A page; or, with Accept: text/event-stream, all as it comes"}},
)
def events(  # noqa: PLR0917  # each is a parameter of the address
    request: Request, house: Here, caller: Reader, run_id: RunId, after: _After = 0, limit: Limit = PAGE
) -> Response:
    """A stream goes on behind the header Last-Event-ID, and ends with `end` when the run is over and all was sent."""
    found = house.office.store.run(run_id)
    if preferred(request, "application/json", MEDIA) == MEDIA:
        demand_room(house.bell)
        watching = house.bell.events(found.id, behind(request, after))
        return EventStream(frames((house, caller), watching, _told))
    page = house.office.store.events(found.id, after, limit + 1)
    behind_it = {"limit": str(limit), "after": str(page[limit - 1].seq)} if len(page) > limit else None
    rows = [event_document(event) for event in page[:limit]]
    document = {"schema": SCHEMA, "run": found.id, "cloud": found.cloud, "events": rows}
    return with_next(request, document, behind_it)


def _told(news: News) -> bytes:
    return b"".join(frame(event.kind, event.seq, event_document(event)) for event in news.events)


@router.get(
    "/bell",
    operation_id="watch_run",
    summary="A doorbell: it rings when something has happened",
    response_class=Response,
    responses={200: {"content": _STREAM, "description": "Rings with the number of the newest event"}},
)
def bell(request: Request, house: Here, caller: Reader, run_id: RunId, after: _After = 0) -> Response:
    """It tells that there is something and not what: whoever hears it asks for that. At most four rings a second."""
    found = house.office.store.run(run_id)
    demand_room(house.bell)
    watching = house.bell.rings(found.id, behind(request, after))
    return EventStream(frames((house, caller), watching, _rung))


def _rung(news: News) -> bytes:
    return frame("ring", news.seq, {"seq": news.seq, "state": str(news.state)})
