"""A server of this process on a port of its own, and Debian's Chromium to look at it.

The app is the real one over a real journal; only who is let in may be a stand-in, which tests/e2e/test_sign_in.py and
tests/unit/web/access keep honest.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from fastapi import FastAPI

CHROMIUM = Path(os.environ.get("STAIRLIFT_TEST_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@contextmanager
def served(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Where the app is served until the end of the block. Its streams are cut off then."""
    config = uvicorn.Config(app, "127.0.0.1", port, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port_of(server, thread)}"
    finally:
        server.should_exit = True
        thread.join(20)


def _port_of(server: uvicorn.Server, thread: threading.Thread) -> int:
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.02)
    return server.servers[0].sockets[0].getsockname()[1]


@dataclass
class Complaints:
    """What a browser complains about: errors in its console, broken policies, requests to elsewhere."""

    home: str
    found: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", lambda asked: self._elsewhere(asked.url))

    def _hear(self, told) -> None:
        if told.type in {"error", "warning"}:
            self.found.append(f"{told.type}: {told.text}")

    def _elsewhere(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "about:")):
            self.found.append(f"elsewhere: {url}")
