"""What a project may have of Nova at most."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.access import authenticated
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import nova_answer, nova_microversion

#: Nova's defaults for a project, but for its servers: somebody has given this one a quota, as a write probe demands.
_ABSOLUTE = {"maxTotalInstances": 5, "maxTotalCores": 20, "maxTotalRAMSize": 51200}


class Limits:
    """The handler of limits."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def routes(self, root: str) -> list[Route]:
        """What is answered below this path."""
        return [Route(f"{root}/limits", self.show)]

    async def show(self, request: Request) -> Response:
        """GET limits."""
        authenticated(self._sim, request)
        document = {"limits": {"rate": [], "absolute": _ABSOLUTE}}
        return nova_answer(orjson.dumps(document), nova_microversion(request))
