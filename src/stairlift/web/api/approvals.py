"""`/v1/runs/{run}/approvals`: what waits for one and who gave which; one given, by somebody who may."""

from fastapi.responses import Response

from stairlift.report.approvals import TELLING, approvals_document, approvals_given
from stairlift.web.access.callers import Approver, Reader
from stairlift.web.access.four_eyes import demand_approver
from stairlift.web.api import shapes, shapes_actions
from stairlift.web.api.actions import By, told
from stairlift.web.api.bodies import WantedApproval
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import RunId
from stairlift.web.here import Here
from stairlift.web.idempotency import once_router
from stairlift.wiring.server.steering import Word

router = once_router(prefix="/v1/runs/{run_id}", tags=["actions"])


@router.get(
    "/approvals",
    operation_id="get_approvals",
    response_model=shapes_actions.Approvals,
    summary="What of a run waits for approval, and who approved what",
)
def approvals(house: Here, _caller: Reader, run_id: RunId) -> Response:
    """What waits is as in `/actions`; `given` is on record, with what each covers."""
    records = house.office.store
    run = records.run(run_id)
    on_record = approvals_given(run, records.events(run_id, kinds=TELLING), records.commands(run_id))
    return given(approvals_document(house.steering.choices(run), on_record))


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
    demand_approver(house, caller, run, word=word, by=by)
    return told(house, run_id, word, by)
