"""`POST /v1/plans`: a plan is made here, or one that was made elsewhere is brought."""

from threading import Lock
from typing import Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from stairlift.model.access import Caller
from stairlift.report.shelf import plan_summary
from stairlift.web.access.callers import Operator
from stairlift.web.api import shapes_actions, shapes_plans
from stairlift.web.api.bodies import WantedPlan
from stairlift.web.api.giving import accepted, given
from stairlift.web.guarding.bodies import USUAL
from stairlift.web.guarding.strict_json import read_json
from stairlift.web.here import Here
from stairlift.web.idempotency import once_router
from stairlift.wiring.server import bringing, commissions
from stairlift.wiring.server.house import House

router = once_router(prefix="/v1/plans", tags=["plans"])
#: One plan is read at a time: as objects a large one takes ten times the room that its text takes.
_READING = Lock()
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        WantedPlan.model_json_schema(),
                        {
                            "title": "WholePlan",
                            "description": "What `stairlift plan -o json` prints; only with [serve] accept_plans.",
                            "type": "object",
                            "required": ["schema", "hash", "checksum"],
                            "properties": {"schema": {"const": "stairlift.plan/1"}},
                        },
                    ]
                }
            }
        },
    },
}
_BROUGHT: dict[int | str, dict[str, Any]] = {
    201: {"description": "The plan that was brought, as it is kept", "model": shapes_plans.KeptPlan}
}


@router.post(
    "",
    operation_id="make_plan",
    status_code=202,
    response_model=shapes_actions.Job,
    responses=_BROUGHT,
    summary="Make a plan, or bring one",
    openapi_extra=_BODY,
)
async def make(request: Request, house: Here, caller: Operator) -> Response:
    """Made here: 202, and the job's result has the hash. Brought: 201, once all of it was looked at."""
    return await run_in_threadpool(_seen_to, request, house, caller, await request.body())


def _seen_to(request: Request, house: House, caller: Caller, body: bytes) -> Response:
    if len(body) > USUAL or _is_plan(body):
        with _READING:
            kept = bringing.bring(house, body, caller.name)
        return given(plan_summary(kept), 201, {"Location": f"/v1/plans/{kept.hash}"})
    wanted = _wanted(body)
    work = commissions.make(house, wanted.sources(), wanted.wishes(), caller.name, policy=wanted.policy)
    return accepted(request, house.jobs.begin("plan", caller.name, work))


def _is_plan(body: bytes) -> bool:
    """Wishes say nothing of a schema."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return isinstance(found, dict) and "schema" in found


def _wanted(body: bytes) -> WantedPlan:
    try:
        return WantedPlan.model_validate(read_json(body))
    except ValidationError as wrong:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in wrong.errors()]) from wrong
