"""`/v1/runs`: upgrades that were begun, how they stand, and what is on record of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from stairlift.model.run import Run, RunState
from stairlift.report.export import command_document
from stairlift.report.run_document import run_document
from stairlift.report.status_document import status_document
from stairlift.report.text import stamp
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_runs as shapes
from stairlift.web.api.answers import listed, page, unless_known
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import PAGE, Limit, Marker, OfCloud, RunId, Text
from stairlift.web.api.shapes_plans import RunPlan
from stairlift.web.here import Here
from stairlift.web.problems import document as problem
from stairlift.wiring.exporting import exported
from stairlift.wiring.server.house import House

router = APIRouter(prefix="/v1/runs", tags=["runs"])
#: So many plans are asked for who made them.
_PLANS = 1000


@router.get("", operation_id="list_runs", summary="Runs, the newest first", response_model=shapes.Runs)
def runs(  # noqa: PLR0917  # each is a parameter of the address
    request: Request,
    house: Here,
    _caller: Reader,
    cloud: OfCloud = None,
    state: Annotated[RunState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = PAGE,
    marker: Marker = None,
) -> Response:
    """As `stairlift list -o json` names them, with what else is on record of each."""
    states = (state,) if state else ()
    found = house.office.store.runs(cloud, states=states, behind=marker, most=limit + 1)
    planners = _planners(house)
    rows = [run_document(run, planners.get(run.plan_hash)) for run in found]
    return page(request, "runs", rows, limit, found[limit - 1].id if len(found) > limit else None)


def _planners(house: House) -> dict[str, str]:
    return {plan.hash: plan.actor for plan in house.library.plans(limit=_PLANS)}


@router.get("/{run_id}", operation_id="get_run", summary="One run, and how it stands", response_model=shapes.OneRun)
def one_run(request: Request, house: Here, _caller: Reader, run_id: RunId) -> Response:
    """Its ETag is the number of its newest event: whoever has that one is told so without anything being worked out."""
    records = house.office.store
    known = records.run(run_id).id
    newest = records.latest(known)  # before what is shown: what comes meanwhile has a higher number
    tag = str(newest.seq if newest else 0)
    return unless_known(request, tag, lambda: _whole(request, house, records.run(known)))


def _whole(request: Request, house: House, run: Run) -> dict[str, Any]:
    attending = house.attendance.of(run)
    return {
        **run_document(run, _planners(house).get(run.plan_hash)),
        "status": status_document(house.office.archive.standing(run)),
        "attending": {
            "by": attending.by,
            "trouble": problem(request, attending.trouble) if attending.trouble else None,
            "again_at": stamp(attending.again_at),
        },
    }


@router.get("/{run_id}/status", operation_id="get_status", summary="How a run stands", response_model=shapes.Status)
def status(
    house: Here,
    _caller: Reader,
    run_id: RunId,
    steps: Annotated[bool, Query(description="Every step with its state as well.")] = False,
) -> Response:
    """What `stairlift status -o json` prints, with `--steps` or without."""
    archive, found = house.office.archive, house.office.store.run(run_id)
    standing = archive.standing_of_all(found) if steps else archive.standing(found)
    return given(status_document(standing, with_steps=steps))


@router.get(
    "/{run_id}/plan", operation_id="get_run_plan", summary="The plan that a run carries out", response_model=RunPlan
)
def plan(  # each is a parameter of the address
    request: Request,
    house: Here,
    _caller: Reader,
    run_id: RunId,
    head: Annotated[bool, Query(description="The number of the steps in their place.")] = False,
    step: Annotated[list[Text], Query(max_length=100, description="Only these steps.")] = [],  # noqa: B006
) -> Response:
    """As it was approved."""
    found, records = house.office.store.run(run_id), house.office.store
    if step:
        return given({**records.plan_head(run_id), "steps": records.plan_steps(run_id, step)})
    tag = found.plan_hash + ("-head" if head else "")
    return unless_known(request, tag, lambda: records.plan_head(run_id) if head else records.plan(run_id))


@router.get(
    "/{run_id}/commands",
    operation_id="list_commands",
    summary="What people told a run",
    response_model=shapes.ToldCommands,
)
def commands(house: Here, _caller: Reader, run_id: RunId) -> Response:
    """In the order in which it came, with what came of it."""
    return listed("commands", map(command_document, house.office.store.commands(house.office.store.run(run_id).id)))


@router.get(
    "/{run_id}/export",
    operation_id="export_run",
    summary="All that is on record about a run",
    response_class=Response,
    responses={200: {"description": "JSON lines", "content": {"application/jsonl": {"schema": {"type": "string"}}}}},
)
def export(house: Here, _caller: Reader, run_id: RunId) -> Response:
    """What `stairlift events --export` writes: JSON lines, the last of which proves that none is missing."""
    found = house.office.store.run(run_id)
    named = {"Content-Disposition": f'attachment; filename="{found.id}.jsonl"'}
    return Response(exported(found, house.office.store), media_type="application/jsonl", headers=named)
