"""`/runs/{run}/report` and `/plans/{hash}/report`: the report on a change, to be read, printed or saved.

Beside each of them, what the users of the cloud are told.
"""

from fastapi import APIRouter
from fastapi.responses import Response
from markupsafe import Markup

from stairlift.model.run import Run
from stairlift.report.announcement import Occasion
from stairlift.report.paper import Paper
from stairlift.report.paper_html import body
from stairlift.web.pages.drawing import draw
from stairlift.web.pages.visits import Reading, Visit
from stairlift.wiring.server.papers import announcement_before, announcement_of_run, paper_of_plan, paper_of_run

router = APIRouter(include_in_schema=False)


@router.get("/runs/{run_id}/report")
def of_run(run_id: str, visit: Reading) -> Response:
    """What came of a run, as far as it has come."""
    run = visit.store.run(run_id)
    return _drawn(visit, paper_of_run(visit.house, run), f"/runs/{run.id}", run)


@router.get("/plans/{plan_hash}/report")
def of_plan(plan_hash: str, visit: Reading) -> Response:
    """What a plan is going to do."""
    paper = paper_of_plan(visit.house, plan_hash)
    return _drawn(visit, paper, f"/plans/{plan_hash}", None)


@router.get("/runs/{run_id}/announcement")
def announcement_of_a_run(run_id: str, visit: Reading, occasion: Occasion = "start") -> Response:
    """What users are told when it begins, or when it has come to rest."""
    run = visit.store.run(run_id)
    text = announcement_of_run(visit.house, run, occasion)
    return _told(visit, text, f"/runs/{run.id}", ("start", "end"))


@router.get("/plans/{plan_hash}/announcement")
def announcement_of_a_plan(plan_hash: str, visit: Reading) -> Response:
    """What they are told before there is a run."""
    return _told(visit, announcement_before(visit.house, plan_hash), f"/plans/{plan_hash}", ())


def _told(visit: Visit, text: str, address: str, occasions: tuple[Occasion, ...]) -> Response:
    return draw(
        visit.request, "announcement.html", caller=visit.caller, text=text, address=address, occasions=occasions
    )


def _drawn(visit: Visit, paper: Paper, address: str, run: Run | None) -> Response:
    """It does not follow the run by itself: it is of the time at which it was asked for, as what is printed."""
    text = Markup(body(paper))  # noqa: S704  # every name in it is escaped
    return draw(visit.request, "report.html", caller=visit.caller, paper=paper, text=text, address=address, run=run)
