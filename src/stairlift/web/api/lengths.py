"""How long the like of a step took, and what attempts are at: what a client needs that shows a run by itself."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_lengths as shapes
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import PAGE, Limit, RunId, Text, Time
from stairlift.web.here import Here

router = APIRouter(prefix="/v1", tags=["steps"])
_Steps = Annotated[list[Text], Query(max_length=100, description="These steps.")]


@router.get(
    "/runs/{run_id}/took",
    operation_id="get_took",
    summary="How long the like of a step took",
    response_model=shapes.Took,
)
def took(
    house: Here,
    _caller: Reader,
    run_id: RunId,
    step: Annotated[Text, Query(description="The step.")],
    limit: Limit = 20,
) -> Response:
    """Seconds of attempts that ended well at steps of the same action, services and strategy, the newest first."""
    records = house.office.store
    found = records.took(records.run(run_id).id, step, limit)
    return given({"step": step, "took": [length.total_seconds() for length in found]})


@router.get(
    "/runs/{run_id}/doing",
    operation_id="get_doing",
    summary="What the newest attempts of some steps are at",
    response_model=shapes.Doing,
)
def doing(house: Here, _caller: Reader, run_id: RunId, step: _Steps) -> Response:
    """What they tell of it, and which of them no worker has taken yet: with why, or with nothing."""
    office = house.office
    run = office.store.run(run_id)
    newest = [found[-1].id for one in step if (found := office.store.attempts(run.id, one))]
    queued = office.crew.queued(newest) if office.crew else {}
    return given({"doing": office.tasks(newest), "queued": queued})


@router.get(
    "/lengths",
    operation_id="list_lengths",
    summary="How long steps of a cloud took, by their sort",
    response_model=shapes.Lengths,
)
def lengths(
    house: Here,
    _caller: Reader,
    cloud: Annotated[Text, Query(description="Of this cloud.")],
    limit: Limit = PAGE,
    before: Annotated[Time | None, Query(description="Of runs that were made before this time (RFC 3339).")] = None,
) -> Response:
    """Seconds, of steps that are done in the newest five runs; estimates are made of them."""
    found = house.office.store.lengths(cloud, limit, before)
    return given({"lengths": {sort: [one.total_seconds() for one in them] for sort, them in found.items()}})
