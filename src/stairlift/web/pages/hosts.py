"""`/hosts` and `/clouds/NAME/hosts`: which hosts a cloud has, what they run, how they are, what a run did to them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from stairlift.model.run import FINAL_RUN_STATES, Run
from stairlift.report.hosts_map import Filters, Spot, Underway, blocks_of, choices_of, legend_of, spots_of
from stairlift.web.pages.drawing import draw, drawn, seen_by, sent
from stairlift.web.pages.visits import Reading, Visit
from stairlift.wiring.clouds import known_cloud, known_clouds

router = APIRouter(include_in_schema=False)
#: Rows of the table on a page, and from how many hosts on the squares are small.
ROWS, MANY = 200, 300


@router.get("/hosts")
def clouds(visit: Reading) -> Response:
    """The clouds that are known."""
    found = known_clouds(visit.store, visit.house.library)
    return draw(visit.request, "clouds.html", caller=visit.caller, clouds=found)


@router.get("/clouds/{name:path}/hosts")
def hosts(name: str, visit: Reading, filters: Annotated[Filters, Depends()], page: int = 1) -> Response:
    """The map of one cloud, and the same as a table."""
    known = known_cloud(name, visit.store, visit.house.library)
    seen, run = known.observation, known.newest
    goes_on = run if run and run.state not in FINAL_RUN_STATES else None
    newest = visit.store.latest(goes_on.id) if goes_on else None

    def draw_it() -> str:
        document = visit.house.library.sighting(seen.id)[1] if seen else {}
        every = spots_of(document, _underway(visit, goes_on))
        return _map(
            visit,
            filters,
            every,
            page=max(1, page),
            cloud=name,
            seen=seen,
            run=goes_on,
            seq=newest.seq if newest else 0,
        )

    version = (seen and seen.id, goes_on and goes_on.id, newest and newest.seq)
    key = seen_by(visit.request, visit.caller)
    return sent(visit.request, visit.memory.drawings.get(key, version, draw_it))


def _map(visit: Visit, filters: Filters, every: Sequence[Spot], *, page: int, **given: Any) -> str:
    found = filters.of(every)
    return drawn(
        visit.request,
        "hosts.html",
        caller=visit.caller,
        blocks=blocks_of(found),
        legend=legend_of(found),
        spots=found[(page - 1) * ROWS : page * ROWS],
        number=len(found),
        total=len(every),
        page=page,
        rows=ROWS,
        many=len(found) > MANY,
        filters=asdict(filters),
        choices=choices_of(every),
        query=urlencode({key: value for key, value in asdict(filters).items() if value}),
        **given,
    )


def _underway(visit: Visit, run: Run | None) -> Underway | None:
    return Underway(run.source, run.target, *visit.house.overviews.hosts(run)) if run else None
