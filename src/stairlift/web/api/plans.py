"""`/v1/plans`: plans that are kept here, to be read, approved and run."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse, Response

from stairlift.model.plan import Plan
from stairlift.model.plan_document import from_document
from stairlift.plan.difference import difference as differing
from stairlift.report.plan_difference import difference_document
from stairlift.report.shelf import plan_summary
from stairlift.web.access.callers import Reader
from stairlift.web.api.giving import given
from stairlift.web.here import Here
from stairlift.wiring.files import with_checksum
from stairlift.wiring.house import House
from stairlift.wiring.runbooks import runbook_lines

router = APIRouter(prefix="/v1/plans", tags=["plans"])

_Limit = Annotated[int, Query(ge=1, le=1000, description="How many of them at most.")]
_Text = Annotated[str | None, Query(max_length=1000)]


@router.get("", summary="The plans that are kept here, the newest first")
def plans(house: Here, _caller: Reader, cloud: _Text = None, limit: _Limit = 100, marker: _Text = None) -> Response:
    """Page by page; `marker` is the hash of the last one that was seen."""
    found = house.library.plans(cloud=cloud, before=marker, limit=limit + 1)
    shown = found[:limit]
    links = []
    if len(found) > limit:
        more = {"limit": limit, "marker": shown[-1].hash} | ({"cloud": cloud} if cloud else {})
        links.append({"rel": "next", "href": f"/v1/plans?{urlencode(more)}"})
    return given({"plans": [plan_summary(kept) for kept in shown], "links": links})


@router.get("/{plan_hash}", summary="A whole plan")
def plan(house: Here, _caller: Reader, plan_hash: str) -> Response:
    """As `stairlift plan -o json` prints it, with its checksum."""
    return given(with_checksum(house.library.plan(plan_hash)[1]))


@router.get("/{plan_hash}/findings", summary="What was found when the plan was made, and what was waived")
def findings(house: Here, _caller: Reader, plan_hash: str) -> Response:
    """Errors that nobody waived are in no plan that is kept."""
    document = house.library.plan(plan_hash)[1]
    return given({"findings": document["findings"], "waivers": document["waivers"]})


@router.get("/{plan_hash}/runbook", summary="What would be typed, step by step", response_class=PlainTextResponse)
def runbook(house: Here, _caller: Reader, plan_hash: str) -> Response:
    """A shell script to read."""
    return PlainTextResponse("".join(f"{line}\n" for line in runbook_lines(_plan(house, plan_hash))))


@router.get("/{plan_hash}/difference", summary="What this plan does otherwise than another one")
def difference(
    house: Here, _caller: Reader, plan_hash: str, other: Annotated[str, Query(alias="with", max_length=1000)]
) -> Response:
    """From the plan of the hash `with` to this one."""
    old, new = _plan(house, other), _plan(house, plan_hash)
    return given(difference_document(differing(old, new, (), ()), (old, new), (None, None)))


def _plan(house: House, plan_hash: str) -> Plan:
    return from_document(house.library.plan(plan_hash)[1])
