"""What is done for runs beside the answer: they are begun, planned anew, and what they have left is put back."""

from fastapi import Request
from fastapi.responses import Response

from stairlift.web.access.callers import Operator
from stairlift.web.access.four_eyes import demand_approver_at_once
from stairlift.web.api import shapes_actions
from stairlift.web.api.bodies import WantedReplan, WantedRun, WantedSettling
from stairlift.web.api.giving import accepted
from stairlift.web.api.parameters import RunId
from stairlift.web.here import Here
from stairlift.web.idempotency import once_router
from stairlift.wiring.server import beginnings
from stairlift.wiring.server.beginnings import Anew, Beginning
from stairlift.wiring.server.settling import Settling, see_to

router = once_router(prefix="/v1/runs", tags=["runs"])


@router.post(
    "", operation_id="begin_run", status_code=202, response_model=shapes_actions.Job, summary="Carry out a plan"
)
def begin(request: Request, house: Here, caller: Operator, wanted: WantedRun) -> Response:
    """The job's result names the run. Not approved, it does what changes nothing, and waits for the plan's approval."""
    if wanted.approve or wanted.yes:
        demand_approver_at_once(house, caller, wanted.plan)
    word = wanted.model_dump()
    work = beginnings.begin(house, Beginning(**word, actor=caller.name))
    return accepted(request, house.jobs.begin("run", caller.name, work))


@router.post(
    "/{run_id}/replan",
    operation_id="replan",
    status_code=202,
    response_model=shapes_actions.Job,
    summary="Plan anew what remains of a run that rests",
)
def replan(request: Request, house: Here, caller: Operator, run_id: RunId, wanted: WantedReplan) -> Response:
    """The job's result is what has drifted. With the hash of the new plan, a run of it takes the place of the old."""
    if wanted.approve or wanted.yes:
        demand_approver_at_once(house, caller, wanted.approve)
    anew = Anew(run_id, caller.name, wanted.sources(), wanted.approve, wanted.yes, tuple(wanted.waive), wanted.policy)
    return accepted(request, house.jobs.begin("replan", caller.name, beginnings.replan(house, anew)))


@router.post(
    "/{run_id}/ledger",
    operation_id="see_to_ledger",
    status_code=202,
    response_model=shapes_actions.Job,
    summary="Put back what a run has changed, or say that nothing of it is left",
)
def settling(request: Request, house: Here, caller: Operator, run_id: RunId, wanted: WantedSettling) -> Response:
    """The job's result is the ledger as it stands then, also of one that could not put everything back."""
    work = see_to(house, Settling(run_id, caller.name, **wanted.model_dump()))
    return accepted(request, house.jobs.begin("ledger", caller.name, work))
