"""The ledger: what runs have changed beside the upgrade, and what of it is left."""

from fastapi import APIRouter
from fastapi.responses import Response

from stairlift.report.ledger import ledger_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_felt as shapes
from stairlift.web.api.answers import listed
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import OfCloud, RunId
from stairlift.web.here import Here

router = APIRouter(prefix="/v1", tags=["ledger"])


@router.get(
    "/runs/{run_id}/ledger", operation_id="get_run_ledger", summary="The ledger of a run", response_model=shapes.Ledger
)
def of_run(house: Here, _caller: Reader, run_id: RunId) -> Response:
    """What `stairlift ledger -o json` prints."""
    found = house.office.store.run(run_id)
    return given(ledger_document(found, house.office.store.effects(found.id)))


@router.get("/ledger", operation_id="list_ledgers", summary="The ledgers of all runs", response_model=shapes.Ledgers)
def of_all(house: Here, _caller: Reader, cloud: OfCloud = None) -> Response:
    """Of each run that has changed anything, the newest first."""
    records = house.office.store
    found = ((run, records.effects(run.id)) for run in records.runs(cloud))
    return listed("ledgers", [ledger_document(run, effects) for run, effects in found if effects])
