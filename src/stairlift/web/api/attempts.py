"""`/v1/runs/{run_id}/attempts`: what was tried at steps, and how it ended."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stairlift.model.errors import UsageError
from stairlift.model.run import Attempt, AttemptId
from stairlift.report.export import attempt_document
from stairlift.store.refusals import unknown_marker
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_steps as shapes
from stairlift.web.api.answers import page
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import MOST, PAGE, AttemptNumber, Limit, Marker, RunId, StepId, Text
from stairlift.web.here import Here
from stairlift.wiring.hindrances import unknown_step
from stairlift.wiring.server.house import House

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["attempts"])


@router.get(
    "/attempts",
    operation_id="list_attempts",
    summary="Attempts, in the order in which they began",
    response_model=shapes.Attempts,
)
def attempts(  # noqa: PLR0917  # each is a parameter of the address
    request: Request,
    house: Here,
    _caller: Reader,
    run_id: RunId,
    step: Annotated[Text | None, Query(description="Only those at this step.")] = None,
    limit: Limit = PAGE,
    marker: Marker = None,
) -> Response:
    """A marker is STEP/NUMBER."""
    found_run = house.office.store.run(run_id)
    if step is not None and not house.office.store.plan_steps(run_id, [step]):
        raise unknown_step(found_run, step)
    behind = None if marker is None else _marked(run_id, marker)
    found = house.office.store.attempts(run_id, step, behind=behind, most=limit + 1)
    last = found[limit - 1].id if len(found) > limit else None
    rows = [attempt_document(attempt) for attempt in found]
    return page(request, "attempts", rows, limit, f"{last.step}/{last.number}" if last else None)


def _marked(run_id: str, marker: str) -> AttemptId:
    step, _, number = marker.rpartition("/")
    if not step or not (number.isascii() and number.isdigit()) or len(number) > len(str(MOST)):
        raise unknown_marker(marker)
    return AttemptId(run_id, step, int(number))


@router.get(
    "/steps/{step:path}/attempts/{number}",
    operation_id="get_attempt",
    summary="One attempt",
    response_model=shapes.Attempt,
)
def one_attempt(house: Here, _caller: Reader, run_id: RunId, step: StepId, number: AttemptNumber) -> Response:
    """How it ended, as far as it has."""
    return given(attempt_document(attempt_of(house, run_id, step, number)))


def attempt_of(house: House, run_id: str, step: str, number: int) -> Attempt:
    """An attempt that is on record. UsageError (run.unknown, run.unknown_step, attempt.unknown)."""
    records = house.office.store
    found_run = records.run(run_id)
    if not records.plan_steps(run_id, [step]):
        raise unknown_step(found_run, step)
    for attempt in records.attempts(run_id, step):
        if attempt.id.number == number:
            return attempt
    raise UsageError(
        code="attempt.unknown",
        brief=f"step {step} has no attempt {number}",
        resolution=f"GET /v1/runs/{run_id}/attempts?step={step} names those that there are.",
    )
