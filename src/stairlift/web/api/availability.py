"""`/v1/runs/{run_id}/availability`: what users of the cloud felt."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from stairlift.model.run import Run
from stairlift.report.availability_words import availability_document
from stairlift.report.strip import strip_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_felt as shapes
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import RunId, Time
from stairlift.web.here import Here
from stairlift.wiring.measured import availability_of, not_measured
from stairlift.wiring.server.house import House

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["availability"])


@router.get(
    "/availability",
    operation_id="get_availability",
    summary="What users felt while a run went on",
    response_model=shapes.Availability | shapes.Strip,
)
def availability(  # each is a parameter of the address
    house: Here,
    _caller: Reader,
    run_id: RunId,
    strip: Annotated[int | None, Query(ge=1, le=2000, description="In so many stretches of time instead.")] = None,
    begin: Annotated[Time | None, Query(alias="from", description="Where the strip begins (RFC 3339).")] = None,
    end: Annotated[Time | None, Query(alias="to", description="Where it ends.")] = None,
) -> Response:
    """What `stairlift availability -o json` prints; or, with `strip`, numbers of each API for so many bins."""
    found = house.office.store.run(run_id)
    if strip is not None:
        return given(_strip(house, found, strip, (begin, end)))
    felt = availability_of(found, house.office.store, house.office.state_dir)
    if felt is None:
        raise not_measured(found.id)
    return given(availability_document(found.id, felt))


def _strip(house: House, run: Run, bins: int, between: tuple[datetime | None, datetime | None]) -> object:
    begin, end = (None if at is None else at.timestamp() for at in between)
    found = house.strips.strip_of(run, house.office.state_dir, bins=bins, begin=begin, end=end)
    if found is None:
        raise not_measured(run.id)
    return strip_document(found)
