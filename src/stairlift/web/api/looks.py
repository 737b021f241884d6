"""`POST /v1/observations` and `/v1/checks`: a cloud is looked at, by the server's own sources and credentials."""

from fastapi import Request
from fastapi.responses import Response

from stairlift.model.errors import UsageError
from stairlift.web.access.callers import Operator
from stairlift.web.api import shapes_actions
from stairlift.web.api.bodies import WantedCheck, WantedLook
from stairlift.web.api.giving import accepted
from stairlift.web.here import Here
from stairlift.web.idempotency import once_router
from stairlift.wiring.planning import Wishes
from stairlift.wiring.server import commissions

router = once_router(prefix="/v1", tags=["clouds"])


@router.post(
    "/observations",
    operation_id="observe",
    status_code=202,
    response_model=shapes_actions.Job,
    summary="Look at a cloud; what was seen is kept",
)
def observe(request: Request, house: Here, caller: Operator, wanted: WantedLook) -> Response:
    """The job's result names the observation."""
    work = commissions.observe(house, wanted.sources(), caller.name)
    return accepted(request, house.jobs.begin("observation", caller.name, work))


@router.post(
    "/checks",
    operation_id="check",
    status_code=202,
    response_model=shapes_actions.Job,
    summary="Find all that is wrong before anything is done",
)
def check(request: Request, house: Here, caller: Operator, wanted: WantedCheck) -> Response:
    """The job's result is what `stairlift check -o json` prints, also of one that failed since no source answered."""
    if not wanted.to and (wanted.source or wanted.waive):
        raise UsageError(code="usage.options", brief="from and waive are about a way: they need to")
    wishes = Wishes(wanted.to, wanted.source, waive=wanted.waive) if wanted.to else None
    work = commissions.check(house, wanted.sources(), wishes, caller.name, strict=wanted.strict)
    return accepted(request, house.jobs.begin("check", caller.name, work))
