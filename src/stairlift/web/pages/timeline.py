"""`/runs/{run}/timeline`: what each host, service or stage went through, with what users felt on the same axis."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from stairlift.model.plan import STAGES
from stairlift.model.run import FINAL_RUN_STATES, Run, StepState
from stairlift.report.axis import Axis
from stairlift.report.bars import Bar
from stairlift.report.signs import run_sign, step_sign
from stairlift.report.strip_drawing import DrawnStrip
from stairlift.report.strip_drawing import drawn as drawn_strip
from stairlift.report.text import clock, stamp
from stairlift.report.timeline_rows import Asked, Kind, Sort
from stairlift.report.why import why_line
from stairlift.web.access.callers import Reader
from stairlift.web.here import Here
from stairlift.web.pages.courses import Remembered
from stairlift.web.pages.drawing import drawn, seen_by, sent
from stairlift.wiring.clock import now
from stairlift.wiring.house import House

router = APIRouter(include_in_schema=False)
ZOOMS = (1, 2, 4, 8, 16)
_SORTS = {"plan": "order of the plan", "name": "name", "trouble": "trouble first", "newest": "newest first"}


def _asked(
    rows: Literal["", "hosts", "services", "stages", "groups"] = "",
    group: Annotated[str, Query(max_length=200)] = "",
    host: Annotated[str, Query(max_length=200)] = "",
    stage: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=40)] = "",
    sort: Sort = "plan",
    zoom: Annotated[int, Query(ge=1, le=16)] = 1,
    begin: Annotated[datetime | None, Query(alias="from")] = None,
    end: Annotated[datetime | None, Query(alias="to")] = None,
    page: Annotated[int, Query(ge=1)] = 1,
) -> Asked:
    wide = max(one for one in ZOOMS if one <= zoom)
    meant = StepState(state) if state in set(StepState) else None
    kind: Kind | Literal[""] = rows
    return Asked(kind, group, host.strip(), stage, meant, sort, wide, _in_utc(begin), _in_utc(end), page)


def _in_utc(at: datetime | None) -> datetime | None:
    """A time without a zone is meant in UTC, as all that pages show."""
    return at if at is None or at.tzinfo else at.replace(tzinfo=UTC)


@router.get("/runs/{run_id}/timeline")
def timeline_page(
    request: Request,
    run_id: str,
    house: Here,
    caller: Reader,
    remembered: Remembered,
    asked: Annotated[Asked, Depends(_asked)],
    table: Annotated[Literal["", "table"], Query(alias="as")] = "",
) -> Response:
    """A page of its rows, as bars or, for who does not see them, as a table that says the same."""
    run = house.office.store.run(run_id)
    newest = house.office.store.latest(run_id)

    def draw() -> str:
        seq = newest.seq if newest else 0
        given = _values(run, house, asked, href=_links(request))
        return drawn(request, "timeline.html", caller=caller, seq=seq, as_table=bool(table), **given)

    version = newest.seq if newest else 0
    return sent(request, remembered.drawings.get(seen_by(request, caller), version, draw))


def _values(run: Run, house: House, asked: Asked, href: Callable[..., str]) -> dict[str, Any]:
    standing = house.office.archive.standing(run)
    found = house.timelines.of(run, house.office.store, asked)
    return {
        "run": run,
        "over": run.state in FINAL_RUN_STATES,
        "sign": run_sign(run.state),
        "line": found,
        "asked": asked,
        "strip": _strip(run, house, found.axis),
        "blocked": why_line(standing.why, run, now()) if standing.why else "",
        "href": href,
        "cut_to": lambda bar: _cut(bar, href),
        "entries": [(row.name, part) for row in _all_rows(found) for one in row.bars for part in one.bar.each],
        "states": [(state.value, step_sign(state).word) for state in StepState],
        "stages": STAGES,
        "sorts": _SORTS,
        "zooms": ZOOMS,
        "clock": clock,
    }


def _all_rows(found: Any) -> tuple[Any, ...]:
    return (*([found.gates] if found.gates else []), *found.rows)


def _strip(run: Run, house: House, axis: Axis) -> DrawnStrip | None:
    begin, end = axis.begin.timestamp(), axis.end.timestamp()
    strip = house.strips.strip_of(run, house.office.state_dir, begin=begin, end=end)
    return drawn_strip(strip, axis) if strip else None


def _links(request: Request) -> Callable[..., str]:
    """The address of this page with something changed; what is None is left out. Another view begins at page 1."""

    def href(**changes: Any) -> str:
        given = {name.rstrip("_"): value for name, value in changes.items()}
        left = [name for name, value in given.items() if value is None] + ([] if "page" in given else ["page"])
        url = request.url.remove_query_params(left).include_query_params(
            **{name: value for name, value in given.items() if value is not None}
        )
        return f"?{url.query}"

    return href


def _cut(bar: Bar, href: Callable[..., str]) -> str:
    """The same with the axis cut to a bar, and some time around it."""
    around = max((bar.end - bar.begin) / 5, timedelta(seconds=2))
    return href(from_=stamp(bar.begin - around), to=stamp(bar.end + around), zoom=None)
