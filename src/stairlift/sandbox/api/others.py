"""Glance and Placement: version documents, and an image list that is empty."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import authenticated
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import answer, backend_of, base_of
from stairlift.sandbox.versions import text


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
        ]

    async def choices(self, request: Request) -> Response:
        """GET /image: the versions, with 300 as Glance has it."""
        return answer(_image_versions(request), 300)

    async def versions(self, request: Request) -> Response:
        """GET /image/versions."""
        return answer(_image_versions(request))

    async def images(self, request: Request) -> Response:
        """GET /image/v2/images."""
        authenticated(self._sim, request)
        return answer({"images": [], "first": "/v2/images", "schema": "/v2/schemas/images"})


class Placement:
    """The handler of /placement."""

    def routes(self) -> list[Route]:
        """What is answered."""
        return [Route("/placement", self.versions)]

    async def versions(self, request: Request) -> Response:
        """GET /placement."""
        version = {"id": "v1.0", "min_version": "1.0", "max_version": text(backend_of(request).maximum)}
        return answer({"versions": [version | {"status": "CURRENT", "links": [{"rel": "self", "href": ""}]}]})


def _image_versions(request: Request) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{base_of(request)}/image/v2/"}]
    highest = backend_of(request).maximum[1]
    ids = (("CURRENT" if minor == highest else "SUPPORTED", f"v2.{minor}") for minor in range(highest, -1, -1))
    return {"versions": [{"id": name, "status": status, "links": links} for status, name in ids]}
