"""Runs a sandbox: uvicorn on the loopback, in a thread for tests or as the whole of a process."""

import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from stairlift.model.errors import StairliftError
from stairlift.sandbox.api.doors import doors_of
from stairlift.sandbox.api.front import Front
from stairlift.sandbox.api.simulation import Simulation
from stairlift.sandbox.balancer_socket import runtime_socket
from stairlift.sandbox.client import SandboxClient
from stairlift.sandbox.connection import Http
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.scenario_file import load

LOOPBACK = "127.0.0.1"
_START_SECONDS = 10.0


def server_of(simulation: Simulation) -> uvicorn.Server:
    """A server for this cloud, not yet running."""
    config = uvicorn.Config(
        Front(simulation),
        http=Http,
        ws="none",
        lifespan="off",
        access_log=False,
        date_header=False,
        server_header=False,
        log_level="error",
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def listening(port: int = 0) -> socket.socket:
    """A socket on the loopback; port 0 takes a free one. StairliftError `sandbox.port` where it is taken."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; else a body waits 40 ms behind its head
        sock.bind((LOOPBACK, port))
        sock.listen(1024)
    except OSError as error:
        sock.close()
        raise StairliftError(
            code="sandbox.port",
            brief=f"the sandbox cannot listen on port {port}: {error.strerror}",
            resolution="Take another port, or 0 for any that is free.",
        ) from error
    return sock


class Sandbox(SandboxClient):
    """A sandbox in a thread of this process: `with Sandbox("demo") as cloud: ...`.

    With `doors` every process of an API listens on a port of its own as well; the load balancer's statistics name them.
    With `haproxy` the load balancer has its runtime socket at that path; it knows the servers that have doors.
    """

    def __init__(
        self, scenario: Scenario | str, port: int = 0, *, doors: bool = False, haproxy: Path | None = None
    ) -> None:
        self.scenario = load(scenario) if isinstance(scenario, str) else scenario
        simulation = Simulation(self.scenario)
        self._server = server_of(simulation)
        self._sockets = [listening(port), *(_with_doors(simulation) if doors or haproxy else ())]
        self._haproxy = haproxy
        self._closing = ExitStack()
        self._thread = threading.Thread(target=self._server.run, args=(self._sockets,), daemon=True)
        super().__init__(f"http://{LOOPBACK}:{self._sockets[0].getsockname()[1]}")

    def __enter__(self) -> Self:
        self._thread.start()
        self.wait_until_up(_START_SECONDS)
        if self._haproxy is not None:
            self._closing.enter_context(runtime_socket(self._haproxy, self.haproxy_says))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)
        for sock in self._sockets:
            sock.close()


def _with_doors(simulation: Simulation) -> list[socket.socket]:
    """A socket for each process of an API, which the simulation knows by its port."""
    own = [(listening(), door) for door in doors_of(simulation.scenario)]
    simulation.doors = {sock.getsockname()[1]: door for sock, door in own}
    return [sock for sock, _ in own]


def serve(
    scenario: Scenario, port: int, port_file: Path | None, *, doors: bool = False, haproxy: Path | None = None
) -> None:
    """Run a sandbox until a signal ends it; the port is in the file as soon as the sandbox can be asked."""
    simulation = Simulation(scenario)
    with ExitStack() as closing:
        sock = closing.enter_context(listening(port))
        own = [closing.enter_context(one) for one in (_with_doors(simulation) if doors or haproxy else ())]
        server, number = server_of(simulation), sock.getsockname()[1]
        if haproxy is not None:
            says = SandboxClient(f"http://{LOOPBACK}:{number}").haproxy_says
            closing.enter_context(runtime_socket(haproxy, says))
        if port_file is not None:
            _write_port(port_file, number)
        server.run([sock, *own])


def _write_port(path: Path, port: int) -> None:
    """Write the port so that a reader sees all of it or nothing."""
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(f"{port}\n", encoding="utf-8")
    draft.replace(path)
