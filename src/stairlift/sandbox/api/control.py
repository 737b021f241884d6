"""The sandbox's own interface, below /_sandbox: what is done to a cloud, what breaks it, and what it looks like."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stairlift.sandbox.api.disasters import Disasters
from stairlift.sandbox.api.operations import DATABASE_STEPS, PROGRAM_ACTIONS, Operations
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.wire import HttpFault, answer, body_of
from stairlift.sandbox.times import iso_time
from stairlift.sandbox.world.hearing import Key
from stairlift.sandbox.world.world import Event


class Control:
    """The handlers of /_sandbox. They need no token: whoever reaches the sandbox may do with it what he likes."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._operations = Operations(sim)
        self._disasters = Disasters(sim)

    def routes(self) -> list[Route]:
        """What is answered."""
        return [
            Route("/_sandbox/state", self.state),
            Route("/_sandbox/log", self.log),
            Route("/_sandbox/events", self.events),
            Route("/_sandbox/haproxy;csv", self.haproxy),
            Route("/_sandbox/haproxy", self.haproxy_command, methods=["POST"]),
            Route("/_sandbox/clock", self.clock, methods=["POST"]),
            Route("/_sandbox/tokens/expire", self.expire, methods=["POST"]),
            Route("/_sandbox/db/{project}/{step}", self.database, methods=["POST"]),
            Route("/_sandbox/hosts/{host}/programs/{binary}/{action}", self.program, methods=["POST"]),
            Route("/_sandbox/hosts/{host}/steps", self.step, methods=["POST"]),
            *self._disasters.routes(),
        ]

    async def state(self, _: Request) -> Response:
        """GET state: which program runs which release where, and how far the databases are."""
        now, world, scenario = self._sim.now(), self._sim.world, self._sim.scenario
        hosts = {
            name: {
                "alive": not world.is_dead(name),
                "programs": {spec.binary: self._shown((name, spec.binary), now) for spec in host.programs},
            }
            for name, host in world.hosts.items()
        }
        databases = {
            project: {"expanded": str(d.expanded), "migrated": str(d.migrated), "contracted": str(d.contracted)}
            for project, d in world.databases.items()
        }
        head = {"scenario": scenario.name, "region": scenario.region, "release": str(scenario.release)}
        return answer(head | {"now": iso_time(now), "hosts": hosts, "databases": databases})

    def _shown(self, key: Key, now: float) -> dict[str, Any]:
        life = self._sim.world.lives[key]
        reported = next(self._sim.world.reports((key,), now))
        return {
            "release": str(life.release),
            "state": life.phase(now).value,
            "since": None if life.up_from is None else iso_time(life.up_from),
            "reported": None if reported is None else iso_time(reported),
            "starts": life.starts,
        }

    async def log(self, _: Request) -> Response:
        """GET log: the requests that the cloud's APIs have seen, oldest first."""
        return answer({"requests": list(self._sim.log)})

    async def events(self, _: Request) -> Response:
        """GET events: what was done to the cloud, oldest first."""
        return answer({"events": [_event(event) for event in self._sim.world.events]})

    async def haproxy(self, _: Request) -> Response:
        """GET haproxy;csv: the load balancer's statistics, with the processes that have an address of their own."""
        shown = self._sim.balancer.statistics(self._sim.doors, self._sim.now())
        return Response(shown, media_type="text/plain")

    async def haproxy_command(self, request: Request) -> Response:
        """POST haproxy {"command"}: what the load balancer's runtime socket would answer."""
        line = str((await body_of(request)).get("command", ""))
        return answer({"answer": self._sim.balancer.answer(line, self._sim.doors, self._sim.now())})

    async def clock(self, request: Request) -> Response:
        """POST clock {"advance": seconds}: put the cloud's clock forward."""
        seconds = (await body_of(request)).get("advance")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise HttpFault(400, "advance: a number of seconds is expected, and time does not go back.")
        self._sim.advance(float(seconds))
        return answer({"now": iso_time(self._sim.now())})

    async def expire(self, _: Request) -> Response:
        """POST tokens/expire: let every token that was given out expire now."""
        return answer({"expired": self._sim.tokens.expire_all(self._sim.now())})

    async def database(self, request: Request) -> Response:
        """POST db/{project}/{expand|migrate|contract} {"to": SERIES}."""
        project, step = request.path_params["project"], _among(DATABASE_STEPS, request.path_params["step"])
        return answer(self._operations.change_database(project, step, await body_of(request)))

    async def program(self, request: Request) -> Response:
        """POST hosts/{host}/programs/{binary}/{stop|start|restart|upgrade}.

        The body holds `to` for an upgrade; with `wait` the answer comes when the program is up.
        """
        body, action = await body_of(request), _among(PROGRAM_ACTIONS, request.path_params["action"])
        key = (request.path_params["host"], request.path_params["binary"])
        changed = self._operations.act(key, action, body)
        if body.get("wait"):
            await self._operations.settled([key])
        return answer({"changed": changed} | self._shown(key, self._sim.now()))

    async def step(self, request: Request) -> Response:
        """POST hosts/{host}/steps: what the playbook asks for, with the step's action, services, project and `to`."""
        return answer(await self._operations.step(request.path_params["host"], await body_of(request)))


def _among(known: frozenset[str], word: str) -> str:
    if word not in known:
        raise HttpFault(404, f"There is no {word}, only {', '.join(sorted(known))}.")
    return word


def _event(event: Event) -> dict[str, Any]:
    return {
        "time": iso_time(event.time),
        "action": event.action,
        "subject": event.subject,
        "host": event.host,
        "release": None if event.release is None else str(event.release),
    }
