"""What is installed here, and the workers: as the commands of the same names print them."""

import os

from fastapi import APIRouter
from fastapi.responses import Response

from stairlift.report.installed import source_documents, strategy_documents
from stairlift.report.workers import worker_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_installed as shapes
from stairlift.web.api.answers import listed
from stairlift.web.api.giving import given
from stairlift.web.here import Here
from stairlift.wiring.installed import installed_sources, installed_strategies

router = APIRouter(prefix="/v1", tags=["installed"])


@router.get("/strategies", operation_id="list_strategies", summary="Strategies", response_model=shapes.Strategies)
def strategies(_caller: Reader) -> Response:
    """Every strategy that is installed on the server, and what it lacks there."""
    return listed("strategies", strategy_documents(installed_strategies()))


@router.get("/inventories", operation_id="list_inventories", summary="Sources", response_model=shapes.Inventories)
def inventories(house: Here, _caller: Reader) -> Response:
    """Every source of knowledge that is installed on the server, and what it lacks there."""
    return listed("inventories", source_documents(installed_sources(house.settings, os.environ)))


@router.get("/workers", operation_id="list_workers", summary="Workers", response_model=shapes.Workers)
def workers(house: Here, _caller: Reader) -> Response:
    """Who carries out attempts near the hosts; nobody where the journal is a file."""
    found = house.office.crew.workers() if house.office.crew else ()
    return given(worker_document(found, house.office.lease_ttl))
