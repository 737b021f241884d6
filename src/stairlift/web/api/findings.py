"""`/v1/runs/{run_id}/findings`: what spoke against a run's plan, and who answers for what was waived."""

from fastapi import APIRouter
from fastapi.responses import Response

from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import RunId
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["findings"])


@router.get(
    "/findings", operation_id="get_run_findings", summary="Findings of a run's plan", response_model=shapes.PlanFindings
)
def findings(house: Here, _caller: Reader, run_id: RunId) -> Response:
    """As its plan has them, with the waivers of it."""
    head = house.office.store.plan_head(run_id)
    return given({"findings": head["findings"], "waivers": head["waivers"]})
