"""`/v1/runs/{run_id}/steps`: the steps of a run's plan, and where each stands."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stairlift.model.run import StepState
from stairlift.report.run_document import one_step_document, step_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_steps as shapes
from stairlift.web.api.answers import page
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import PAGE, Limit, Marker, RunId, StepId, Text
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/runs/{run_id}/steps", tags=["steps"])


@router.get("", operation_id="list_steps", summary="Steps, in the order of the plan", response_model=shapes.Steps)
def steps(  # noqa: PLR0917  # each is a parameter of the address
    request: Request,
    house: Here,
    _caller: Reader,
    run_id: RunId,
    state: Annotated[list[StepState], Query(description="Only those in one of these states.")] = [],  # noqa: B006
    host: Annotated[Text | None, Query(description="Only those on this host.")] = None,
    stage: Annotated[Text | None, Query(description="Only those of this stage.")] = None,
    limit: Limit = PAGE,
    marker: Marker = None,
) -> Response:
    """Each with its state and what the plan says of it."""
    records = house.office.store
    found = records.step_page(run_id, states=state, stage=stage, host=host, behind=marker, most=limit + 1)
    behind = found[limit - 1][0].id if len(found) > limit else None
    return page(request, "steps", [step_document(*one) for one in found], limit, behind)


@router.get(
    "/{step:path}", operation_id="get_step", summary="One step, and why it does not move", response_model=shapes.OneStep
)
def one_step(house: Here, _caller: Reader, run_id: RunId, step: StepId) -> Response:
    """With what the plan says of it, what holds it up, and what its attempt does now."""
    office = house.office
    run = office.store.run(run_id)
    standing, why = office.archive.why(run, step, near=True)
    [status] = (status for status in standing.steps if status.id == step)
    [planned] = office.store.plan_steps(run_id, [step])
    doing = office.doing(run_id, [step]).get(step, "") if status.attempt else ""
    return given(one_step_document(status, planned, why, doing))
