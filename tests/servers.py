"""A server as a process, as an operator starts one, or as a thread of ours; and somebody who asks it over HTTP."""

import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import httpx2
import uvicorn
from starlette.types import ASGIApp

from operating import COMMAND, Operator, until
from stairlift.model.access import RIGHTS, Right
from stairlift.web.connections import Connection
from stairlift.web.leaving import Leaving
from stairlift.web.server import Server
from stairlift.wiring.admitting import Wish, issue, open_keys
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import read_settings

#: Seconds that a server may take to begin, and to leave.
PATIENCE = 60.0


class Served:
    """`with Served(operator) as server: server.asks().get("/v1/runs")`; at the end it is told to leave, and does."""

    def __init__(self, operator: Operator, *words: object, name: str = "server", **environ: str) -> None:
        self.operator = operator
        self.log = operator.folder / f"{name}.log"
        self.environ = operator.environment(**environ)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--port", "0", *map(str, words)],
                cwd=operator.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.url = until(self._address, PATIENCE)

    def _address(self) -> str | None:
        assert self.process.poll() is None, self.says
        found = re.search(r"(https?://\S+)", self.says)
        return found[1] if found else None

    @property
    def says(self) -> str:
        return self.log.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            assert self.leaves() == 0, self.says
        assert "Traceback" not in self.says, self.says
        assert "graceful shutdown exceeded" not in self.says, self.says
        assert "[bug]" not in self.says, self.says

    def asks(self, *rights: Right, name: str = "ada", verify: object = True) -> httpx2.Client:
        """A client with a token of somebody who may do this; everything, where nothing is said."""
        wish = Wish(name, rights or RIGHTS)
        keys = open_keys(read_settings(self.environ, self.operator.folder))
        held = {token.name for token in keys.tokens()}
        if name in held:
            keys.revoke(name, now())
        _, secret = issue(keys, wish, "a test", now())
        return httpx2.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {secret}"}, timeout=PATIENCE, verify=verify
        )

    def leaves(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to leave; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def dies(self) -> None:
        """As if the machine's memory had run out."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def in_this_process(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Where an app is served by a thread until the end of the block; then it leaves as the real one does."""
    leaving = Leaving(app)
    config = uvicorn.Config(leaving, port=port, http=Connection, ws="none", lifespan="off", log_config=None)
    server = Server(config, lambda: None, leaving.begin)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port_of(server, thread)}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive(), "the server waits for somebody"


def _port_of(server: Server, thread: threading.Thread) -> int:
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.02)
    return server.servers[0].sockets[0].getsockname()[1]


def job_done(client: httpx2.Client, answer: httpx2.Response) -> dict:
    """Wait for the job that an answer of 202 begins; its document."""
    assert answer.status_code == 202, answer.text
    place = answer.headers["location"]
    end = time.monotonic() + PATIENCE
    while (job := client.get(place).json())["state"] == "running":
        assert time.monotonic() < end, job
        time.sleep(0.1)
    assert job["state"] == "done", job
    return job


def plan_made(client: httpx2.Client, to: str = "2025.2", source: str = "2025.1") -> str:
    """Have the server make a plan; its hash."""
    return job_done(client, client.post("/v1/plans", json={"to": to, "from": source}))["result"]["hash"]


def run_begun(client: httpx2.Client, plan: str, **wishes: object) -> str:
    """Have the server begin a run; its id."""
    return job_done(client, client.post("/v1/runs", json={"plan": plan, **wishes}))["result"]["run"]


def state_of(client: httpx2.Client, run: str) -> str:
    """How a run stands."""
    answer = client.get(f"/v1/runs/{run}/status")
    assert answer.status_code == 200, answer.text
    return answer.json()["state"]


def comes_to(client: httpx2.Client, run: str, state: str, seconds: float = 120) -> None:
    """Wait until a run is in this state; a connection that is gone with its server is tried again."""

    def stands() -> bool:
        with suppress(httpx2.TransportError):
            return state_of(client, run) == state
        return False

    until(stands, seconds)


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate for this machine, and its key."""
    chain, key = folder / "chain.pem", folder / "key.pem"
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    more = ("-addext", f"subjectAltName=IP:{name}", "-keyout", key, "-out", chain)
    subprocess.run(["openssl", *words, *more], check=True, capture_output=True)
    return chain, key
