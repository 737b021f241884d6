"""Documents as they go out: those of large runs past what FastAPI would look at in each of their values."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import Response

from stairlift.model.job import Job
from stairlift.report.text import stamp
from stairlift.web import problems

_TAG = re.compile(r'(?:^|,)\s*(W/)?"([^"]*)"')


def given(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON document."""
    return Response(orjson.dumps(document), status, headers, media_type="application/json")


def tagged(request: Request, document: Any, tag: str) -> Response:
    """The same under a strong ETag; 304 for who has it already. No cache that others share keeps it."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    known = request.headers.get("If-None-Match", "")
    if known.strip() == "*" or tag in {found[1] for found in _TAG.findall(known)}:
        return Response(status_code=304, headers=headers)
    return given(document, headers=headers)


def strong_tags(header: str) -> frozenset[str]:
    """The tags of an If-Match; weak ones match nothing (RFC 9110, 13.1.1)."""
    return frozenset(tag for weak, tag in _TAG.findall(header) if not weak)


def accepted(request: Request, job: Job) -> Response:
    """It is being seen to: where to ask how it stands."""
    return given(job_document(request, job), 202, {"Location": f"/v1/jobs/{job.id}"})


def job_document(request: Request, job: Job) -> dict[str, Any]:
    """How a job stands."""
    return {
        "id": job.id,
        "kind": job.kind,
        "actor": job.actor,
        "state": job.state,
        "began_at": stamp(job.began_at),
        "ended_at": stamp(job.ended_at),
        "notes": list(job.notes),
        "result": dict(job.result),
        "location": job.location,
        "problem": problems.document(request, job.error) if job.error else None,
    }
