"""`/runs/{run}/log`: what the attempts of a run print, page by page, searched and followed while they do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from stairlift.model.run import FINAL_RUN_STATES, Attempt, AttemptId, Run
from stairlift.ports import Records
from stairlift.report.log_lines import ShownLine, shown_line, under_headings
from stairlift.report.signs import run_sign
from stairlift.web.pages.addresses import links
from stairlift.web.pages.drawing import drawn, environment, sent
from stairlift.web.pages.visits import Reading
from stairlift.wiring.logs.files import LogLine, open_log
from stairlift.wiring.logs.pages import log_page
from stairlift.wiring.logs.places import Place, attempt_at, read_cursor, read_place
from stairlift.wiring.logs.search import Found, Hit, search
from stairlift.wiring.logs.windows import Wanted, Window, window, window_before
from stairlift.wiring.server.house import House

router = APIRouter(include_in_schema=False)
#: So many lines come at once to whoever follows.
_FOLLOWED = 500
_CHUNK = 2**16
_Text = Annotated[str, Query(max_length=2000)]
_Cursor = Annotated[str, Query(max_length=40_000)]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address says: which attempts, what to look for, and where."""

    wanted: Wanted
    search: str = ""
    at: str | None = None
    before: str = ""


async def _wanted(
    step: _Text = "",
    attempt: Annotated[int, Query(ge=0, le=10**6)] = 0,
    host: _Text = "",
    failed: bool = False,
) -> Wanted:
    return Wanted(step.strip(), attempt if step.strip() else 0, host.strip(), failed)


async def _asked(
    wanted: Annotated[Wanted, Depends(_wanted)],
    find: Annotated[str, Query(alias="search", max_length=500)] = "",
    at: Annotated[str | None, Query(max_length=40_000)] = None,
    before: _Cursor = "",
) -> _Asked:
    return _Asked(wanted, find, at, before)


@router.get("/runs/{run_id}/log")
def log(run_id: str, visit: Reading, asked: Annotated[_Asked, Depends(_asked)]) -> Response:
    """The last lines, those from a cursor on (an empty one is the beginning) or before a place, or what is found."""
    run, newest = visit.store.run(run_id), visit.store.latest(run_id)
    values = {
        "run": run,
        "seq": newest.seq if newest else 0,
        "over": run.state in FINAL_RUN_STATES,
        "sign": run_sign(run.state),
        "wanted": asked.wanted,
        "text": asked.search,
        "href": links(visit.request, "at", "before"),
        **(_searched(visit.house, run, asked) if asked.search else _window(visit.house, run, asked)),
    }
    return sent(visit.request, drawn(visit.request, "log.html", caller=visit.caller, **values))


def _window(house: House, run: Run, asked: _Asked) -> Mapping[str, Any]:
    found = _page(house, run, asked)
    return {"window": found, "lines": tuple(_shown(found.lines, found.attempts)), "found": None, "hits": ()}


def _page(house: House, run: Run, asked: _Asked) -> Window:
    if asked.at is not None:
        return window(house.office, run, read_cursor(asked.at, run), asked.wanted)
    return window_before(house.office, run, read_place(asked.before, run) if asked.before else None, asked.wanted)


def _searched(house: House, run: Run, asked: _Asked) -> Mapping[str, Any]:
    found = search(house.office, run, asked.search, cursor=read_cursor(asked.at or "", run), wanted=asked.wanted)
    return {"window": None, "lines": (), "found": found, "hits": tuple(_hits(found))}


def _shown(lines: Iterable[LogLine], attempts: Iterable[Attempt], last: str = "") -> Iterator[ShownLine]:
    known = {(attempt.id.step, attempt.id.number): attempt for attempt in attempts}
    found = (shown_line(line.attempt, (line.offset, line.end), line.text) for line in lines)
    step, _, number = last.rpartition("/")
    return under_headings(found, known, (step, int(number)) if number.isdigit() else None)


def _hits(found: Found) -> Iterator[list[ShownLine]]:
    """What was found with what is around it; lines that stand close together in one piece."""
    known = {(attempt.id.step, attempt.id.number): attempt for attempt in found.attempts}
    wanted = {(hit.line.attempt, hit.line.offset) for hit in found.hits}
    for piece in _pieces(found.hits):
        lines = (
            shown_line(one.attempt, (one.offset, one.end), one.text, hit=(one.attempt, one.offset) in wanted)
            for one in piece
        )
        yield list(under_headings(lines, known))


def _pieces(hits: Iterable[Hit]) -> list[list[LogLine]]:
    """Each line once."""
    pieces: list[list[LogLine]] = []
    for hit in hits:
        around = [*hit.before, hit.line, *hit.behind]
        last = pieces[-1][-1] if pieces else None
        if last and last.attempt == hit.line.attempt and around[0].offset <= last.end:
            pieces[-1] += [line for line in around if line.offset > last.offset]
        else:
            pieces.append(around)
    return pieces


# Following


@router.get("/runs/{run_id}/log/more")
def more(
    run_id: str,
    visit: Reading,
    wanted: Annotated[Wanted, Depends(_wanted)],
    after: _Cursor,
    last: _Text = "",
) -> Response:
    """What was printed since, drawn as on the page: lines and the next cursor. `last` is whose lines were the last."""
    run = visit.store.run(run_id)
    found = log_page(visit.house.office, run, after, wanted.asked, _FOLLOWED)
    mine = [line for line in found.lines if wanted.attempt in (0, line.attempt.number)]
    lines = tuple(_shown(mine, _attempts_of(mine, visit.store), last))
    return _fragment(visit.request, run=run, lines=lines, cursor=found.cursor, more=found.more)


def _attempts_of(lines: Iterable[LogLine], records: Records) -> list[Attempt]:
    names = dict.fromkeys(line.attempt for line in lines)
    return [attempt_at(Place(name, 0), records) for name in names]


def _fragment(request: Request, **values: Any) -> Response:
    text = environment().get_template("log_more.html").render(href=links(request, "after", "last"), **values)
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


# As it was printed


@router.get("/runs/{run_id}/raw/{number}/{step:path}")
def raw(  # noqa: PLR0917  # each is a parameter of the address
    run_id: str,
    number: int,
    step: str,
    visit: Reading,
    offset: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    length: Annotated[int | None, Query(ge=0, lt=2**62)] = None,
) -> Response:
    """All that an attempt has printed by now, byte for byte, or a part of it; as a file: no browser draws it."""
    attempt = attempt_at(Place(AttemptId(run_id, step, number), 0), visit.store)
    name = quote(f"{run_id}-{step}-{number}.log".replace("/", "-"), safe="")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    content = _bytes(visit.house, attempt, offset, length)
    return StreamingResponse(content, media_type="text/plain; charset=utf-8", headers=headers)


def _bytes(house: House, attempt: Attempt, offset: int, length: int | None) -> Iterator[bytes]:
    with open_log(house.office, attempt) as file:
        if file is None:
            return
        file.seek(offset)
        left = 2**63 if length is None else length
        while left and (data := file.read(min(_CHUNK, left))):
            left -= len(data)
            yield data
