"""`/v1/runs/{run}/actions`: what a run can be told now, and telling it. Whoever acts shows what he has seen."""

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from stairlift.model.errors import UsageError
from stairlift.report.choices import choices_document, tag
from stairlift.report.export import command_document
from stairlift.report.rollback import way_back_document
from stairlift.run.undoing import way_back
from stairlift.web.access.callers import Operator, Reader
from stairlift.web.access.four_eyes import demand_approver
from stairlift.web.access.ways import way_of
from stairlift.web.api import shapes, shapes_actions
from stairlift.web.api.bodies import WantedAction
from stairlift.web.api.giving import given, strong_tags, tagged
from stairlift.web.api.parameters import RunId
from stairlift.web.here import Here
from stairlift.web.idempotency import once_router
from stairlift.wiring.server.house import House
from stairlift.wiring.server.steering import Sight, Word

router = once_router(prefix="/v1/runs/{run_id}", tags=["actions"])


async def _sight(
    request: Request,
    caller: Reader,
    seen: Annotated[str, Header(alias="If-Match", description="The ETag of GET .../actions, or a match in it.")] = "",
) -> Sight:
    """Who acts, having seen what. UsageError (request.no_match)."""
    tags = strong_tags(seen)
    if not tags:
        raise UsageError(
            code="request.no_match",
            brief="nothing shows what you have seen of this run",
            resolution="GET its actions, and send their ETag as If-Match.",
        )
    key = request.headers.get("Idempotency-Key")
    return Sight(caller.name, tags, f"{caller.token} {key}" if key else "", way_of(request, caller))


#: Who acts and what he has seen, as a parameter.
By = Annotated[Sight, Depends(_sight)]


@router.get(
    "/actions",
    operation_id="get_actions",
    response_model=shapes_actions.Choices,
    summary="What can be told to a run now, and why other things cannot",
)
def actions(request: Request, house: Here, _caller: Reader, run_id: RunId) -> Response:
    """Its ETag is what an action has to show; it changes only when the document does."""
    found = house.steering.choices(house.office.store.run(run_id))
    return tagged(request, choices_document(found), tag(found))


@router.post(
    "/actions", operation_id="act", status_code=202, response_model=shapes.Command, summary="Tell a run something"
)
def act(house: Here, caller: Operator, run_id: RunId, wanted: WantedAction, by: By) -> Response:
    """Recorded, and acted on in a moment; the answer is the command as it is on record."""
    word = Word(wanted.action, wanted.step, wanted.stage, wanted.now, wanted.reason, wanted.yes)
    if wanted.yes:
        run = house.office.store.run(run_id)
        demand_approver(house, caller, run, word=Word("approve", run.plan_hash), by=by)
    return told(house, run_id, word, by)


@router.get(
    "/rollback",
    operation_id="get_rollback",
    response_model=shapes_actions.WayBack,
    summary="What a rollback would undo, and what stands against it",
)
def rollback(house: Here, _caller: Reader, run_id: RunId) -> Response:
    """What `stairlift rollback --dry-run` prints; nothing is told."""
    run = house.office.store.run(run_id)
    plan = house.steering.overviews.plan(run)
    choice = house.steering.choices(run).choice("rollback")
    why_not = choice.why_not if choice else ""
    way = way_back(plan, house.office.store.steps(run_id))
    return given({"run": run.id, "allowed": not why_not, "why_not": why_not, **way_back_document(way)})


def told(house: House, run_id: str, word: Word, by: Sight) -> Response:
    """The command as it is on record."""
    command = house.steering.tell(run_id, word, by)
    return given(command_document(command), 202, {"Location": f"/v1/runs/{run_id}/commands"})
