"""What FastAPI and Starlette raise themselves, told as everything else is."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from stairlift.model.errors import StairliftError, UsageError
from stairlift.web.problems import BadRequest, answer

#: Of many wrong fields these are enough to begin with.
_SHOWN = 20


def hear(app: FastAPI) -> None:
    """Have all of it answered in our form."""
    app.add_exception_handler(StairliftError, _ours)
    app.add_exception_handler(RequestValidationError, _fields)
    app.add_exception_handler(HTTPException, _theirs)


async def _ours(request: Request, error: Exception) -> Response:
    return answer(request, cast("StairliftError", error))


async def _fields(request: Request, error: Exception) -> Response:
    found: Sequence[Mapping[str, Any]] = cast("RequestValidationError", error).errors()
    return answer(request, BadRequest([_field(wrong) for wrong in found[:_SHOWN]]))


def _field(wrong: Mapping[str, Any]) -> dict[str, str]:
    """Where and what; never the value, which may be a secret in the wrong place."""
    return {"field": ".".join(map(str, wrong["loc"])), "message": str(wrong["msg"])}


async def _theirs(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    return answer(request, _told(raised, request), raised.headers)


def _told(error: HTTPException, request: Request) -> StairliftError:
    match error.status_code:
        case 404:
            return UsageError(
                code="path.unknown",
                brief="there is nothing at this path",
                resolution="The API begins at /v1, the pages at /.",
            )
        case 405:
            return UsageError(
                code="path.method",
                brief=f"{request.method} is not possible at this path",
                resolution=f"Possible are: {(error.headers or {}).get('Allow', 'none')}.",
            )
    if isinstance(error.__cause__, StairliftError):  # while FastAPI read the body
        return error.__cause__
    return BadRequest([{"field": "body", "message": _words(error)}])


def _words(error: HTTPException) -> str:
    return str(error.detail) or HTTPStatus(error.status_code).phrase
