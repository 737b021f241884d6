"""`/v1/jobs`: what takes longer than an answer, and what came of it."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_actions
from stairlift.web.api.giving import given, job_document
from stairlift.web.api.parameters import Text
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
_JobId = Annotated[Text, Path(description="The job.")]


@router.get(
    "/{job_id}",
    operation_id="get_job",
    response_model=shapes_actions.Job,
    summary="How a job stands, and what came of it",
)
def job(request: Request, house: Here, _caller: Reader, job_id: _JobId) -> Response:
    """`problem` says why nothing came of one that has failed, as the answer to a request would."""
    return given(job_document(request, house.jobs.find(job_id)))
