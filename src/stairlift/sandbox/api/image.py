"""Glance: version documents and images, in pages of 25 as Glance has them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import authenticated
from stairlift.sandbox.api.paging import page
from stairlift.sandbox.api.rows import rows_of
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, backend_of, base_of

#: [DEFAULT]limit_param_default and api_limit_max.
PAGE, MOST = 25, 1000


class Image:
    """The handlers of /image."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def routes(self) -> list[Route]:
        """What is answered."""
        return [
            Route("/image", self.choices),
            Route("/image/versions", self.versions),
            Route("/image/v2", self.versions),
            Route("/image/v2/images", self.images),
            Route("/image/v2/images/{id}", self.image),
        ]

    async def choices(self, request: Request) -> Response:
        """GET /image: the versions, with 300 as Glance has it."""
        return answer(_image_versions(request), 300)

    async def versions(self, request: Request) -> Response:
        """GET /image/versions."""
        return answer(_image_versions(request))

    async def images(self, request: Request) -> Response:
        """GET /image/v2/images; the address of the next page has no host in it."""
        authenticated(self._sim, request)
        wanted = request.query_params.get("status")
        found = [row for row in rows_of(self._sim, "images") if wanted in {None, row["status"]}]
        ceiling = MOST if "limit" in request.query_params else PAGE
        rows, more = page(found, request, lambda row: str(row["id"]), ceiling)
        document: dict[str, Any] = {"images": list(rows), "first": "/v2/images", "schema": "/v2/schemas/images"}
        return answer(document | ({"next": f"/v2/images?marker={rows[-1]['id']}"} if more else {}))

    async def image(self, request: Request) -> Response:
        """GET /image/v2/images/{id}."""
        authenticated(self._sim, request)
        wanted = request.path_params["id"]
        found = next((row for row in rows_of(self._sim, "images") if row["id"] == wanted), None)
        if found is None:
            raise HttpFault(404, f"No image found with ID {wanted}")
        return answer(dict(found))


def _image_versions(request: Request) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{base_of(request)}/image/v2/"}]
    highest = backend_of(request).maximum[1]
    ids = (("CURRENT" if minor == highest else "SUPPORTED", f"v2.{minor}") for minor in range(highest, -1, -1))
    return {"versions": [{"id": name, "status": status, "links": links} for status, name in ids]}
