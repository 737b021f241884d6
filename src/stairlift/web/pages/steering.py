"""What a page's buttons tell a run: by the same functions as the API, then back to the page as it is now."""

from typing import Annotated, cast

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from stairlift.model.choice import Verb
from stairlift.model.errors import Refusal, UsageError
from stairlift.report.choices import match
from stairlift.report.rollback import way_back_lines
from stairlift.run.undoing import way_back
from stairlift.web.access.four_eyes import demand_approver
from stairlift.web.access.ways import way_of
from stairlift.web.pages.drawing import draw
from stairlift.web.pages.plans import demand_name
from stairlift.web.pages.run import shown
from stairlift.web.pages.visits import Operating, Reading, Visit
from stairlift.wiring.server.steering import Sight, Word

router = APIRouter(include_in_schema=False)
_VERBS = frozenset({"pause", "resume", "cancel", "rollback", "stop-after", "retry", "skip"})
#: So many steps are named one by one.
_WHOLE = 500


class Told(BaseModel):
    """The form of a button. `match` is how the run stood when the page was drawn."""

    action: str = Field("approve", max_length=20)
    match: str = Field("", max_length=100)
    step: str = Field("", max_length=2000)
    stage: str = Field("", max_length=20)
    reason: str = Field("", max_length=2000)
    cloud: str = Field("", max_length=2000)
    now: bool = False


@router.post("/runs/{run_id}/actions")
def act(run_id: str, visit: Operating, told: Annotated[Told, Form()]) -> Response:
    """Tell a run something. Where the page was stale nothing is told: it says what was done meanwhile."""
    if told.action not in _VERBS:
        raise UsageError(code="request.invalid", brief=f"{told.action!r} is nothing that a run can be told")
    if told.action == "rollback":
        demand_name(told.cloud, visit.store.run(run_id).cloud)
    word = Word(cast("Verb", told.action), told.step, told.stage, told.now, told.reason)
    return _told(run_id, visit, word, told.match)


@router.post("/runs/{run_id}/approvals")
def approve(run_id: str, visit: Reading, told: Annotated[Told, Form()]) -> Response:
    """Approve a step, or with its hash the plan: who approves a whole plan types the cloud's name."""
    run = visit.store.run(run_id)
    word = Word("approve", told.step, reason=told.reason)
    demand_approver(visit.house, visit.caller, run, word=word, by=_sight(visit, told.match))
    if told.step == run.plan_hash:
        demand_name(told.cloud, run.cloud)
    return _told(run_id, visit, word, told.match)


def _told(run_id: str, visit: Visit, word: Word, seen: str) -> Response:
    try:
        visit.house.steering.tell(run_id, word, _sight(visit, seen))
    except Refusal as refused:
        if refused.code != "request.stale":
            raise
        return shown(visit, run_id, meanwhile=refused.details)
    return RedirectResponse(f"/runs/{run_id}", 303)


def _sight(visit: Visit, seen: str) -> Sight:
    return Sight(visit.caller.name, frozenset({seen}), via=way_of(visit.request, visit.caller))


@router.get("/runs/{run_id}/rollback")
def preview(run_id: str, visit: Reading) -> Response:
    """What a rollback would undo and in which order, what stays, and the form for it."""
    run = visit.store.run(run_id)
    steering = visit.house.steering
    found, plan = steering.choices(run), steering.overviews.plan(run)
    way = way_back(plan, visit.store.steps(run.id))
    return draw(
        visit.request,
        "rollback.html",
        caller=visit.caller,
        run=run,
        choice=found.choice("rollback"),
        match=match(found, ""),
        lines=way_back_lines(plan, way, whole=len(way.undo) <= _WHOLE),
        against=way.against,
    )
