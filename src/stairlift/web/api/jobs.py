"""`/v1/jobs`: what takes longer than an answer, and what came of it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from stairlift.web.access.callers import Reader
from stairlift.web.api.giving import given, job_document
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.get("/{job_id}", summary="How a job stands, and what came of it")
def job(request: Request, house: Here, _caller: Reader, job_id: str) -> Response:
    """`problem` says why nothing came of one that has failed, as the answer to a request would."""
    return given(job_document(request, house.jobs.find(job_id)))
