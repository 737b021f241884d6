"""`/jobs/{id}`: something that takes longer than an answer; its page leads on to what came of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from stairlift.model.errors import Refusal, StairliftError
from stairlift.model.finding import Finding
from stairlift.model.job import Job, JobKind
from stairlift.report.offers import offered_sources
from stairlift.report.signs import Sign
from stairlift.web.pages.drawing import draw
from stairlift.web.pages.plans import Tried
from stairlift.web.pages.visits import Reading

router = APIRouter(include_in_schema=False)
_TITLES: Mapping[JobKind, str] = {
    "observation": "A look at the cloud",
    "check": "Checks",
    "plan": "Making a plan",
    "run": "Beginning a run",
    "replan": "Planning the rest of a run anew",
    "ledger": "Seeing to what a run has changed",
}
_SIGNS = {
    "running": (Sign("▶", "at work", "busy"), "it goes on whether you look or not"),
    "done": (Sign("✔", "done", "good"), "it has come to its end"),
    "failed": (Sign("✘", "failed", "bad"), "nothing came of it"),
}
#: Where pages are, of what a job has made.
_PAGES = ("/v1/plans/", "/v1/runs/")


@router.get("/jobs/{job_id}")
def job_page(job_id: str, visit: Reading, tried: Annotated[Tried, Depends()]) -> Response:
    """How it stands; where it is done and has nothing more to say, what came of it. `tried` is what was wished for."""
    job = visit.house.jobs.find(job_id)
    onward = page_of(job)
    if job.state == "done" and onward and _silent(job):
        return RedirectResponse(onward, 303)
    sign, sentence = _SIGNS[job.state]
    return draw(
        visit.request,
        "job.html",
        caller=visit.caller,
        job=job,
        title=_TITLES[job.kind],
        sign=sign,
        sentence=sentence,
        onward=onward if job.state == "done" else "",
        findings=_findings(job.error),
        wishes=[(name, value) for name, value in tried.pairs if name != "source"],
        query=tried.query,
        sources=offered_sources(job.error.resolution) if job.error else (),
    )


def _findings(error: StairliftError | None) -> Sequence[Finding]:
    """What stands against it, but for what the error says by itself."""
    if not isinstance(error, Refusal):
        return ()
    return [one for one in error.findings if one.message != error.brief]


def page_of(job: Job) -> str:
    """Where its result is shown to people; empty where there is no such page."""
    return job.location.removeprefix("/v1") if job.location.startswith(_PAGES) else ""


def _silent(job: Job) -> bool:
    """Whether it said nothing but whom it asks."""
    return all(note.startswith("asks ") for note in job.notes)
