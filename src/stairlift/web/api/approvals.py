"""`POST /v1/runs/{run}/approvals`: a step that waits, or the plan as a whole, by somebody who may."""

from fastapi.responses import Response

from stairlift.web.access.callers import Approver
from stairlift.web.access.four_eyes import bar, may_approve
from stairlift.web.api import shapes
from stairlift.web.api.actions import By, told
from stairlift.web.api.bodies import WantedApproval
from stairlift.web.api.parameters import RunId
from stairlift.web.here import Here
from stairlift.web.idempotency import once_router
from stairlift.wiring.server.steering import Word

router = once_router(prefix="/v1/runs/{run_id}", tags=["actions"])


@router.post(
    "/approvals",
    operation_id="approve",
    status_code=202,
    response_model=shapes.Command,
    summary="Approve a step that waits, or the plan as a whole",
)
def approve(house: Here, caller: Approver, run_id: RunId, wanted: WantedApproval, by: By) -> Response:
    """What it covers goes on record with it."""
    run, word = house.office.store.run(run_id), Word("approve", wanted.step, reason=wanted.reason)
    refused = may_approve(house, caller, run)
    if refused is not None:
        bar(house, run, word, by, refused)
        raise refused
    return told(house, run_id, word, by)
