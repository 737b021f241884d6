"""`/v1/runs/{run_id}/report` and `/v1/plans/{plan_hash}/report`: a change for those who decide on it; announcements."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from stairlift.report.announcement import Occasion
from stairlift.report.paper import Paper
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_reports as shapes
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import PlanHash, RunId
from stairlift.web.here import Here
from stairlift.wiring.reporting import Form, rendered
from stairlift.wiring.server.papers import announcement_before, announcement_of_run, paper_of_plan, paper_of_run

router = APIRouter(prefix="/v1", tags=["reports"])
_Form = Annotated[Form, Query(alias="format", description="JSON, Markdown or a page by itself.")]
_Occasion = Annotated[Occasion, Query(description="At the beginning, or once it has come to rest.")]
_TYPES: Mapping[Form, str] = {
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
_TEXT = {"schema": {"type": "string"}}
_OTHERS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/markdown": _TEXT, "text/html": _TEXT}}}


@router.get(
    "/runs/{run_id}/report",
    operation_id="get_run_report",
    summary="What came of a run",
    response_model=shapes.Report,
    responses=_OTHERS,
)
def of_run(house: Here, _caller: Reader, run_id: RunId, form: _Form = "json") -> Response:
    """As `stairlift report RUN` has it."""
    run = house.office.store.run(run_id)
    return _answered(paper_of_run(house, run), form, f"run-{run.id}")


@router.get(
    "/plans/{plan_hash}/report",
    operation_id="get_plan_report",
    summary="What a plan is going to do",
    response_model=shapes.Report,
    responses=_OTHERS,
)
def of_plan(house: Here, _caller: Reader, plan_hash: PlanHash, form: _Form = "json") -> Response:
    """As `stairlift report PLAN.json` has it."""
    return _answered(paper_of_plan(house, plan_hash), form, f"plan-{plan_hash.rpartition(':')[2][:12]}")


def _answered(paper: Paper, form: Form, name: str) -> Response:
    """A page has a style of its own, which no page of ours may have: it is saved, and not shown."""
    headers = {"Content-Disposition": f'attachment; filename="{_safe(name)}.{form}"'} if form != "json" else {}
    return Response(rendered(paper, form), headers=headers, media_type=_TYPES[form])


def _safe(name: str) -> str:
    return "".join(character if character.isalnum() and character.isascii() else "-" for character in name)


@router.get(
    "/runs/{run_id}/announcement",
    operation_id="get_run_announcement",
    summary="What users of the cloud are told of a run",
    response_model=shapes.Announcement,
)
def announce_run(house: Here, _caller: Reader, run_id: RunId, occasion: _Occasion = "start") -> Response:
    """As `stairlift report RUN --announce` has it."""
    run = house.office.store.run(run_id)
    return given({"occasion": occasion, "text": announcement_of_run(house, run, occasion)})


@router.get(
    "/plans/{plan_hash}/announcement",
    operation_id="get_plan_announcement",
    summary="What users of the cloud are told before a run",
    response_model=shapes.Announcement,
)
def announce_plan(house: Here, _caller: Reader, plan_hash: PlanHash) -> Response:
    """As `stairlift report PLAN.json --announce start` has it."""
    return given({"occasion": "start", "text": announcement_before(house, plan_hash)})
