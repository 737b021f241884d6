"""`/v1/plans`: plans that are kept here, to be read, approved and run."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import PlainTextResponse, Response

from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.plan.difference import difference as differing
from stairlift.report.plan_difference import difference_document
from stairlift.report.shelf import plan_summary
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes, shapes_actions, shapes_plans
from stairlift.web.api.answers import page
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import PAGE, Limit, Marker, OfCloud, PlanHash, Text
from stairlift.web.here import Here
from stairlift.wiring.files import with_checksum
from stairlift.wiring.runbooks import runbook_lines
from stairlift.wiring.server.house import House

router = APIRouter(prefix="/v1/plans", tags=["plans"])


@router.get(
    "",
    operation_id="list_plans",
    response_model=shapes_plans.Plans,
    summary="The plans that are kept here, the newest first",
)
def plans(
    request: Request, house: Here, _caller: Reader, cloud: OfCloud = None, limit: Limit = PAGE, marker: Marker = None
) -> Response:
    """Page by page; `marker` is the hash of the last one that was seen."""
    found = house.library.plans(cloud=cloud, before=marker, limit=limit + 1)
    behind = found[limit - 1].hash if len(found) > limit else None
    return page(request, "plans", [plan_summary(kept) for kept in found], limit, behind)


@router.get("/{plan_hash}", operation_id="get_plan", response_model=shapes_plans.Plan, summary="A whole plan")
def plan(house: Here, _caller: Reader, plan_hash: PlanHash) -> Response:
    """As `stairlift plan -o json` prints it, with its checksum."""
    return given(with_checksum(house.library.plan(plan_hash)[1]))


@router.get(
    "/{plan_hash}/findings",
    operation_id="get_plan_findings",
    response_model=shapes.PlanFindings,
    summary="What was found when the plan was made, and what was waived",
)
def findings(house: Here, _caller: Reader, plan_hash: PlanHash) -> Response:
    """Errors that nobody waived are in no plan that is kept."""
    document = house.library.plan(plan_hash)[1]
    return given({"findings": document["findings"], "waivers": document["waivers"]})


@router.get(
    "/{plan_hash}/runbook",
    operation_id="get_runbook",
    summary="What would be typed, step by step",
    response_class=PlainTextResponse,
)
def runbook(house: Here, _caller: Reader, plan_hash: PlanHash) -> Response:
    """A shell script to read."""
    return PlainTextResponse("".join(f"{line}\n" for line in runbook_lines(_plan(house, plan_hash))))


@router.get(
    "/{plan_hash}/difference",
    operation_id="get_difference",
    response_model=shapes_actions.Difference,
    summary="What this plan does otherwise than another one",
)
def difference(
    house: Here, _caller: Reader, plan_hash: PlanHash, other: Annotated[Text, Query(alias="with")]
) -> Response:
    """From the plan of the hash `with` to this one."""
    old, new = _plan(house, other), _plan(house, plan_hash)
    return given(difference_document(differing(old, new, (), ()), (old, new), (None, None)))


def _plan(house: House, plan_hash: str) -> Plan:
    return from_document(house.library.plan(plan_hash)[1])
