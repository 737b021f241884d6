"""Faults by request, below /_sandbox/faults: answers that go wrong, hosts that die, programs that do not come back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.faults import http_trouble
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, body_of
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.life import Ailment


class Disasters:
    """The handlers of /_sandbox/faults.

    Kinds: `http` (see HttpTrouble); `host-dies` (`host`), which ends when the fault is deleted; `crash` and `mute`
    (`host`, `binary`, `times`): the next processes of a program leave while they start, or run and never report.
    """

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim

    def routes(self) -> list[Route]:
        """What is answered."""
        return [
            Route("/_sandbox/faults", self.list),
            Route("/_sandbox/faults", self.add, methods=["POST"]),
            Route("/_sandbox/faults", self.clear, methods=["DELETE"]),
            Route("/_sandbox/faults/{number:int}", self.remove, methods=["DELETE"]),
        ]

    async def list(self, _: Request) -> Response:
        """GET faults: those that are still waiting or going on."""
        waiting = {n: {"kind": "http"} | asdict(t) for n, t in self._sim.troubles.waiting.items()}
        return answer({"faults": [{"id": n} | dict(fault) for n, fault in (waiting | self._sim.ailments).items()]})

    async def add(self, request: Request) -> Response:
        """POST faults: make one, and answer its id."""
        body = await body_of(request)
        try:
            number = self._add(body)
        except (KeyError, TypeError, ValueError) as error:
            raise HttpFault(400, f"This fault makes no sense: {error}") from error
        return answer({"id": number}, 201)

    def _add(self, body: Mapping[str, Any]) -> int:
        world, now = self._sim.world, self._sim.now()
        kind = body["kind"]
        if kind == "http":
            return self._sim.troubles.add(http_trouble(body))
        if kind == "host-dies":
            world.kill_host(str(body["host"]), now)
        elif kind in {ailment.value for ailment in Ailment}:
            world.afflict(_key(body), Ailment(kind), int(body.get("times", 1)))
        else:
            raise ValueError(f"kind {kind!r} is none of http, host-dies, crash, mute")
        number = next(self._sim.numbers)
        self._sim.ailments[number] = dict(body)
        return number

    async def remove(self, request: Request) -> Response:
        """DELETE faults/{id}: end one. A host comes back to life; a program is well from its next start on."""
        number = request.path_params["number"]
        if number not in self._sim.troubles.waiting and number not in self._sim.ailments:
            raise HttpFault(404, f"There is no fault {number}.")
        self._remove(number)
        return Response(status_code=204)

    async def clear(self, _: Request) -> Response:
        """DELETE faults: end all of them."""
        for number in [*self._sim.troubles.waiting, *self._sim.ailments]:
            self._remove(number)
        return Response(status_code=204)

    def _remove(self, number: int) -> None:
        self._sim.troubles.waiting.pop(number, None)
        ailment = self._sim.ailments.pop(number, None)
        if ailment is None:
            return
        if ailment["kind"] == "host-dies":
            self._sim.world.revive_host(str(ailment["host"]), self._sim.now())
        else:
            self._sim.world.heal(_key(ailment))


def _key(body: Mapping[str, Any]) -> Key:
    return str(body["host"]), str(body["binary"])
