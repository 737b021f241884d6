"""`/metrics`: numbers for Prometheus."""

from collections.abc import Iterable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stairlift.notify.exposition import Exposition
from stairlift.report.metrics import Family
from stairlift.web.access.callers import Reader
from stairlift.web.here import Here
from stairlift.wiring.server.house import House

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(house: Here, _caller: Reader, request: Request) -> Response:
    """In the text format, or as OpenMetrics where that is asked for."""
    text, kind = Exposition(lambda: _families(house)).scraped(request.headers.get("Accept", ""))
    return Response(text, headers={"Content-Type": kind})


def _families(house: House) -> Iterable[Family]:
    office = house.office
    return house.measuring.families(office.store, house.attendance, house.outbox, office.state_dir)
