"""`/v1/clouds`: the clouds that have runs here, or were looked at."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from stairlift.report.clouds import known_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes_clouds as shapes
from stairlift.web.api.answers import listed
from stairlift.web.api.giving import given
from stairlift.web.api.parameters import Text
from stairlift.web.here import Here
from stairlift.wiring.clouds import known_cloud, known_clouds

router = APIRouter(prefix="/v1/clouds", tags=["clouds"])


@router.get("", operation_id="list_clouds", summary="Every cloud that is known here", response_model=shapes.Clouds)
def clouds(house: Here, _caller: Reader) -> Response:
    """By name, with the newest look at each, its runs, and who orchestrates it."""
    return listed("clouds", map(known_document, known_clouds(house.office.store, house.library)))


@router.get("/{name:path}", operation_id="get_cloud", summary="One cloud", response_model=shapes.KnownCloud)
def cloud(house: Here, _caller: Reader, name: Annotated[Text, Path(description="What it is called.")]) -> Response:
    """The same of one."""
    return given(known_document(known_cloud(name, house.office.store, house.library)))
