"""`/runs/{run}/timeline`: what each host, service or stage went through, with what users felt on the same axis."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from stairlift.model.hindrance import Hindrance
from stairlift.model.plan import STAGES
from stairlift.model.run import FINAL_RUN_STATES, Run, StepState
from stairlift.report.axis import Axis
from stairlift.report.bars import Bar
from stairlift.report.signs import run_sign, step_sign
from stairlift.report.strip_drawing import DrawnStrip
from stairlift.report.strip_drawing import drawn as drawn_strip
from stairlift.report.text import clock, stamp
from stairlift.report.timeline_rows import Asked, Kind, Sort
from stairlift.report.why import sentence
from stairlift.web.pages.addresses import links
from stairlift.web.pages.drawing import drawn, seen_by, sent
from stairlift.web.pages.visits import Reading
from stairlift.wiring.clock import now
from stairlift.wiring.server.house import House

router = APIRouter(include_in_schema=False)
ZOOMS = (1, 2, 4, 8, 16)
#: So many links of the chain of what blocks a run are told here; the page of the step has all.
_LINKS = 4
#: Between these there is room to count in.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2970, 1, 1, tzinfo=UTC)
_SORTS = {"plan": "order of the plan", "name": "name", "trouble": "trouble first", "newest": "newest first"}


async def _asked(  # noqa: PLR0917  # each is a parameter of the address
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
    """A time without a zone is meant in UTC, as all that pages show. What no run is of is the nearest that may be."""
    if at is None:
        return None
    return min(max(at if at.tzinfo else at.replace(tzinfo=UTC), _FIRST), _LAST)


@router.get("/runs/{run_id}/timeline")
def timeline_page(
    run_id: str,
    visit: Reading,
    asked: Annotated[Asked, Depends(_asked)],
    table: Annotated[Literal["", "table"], Query(alias="as")] = "",
) -> Response:
    """A page of its rows, as bars or, for who does not see them, as a table that says the same."""
    request, caller = visit.request, visit.caller
    run, newest = visit.store.run(run_id), visit.store.latest(run_id)
    seq = newest.seq if newest else 0  # before anything else is read: what comes meanwhile rings once more

    def draw() -> str:
        given = _values(run, visit.house, asked, href=links(request))
        return drawn(request, "timeline.html", caller=caller, seq=seq, as_table=bool(table), **given)

    return sent(request, visit.memory.drawings.get(seen_by(request, caller), seq, draw))


def _values(run: Run, house: House, asked: Asked, href: Callable[..., str]) -> dict[str, Any]:
    standing = house.office.archive.standing(run)
    found = house.timelines.of(run, asked)
    return {
        "run": run,
        "over": run.state in FINAL_RUN_STATES,
        "sign": run_sign(run.state),
        "line": found,
        "asked": asked,
        "strip": _strip(run, house, found.axis),
        "blocked": _blocked(standing.why),
        "href": href,
        "cut_to": lambda bar: _cut(bar, href),
        "entries": [(row.name, part) for row in _all_rows(found) for one in row.bars for part in one.bar.each],
        "states": [(state.value, step_sign(state).word) for state in StepState],
        "stages": STAGES,
        "sorts": _SORTS,
        "zooms": ZOOMS,
        "clock": clock,
        "stamp": stamp,
    }


def _blocked(why: Sequence[Hindrance]) -> list[tuple[str, str]]:
    """What holds up the step that would be next, down to what that comes from."""
    found, link = list[tuple[str, str]](), next(iter(why), None)
    while link is not None and len(found) < _LINKS:
        found.append((link.step, sentence(link, now())))
        link = next(iter(link.behind), None)
    return found


def _all_rows(found: Any) -> tuple[Any, ...]:
    return (*([found.gates] if found.gates else []), *found.rows)


def _strip(run: Run, house: House, axis: Axis) -> DrawnStrip | None:
    begin, end = axis.begin.timestamp(), axis.end.timestamp()
    strip = house.strips.strip_of(run, house.office.state_dir, begin=begin, end=end)
    return drawn_strip(strip, axis) if strip else None


def _cut(bar: Bar, href: Callable[..., str]) -> str:
    """The same with the axis cut to a bar, and some time around it."""
    around = max((bar.end - bar.begin) / 5, timedelta(seconds=2))
    return href(from_=stamp(bar.begin - around), to=stamp(bar.end + around), zoom=None)
