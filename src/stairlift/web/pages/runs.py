"""`/`: the runs of all clouds, those that need somebody first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from stairlift.model.run import FINAL_RUN_STATES, Run
from stairlift.ports import Records
from stairlift.report.front import Card, card, in_order_of_need
from stairlift.web.pages.drawing import drawn, seen_by, sent
from stairlift.web.pages.visits import Reading, Visit
from stairlift.wiring.clock import now

router = APIRouter(include_in_schema=False)
#: So many are on a page; the others are one click away.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """Which runs are meant: those of a cloud, those that need somebody."""

    cloud: str = ""
    needs: bool = False
    page: int = 1


@router.get("/")
def root(visit: Reading, asked: Annotated[Asked, Depends()]) -> Response:
    """The runs; programs are told elsewhere where the API is."""
    key = seen_by(visit.request, visit.caller)
    return sent(visit.request, visit.memory.drawings.get(key, None, lambda: _drawn(visit, asked)))


def _drawn(visit: Visit, asked: Asked) -> str:
    records, page = visit.store, max(1, asked.page)
    found = records.runs(asked.cloud or None)
    on_page = found[(page - 1) * _SHOWN : page * _SHOWN]
    cards = in_order_of_need(tuple(_card(run, records, now()) for run in on_page))
    return drawn(
        visit.request,
        "runs.html",
        caller=visit.caller,
        cards=tuple(one for one in cards if one.needs or not asked.needs),
        asking=sum(bool(one.needs) for one in cards),
        cloud=asked.cloud,
        needs=asked.needs,
        clouds=tuple(dict.fromkeys(run.cloud for run in (records.runs() if asked.cloud else found))),
        page=page,
        more=len(found) > page * _SHOWN,
        total=len(found),
    )


def _card(run: Run, records: Records, at: datetime) -> Card:
    holder = None if run.state in FINAL_RUN_STATES else records.orchestrator(run.cloud)
    return card(run, records.counts(run.id), at, attended=holder is not None and holder.run in (None, run.id))
