"""`/v1/observations`: looks at clouds, as they were kept."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from stairlift.report.clouds import sighting_document
from stairlift.web.access.callers import Reader
from stairlift.web.api import shapes, shapes_clouds
from stairlift.web.api.answers import listed, page, unless_known
from stairlift.web.api.parameters import PAGE, Limit, Marker, OfCloud, Text
from stairlift.web.here import Here

router = APIRouter(prefix="/v1/observations", tags=["observations"])
_Name = Annotated[Text, Path(description="The look.")]


@router.get("", operation_id="list_observations", summary="Looks at clouds", response_model=shapes_clouds.Observations)
def observations(
    request: Request, house: Here, _caller: Reader, cloud: OfCloud = None, limit: Limit = PAGE, marker: Marker = None
) -> Response:
    """The newest first; of each cloud the newest hundred are kept."""
    found = house.library.sightings(cloud=cloud, before=marker, limit=limit + 1)
    behind = found[limit - 1].id if len(found) > limit else None
    return page(request, "observations", [sighting_document(one) for one in found], limit, behind)


@router.get(
    "/{observation}", operation_id="get_observation", summary="What was seen", response_model=shapes_clouds.Cloud
)
def observation(request: Request, house: Here, _caller: Reader, observation: _Name) -> Response:
    """What `stairlift discover -o json` prints."""
    found, document = house.library.sighting(observation)
    return unless_known(request, found.id, lambda: document)


@router.get(
    "/{observation}/findings",
    operation_id="get_observation_findings",
    summary="What is amiss with what was seen",
    response_model=shapes.Findings,
)
def findings(house: Here, _caller: Reader, observation: _Name) -> Response:
    """As the look's document has them."""
    return listed("findings", house.library.sighting(observation)[1].get("findings", ()))
