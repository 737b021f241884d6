"""What stands before the APIs: the log, the faults, and a load balancer that knows which processes are up."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from stairlift.sandbox.api.catalog import PREFIXES
from stairlift.sandbox.api.compute import Compute
from stairlift.sandbox.api.control import Control
from stairlift.sandbox.api.doors import Door
from stairlift.sandbox.api.faults import HttpTrouble
from stairlift.sandbox.api.further import further
from stairlift.sandbox.api.identity import Identity
from stairlift.sandbox.api.image import Image
from stairlift.sandbox.api.network import Network
from stairlift.sandbox.api.placement import Placement
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.api.volume import Volume
from stairlift.sandbox.api.wire import Backend, HttpFault, fault
from stairlift.sandbox.connection import Sending, hang_up
from stairlift.sandbox.times import iso_time
from stairlift.sandbox.world.world import NotThere, Refused, Unreachable

CONTROL = "_sandbox"
_STATUS: Mapping[type[Exception], int] = {NotThere: 404, Refused: 409, Unreachable: 503}
_NO_BACKEND = "<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>"


class Front:
    """The sandbox as an ASGI application."""

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        self._routers: dict[str, Router] = {
            CONTROL: Router(Control(sim).routes(), redirect_slashes=False),
            "identity": Router(Identity(sim).routes(), redirect_slashes=False),
            "compute": Router(Compute(sim).routes(), redirect_slashes=False),
            "network": Router(Network(sim).routes(), redirect_slashes=False),
            "image": Router(Image(sim).routes(), redirect_slashes=False),
            "placement": Router(Placement(sim).routes(), redirect_slashes=False),
            "volume": Router(Volume(sim).routes(), redirect_slashes=False),
        }
        self._routers |= {api: Router(found, redirect_slashes=False) for api, found in further(sim).items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing but HTTP is spoken."""
        if scope["type"] != "http":
            return
        if door := self._sim.doors.get(scope["server"][1]):
            await self._by_door(door, scope, receive, send)
            return
        prefix, path = _without_prefix(scope["path"])
        inner = {**scope, "app": self, "path": path, "sandbox.prefix": prefix}
        if _first(path) == CONTROL:
            await self._handle(CONTROL, inner, receive, send)
            return
        sending = Sending(send, self._log(scope), self._sim.now())
        trouble = self._sim.troubles.take(scope["method"], scope["path"])
        if trouble is None:
            await self._serve(inner, receive, sending)
        else:
            await self._spoil(trouble, inner, receive, sending)

    def _log(self, scope: Scope) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "time": iso_time(self._sim.now()),
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "status": None,
        }
        self._sim.log.append(entry)
        return entry

    async def _by_door(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        """Let that process answer, whose API begins at the root of its address; nobody does where it is not up."""
        path = f"/{door.api}{scope['path'].rstrip('/')}"
        entry = self._log({**scope, "path": path}) | {"door": door.key[0], "signed": _is_signed(scope)}
        self._sim.log[-1] = entry
        backend = self._sim.behind(door)
        if backend is None:
            await hang_up(scope, receive, reset=True)
            return
        inner = {**scope, "app": self, "path": path, "sandbox.prefix": "", "sandbox.backend": backend}
        await self._behind(backend, inner, receive, Sending(send, entry, self._sim.now()))

    async def _serve(self, scope: Scope, receive: Receive, send: Sending) -> None:
        """Let the next process of the API's program answer, as the load balancer has it."""
        api = _first(scope["path"])
        if not self._sim.deployed(api):
            await fault(api, 404, "The resource could not be found.")(scope, receive, send)
            return
        backend = self._sim.next_backend(api)
        if backend is None:
            await Response(_NO_BACKEND, 503, media_type="text/html")(scope, receive, send)
            return
        scope["sandbox.backend"] = send.backend = backend
        with self._sim.balancer.session(backend.key):
            await self._behind(backend, scope, receive, send)

    async def _behind(self, backend: Backend, scope: Scope, receive: Receive, send: Sending) -> None:
        """Let that process answer, well or ill; one that has gone or goes meanwhile answers nothing."""
        starts = self._starts(backend)
        trouble = self._sim.backend_troubles.take(*backend.key, scope["path"])
        if trouble is not None and trouble.delay:
            await asyncio.sleep(trouble.delay)
        if starts is None or self._starts(backend) != starts:
            await Response(_NO_BACKEND, 503, media_type="text/html")(scope, receive, send)
        elif trouble is not None and trouble.status is not None:
            refused = fault(_first(scope["path"]), trouble.status, "This fault was asked for.")
            await refused(scope, receive, send)
        else:
            await self._handle(_first(scope["path"]), scope, receive, send)

    def _starts(self, backend: Backend) -> int | None:
        """Which process of a program runs, by its number; None if none does."""
        runs = backend.key in self._sim.world.running(backend.key[1], self._sim.now())
        return self._sim.world.lives[backend.key].starts if runs else None

    async def _handle(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._routers[name](scope, receive, send)
        except HttpFault as trouble:
            await fault(name, trouble.status, trouble.message, trouble.headers)(scope, receive, send)
        except HTTPException as trouble:
            await fault(name, trouble.status_code, trouble.detail, trouble.headers)(scope, receive, send)
        except (NotThere, Refused, Unreachable) as refusal:
            await fault(name, _STATUS[type(refusal)], str(refusal))(scope, receive, send)

    async def _spoil(self, trouble: HttpTrouble, scope: Scope, receive: Receive, send: Sending) -> None:
        await asyncio.sleep(trouble.delay)
        if trouble.damage == "reset":
            await hang_up(scope, receive, reset=True)
        elif trouble.damage == "truncate":
            send.halve()
            await self._serve(scope, receive, send)
            await hang_up(scope, receive, reset=False)
        elif trouble.status is not None:
            await fault(_first(scope["path"]), trouble.status, "This fault was asked for.")(scope, receive, send)
        else:
            await self._serve(scope, receive, send)


def _without_prefix(path: str) -> tuple[str, str]:
    """The prefix of the interface that was addressed, and the path behind it without a slash at the end."""
    prefix = next((p for p in PREFIXES.values() if p and path.startswith(f"{p}/")), "")
    return prefix, path.removeprefix(prefix).rstrip("/") or "/"


def _is_signed(scope: Scope) -> bool:
    """Whether a request brings credentials of any kind."""
    return any(name in {b"x-auth-token", b"authorization", b"cookie"} for name, _ in scope["headers"])


def _first(path: str) -> str:
    return path.split("/", 2)[1]
