"""What attempts printed: one log by bytes, or the lines of a whole run."""

from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from stairlift.model.run import Attempt
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_logs as shapes
from stairlift.web.api.accepting import preferred
from stairlift.web.api.attempts import attempt_of
from stairlift.web.api.byte_ranges import NotThere, Span, span_of
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import MOST, AttemptNumber, RunId, StepId, Text
from stairlift.web.here import Here
from stairlift.web.problems import answer
from stairlift.wiring.logs.files import LEAST, LogPiece, log_piece, open_log, size_of
from stairlift.wiring.logs.files import MOST as MOST_BYTES
from stairlift.wiring.logs.pages import LINES, MOST_LINES, Asked, LogPage, last_lines, log_page
from stairlift.wiring.server.house import House

router = APIRouter(prefix="/v1/runs/{run_id}", tags=["logs"])
_JSON, _PLAIN = "application/json", "text/plain"
_AT_ONCE = 2**16
_RAW = {"text/plain": {"schema": {"type": "string"}}}
_Cursor = Annotated[str, Query(max_length=32_768, pattern="^[A-Za-z0-9_=-]*$", description="Go on behind this cursor.")]


@router.get(
    "/steps/{step:path}/attempts/{number}/log",
    operation_id="get_attempt_log",
    summary="What an attempt printed",
    response_model=shapes.Piece,
    responses={
        200: {"content": _RAW, "description": "JSON with a text; or, with Accept: text/plain, the bytes themselves"},
        206: {"content": _RAW, "description": "The bytes that the header Range asked for"},
    },
)
def attempt_log(  # noqa: PLR0917  # each is a parameter of the address
    request: Request,
    house: Here,
    _caller: Reader,
    run_id: RunId,
    step: StepId,
    number: AttemptNumber,
    offset: Annotated[int, Query(ge=0, le=MOST, description="The first byte.")] = 0,
    limit: Annotated[int, Query(ge=LEAST, le=MOST_BYTES, description="So many bytes at most.")] = MOST_BYTES,
) -> Response:
    """From a byte on, up to the end of a line: go on at `next_offset`, until `ended` and that is `size`.

    With Accept: text/plain all there is by now, as it was printed; then only the header Range says which part.
    """
    attempt = attempt_of(house, run_id, step, number)
    if preferred(request, _JSON, _PLAIN) == _PLAIN:
        return _raw(request, house, attempt)
    return given(_piece(log_piece(house.office, attempt, offset, limit)))


def _piece(piece: LogPiece) -> dict[str, object]:
    """What is no UTF-8 is replaced; where it matters, the bytes are to be had as text/plain."""
    return {
        "offset": piece.offset,
        "next_offset": piece.next_offset,
        "size": piece.size,
        "ended": piece.ended,
        "here": piece.here,
        "text": piece.data.decode(errors="replace"),
    }


def _raw(request: Request, house: House, attempt: Attempt) -> Response:
    """As many bytes as there are now: what is printed meanwhile comes with the next request."""
    try:
        span = span_of(request.headers.get("Range"), size_of(house.office, attempt))
    except NotThere as wrong:
        return answer(request, wrong, {"Content-Range": wrong.told})
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(span.length)}
    if span.partial:
        headers["Content-Range"] = span.told
    content = _bytes(house, attempt, span)
    return StreamingResponse(content, 206 if span.partial else 200, headers, "text/plain; charset=utf-8")


def _bytes(house: House, attempt: Attempt, span: Span) -> Iterator[bytes]:
    with open_log(house.office, attempt) as file:
        if file is not None:
            file.seek(span.begin)
            yield from _read(file, span.length)


def _read(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left and (data := file.read(min(left, _AT_ONCE))):
        left -= len(data)
        yield data


@router.get("/log", operation_id="get_run_log", summary="What all attempts of a run print", response_model=shapes.Lines)
def run_log(  # noqa: PLR0917  # each is a parameter of the address
    house: Here,
    _caller: Reader,
    run_id: RunId,
    after: _Cursor = "",
    lines: Annotated[int, Query(ge=1, le=MOST_LINES, description="So many lines at most.")] = LINES,
    step: Annotated[Text, Query(description="Only those of this step.")] = "",
    host: Annotated[Text, Query(description="Only those of steps on this host.")] = "",
    failed: Annotated[bool, Query(description="Only those of attempts that failed.")] = False,
    search: Annotated[Text, Query(description="Only lines with this text, in whatever case.")] = "",
    tail: Annotated[bool, Query(description="Begin with the last lines instead of the first.")] = False,
) -> Response:
    """Go on with `cursor`, and the same filters: nothing comes twice and nothing is left out, also while it is written.

    `more` says that there is more already; else there will be when something is printed.
    """
    found, asked = house.office.store.run(run_id), Asked(step, host, failed, search)
    if tail and not after:
        return given(_lines(last_lines(house.office, found, asked, lines)))
    return given(_lines(log_page(house.office, found, after, asked, lines)))


def _lines(found: LogPage) -> dict[str, object]:
    lines = [
        {"attempt": f"{line.attempt.step}/{line.attempt.number}", "offset": line.offset, "text": line.text}
        for line in found.lines
    ]
    return {"lines": lines, "cursor": found.cursor, "more": found.more}
