"""Everything that goes wrong, in one form: what the command line shows, as JSON (RFC 9457) or as a page."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.naming import printable
from stairlift.web.access.local_paths import local
from stairlift.web.access.refused import TooMany

_MEDIA = "application/problem+json"
#: Where the class of an error does not tell the status of HTTP.
_BY_CODE: Mapping[str, int] = {
    "access.unknown": 401,
    "access.forbidden": 403,
    "access.four_eyes": 403,
    "access.foreign": 403,
    "access.form": 403,
    "access.inventory": 403,
    "access.plans": 403,
    "access.too_many": 429,
    "job.too_many": 429,
    "availability.none": 404,
    "path.unknown": 404,
    "path.method": 405,
    "plan.drift": 422,
    "plan.edited": 422,
    "plan.refused": 422,
    "release.unknown": 400,
    "request.no_match": 428,
    "request.other_body": 422,
    "request.range": 416,
    "request.stale": 412,
    "request.too_large": 413,
    "request.too_slow": 408,
    "run.none": 404,
    "run.unknown_step": 404,
    "server.leaving": 503,
    "store.locked": 503,
    "store.unavailable": 503,
    "stream.too_many": 503,
}
#: What is answered where a form is sent to and somebody looks.
_NO_PAGE = 405
#: Seconds after which a journal that did not answer may be asked again.
_RETRY = 5
_FIELD = {"type": "object", "properties": {"field": {"type": "string"}, "message": {"type": "string"}}}
_TEXTS = ("type", "title", "detail", "instance", "code", "resolution", "request_id")
_NUMBERS = ("status", "exit_code")
#: What the description of the API says of every answer that is none of those that were hoped for.
DESCRIBED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong, and what to do about it",
        "content": {
            _MEDIA: {
                "schema": {
                    "title": "Problem",
                    "type": "object",
                    "required": [*_TEXTS, *_NUMBERS],
                    "properties": {
                        **{name: {"type": "string"} for name in _TEXTS},
                        **{name: {"type": "integer"} for name in _NUMBERS},
                        "findings": {"type": "array", "items": {"type": "object"}},
                        "errors": {"type": "array", "items": _FIELD},
                    },
                }
            }
        },
    }
}


class BadRequest(UsageError):
    """A request whose fields are not what they should be: `errors` has each with what is wrong, for people."""

    def __init__(self, errors: Sequence[Mapping[str, str]]) -> None:
        super().__init__(
            code="request.invalid",
            brief="the request is not what it should be",
            details="; ".join(f"{wrong['field']}: {wrong['message']}" for wrong in errors),
            resolution="/v1/openapi.json says what it should be.",
        )
        self.errors = tuple(errors)


def status_of(error: StairliftError) -> int:
    """The status of HTTP that says the same."""
    if error.code in _BY_CODE:
        return _BY_CODE[error.code]
    if isinstance(error, UsageError):
        return 404 if error.code.endswith(".unknown") else 400
    if isinstance(error, Refusal):
        return 422 if error.findings else 409
    return 502 if isinstance(error, NoAnswer) else 500


def document(request: Request, error: StairliftError) -> dict[str, Any]:
    """The error as an object."""
    found = {
        "type": f"errors#{error.code}",
        "title": error.brief,
        "status": status_of(error),
        "detail": error.details,
        "instance": request.url.path,
        "code": error.code,
        "exit_code": error.exit_code,
        "resolution": error.resolution,
        "request_id": getattr(request.state, "request_id", ""),
    }
    if isinstance(error, Refusal) and error.findings:
        found["findings"] = [finding.document() for finding in error.findings]
    if isinstance(error, BadRequest):
        found["errors"] = [dict(wrong) for wrong in error.errors]
    return found


def answer(request: Request, error: StairliftError, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that came to this: for a program an object, for a person a page of the same."""
    request.state.problem = error.code
    page = wants_page(request)
    if page and error.code == "access.unknown" and request.method == "GET" and "X-Part" not in request.headers:
        return RedirectResponse(f"/sign-in?{urlencode({'next': _here(request)})}", 303)
    response = _page(request, error) if page else as_object(request, error)
    response.headers.update({**_headers(error), **(headers or {})})
    return response


def wants_page(request: Request) -> bool:
    """Whether a browser shows the answer to a person; below `/v1` there are no pages."""
    return not request.url.path.startswith("/v1") and "text/html" in request.headers.get("Accept", "")


def as_object(request: Request, error: StairliftError) -> Response:
    """The answer for a program."""
    found = document(request, error)
    try:
        body = orjson.dumps(found)
    except orjson.JSONEncodeError:  # the name of a file need not be UTF-8; the standard library escapes it
        body = json.dumps(found).encode()
    return Response(body, status_of(error), media_type=_MEDIA)


def _page(request: Request, error: StairliftError) -> Response:
    from stairlift.web.pages.drawing import draw  # pages, too, tell of problems

    return draw(
        request,
        "problem.html",
        status=status_of(error),
        problem=_shown(document(request, error)),
        again=local(_page_of(request, status_of(error))),
        caller=getattr(request.state, "caller", None),
    )


def _page_of(request: Request, status: int) -> str:
    """The page on which somebody was: forms are sent to below theirs, where no page is."""
    path, above = request.url.path, request.url.path.rpartition("/")[0]
    sent = request.method == "POST" or status == _NO_PAGE
    return above if sent and above else path


def _shown(value: Any) -> Any:
    """What hosts and clouds call themselves, with nothing in it that a screen obeys; templates do the rest."""
    if isinstance(value, Mapping):
        return {key: _shown(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_shown(entry) for entry in value]
    return printable(value.encode(errors="replace").decode()) if isinstance(value, str) else value


def _headers(error: StairliftError) -> Mapping[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.after)}
    match status_of(error):
        case 401:
            return {"WWW-Authenticate": "Bearer"}
        case 503:
            return {"Retry-After": str(_RETRY)}
    return {}


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
