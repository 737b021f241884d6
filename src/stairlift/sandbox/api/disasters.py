"""Faults by request, below /_sandbox/faults: answers that go wrong, hosts that die, programs that do not come back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.faults import backend_trouble, http_trouble
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, body_of
from stairlift.sandbox.guests.fleet import Fleet
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.life import Ailment

Make = Callable[[Mapping[str, Any]], object]
Mark = TypeVar("Mark")


class Disasters:
    """The handlers of /_sandbox/faults.

    Kinds: `http` (see HttpTrouble) and `backend` (see BackendTrouble); `host-dies` (`host`); `bus-away`: RabbitMQ;
    `full-disk` (`host`): nothing is upgraded there; `database` (`project`, `step`, `times`): that step fails so often;
    `migration` (`of`: server, machine or "*"; `how`: error or stall; `times`); `sessions` (`host`, `binary`, `count`,
    `seconds`): so many sessions stay open at a backend; `crash` and `mute` (`host`, `binary`, `times`): the next
    processes of a program leave while they start, or run and never report. All end when the fault is deleted.
    """

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._kinds = self._all_kinds()

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
        waiting |= {n: {"kind": "backend"} | asdict(t) for n, t in self._sim.backend_troubles.waiting.items()}
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
        kind = body["kind"]
        if kind == "http":
            return self._sim.troubles.add(http_trouble(body))
        if kind == "backend":
            return self._sim.backend_troubles.add(backend_trouble(body))
        if kind not in self._kinds:
            raise ValueError(f"kind {kind!r} is none of http, backend, {', '.join(self._kinds)}")
        self._kinds[kind][0](body)
        number = next(self._sim.numbers)
        self._sim.ailments[number] = dict(body)
        return number

    def _all_kinds(self) -> Mapping[str, tuple[Make, Make]]:
        """How a fault of each kind begins and ends."""
        world, fleet, now = self._sim.world, self._sim.fleet, self._sim.now
        ill = {
            kind: (lambda body, a=kind: world.afflict(_key(body), a, _times(body)), lambda body: world.heal(_key(body)))
            for kind in Ailment
        }
        return ill | {
            "host-dies": (
                lambda body: world.kill_host(str(body["host"]), now()),
                lambda body: world.revive_host(str(body["host"]), now()),
            ),
            "bus-away": (lambda _: world.hearing.bus_leaves(now()), lambda _: world.hearing.bus_returns(now())),
            "full-disk": (
                lambda body: world.full.add(world.host(str(body["host"])).name),
                lambda body: world.full.discard(str(body["host"])),
            ),
            "database": (
                lambda body: world.failing.extend([_step(body)] * _times(body)),
                lambda body: _forget(world.failing, _step(body)),
            ),
            "migration": (
                lambda body: _marks(fleet, body).extend([str(body["of"])] * _times(body)),
                lambda body: _forget(_marks(fleet, body), str(body["of"])),
            ),
            "sessions": (
                lambda body: self._sim.balancer.hold(_key(body), int(body["count"]), now() + float(body["seconds"])),
                lambda body: self._sim.balancer.hold(_key(body), 0, 0.0),
            ),
        }

    async def remove(self, request: Request) -> Response:
        """DELETE faults/{id}: end one. A host comes back to life; a program is well from its next start on."""
        number = request.path_params["number"]
        if not any(number in known for known in self._known()):
            raise HttpFault(404, f"There is no fault {number}.")
        self._remove(number)
        return Response(status_code=204)

    async def clear(self, _: Request) -> Response:
        """DELETE faults: end all of them."""
        for number in [number for known in self._known() for number in known]:
            self._remove(number)
        return Response(status_code=204)

    def _known(self) -> tuple[Collection[int], ...]:
        return self._sim.troubles.waiting, self._sim.backend_troubles.waiting, self._sim.ailments

    def _remove(self, number: int) -> None:
        self._sim.troubles.waiting.pop(number, None)
        self._sim.backend_troubles.waiting.pop(number, None)
        ailment = self._sim.ailments.pop(number, None)
        if ailment is not None:
            self._kinds[ailment["kind"]][1](ailment)


def _times(body: Mapping[str, Any]) -> int:
    return int(body.get("times", 1))


def _step(body: Mapping[str, Any]) -> tuple[str, str]:
    return str(body["project"]), str(body["step"])


def _marks(fleet: Fleet, body: Mapping[str, Any]) -> list[str]:
    """The migrations that are to fail, or those that are never to end."""
    return {"error": fleet.broken, "stall": fleet.stalled}[body["how"]]


def _forget(marks: list[Mark], mark: Mark) -> None:
    marks[:] = [one for one in marks if one != mark]


def _key(body: Mapping[str, Any]) -> Key:
    return str(body["host"]), str(body["binary"])
