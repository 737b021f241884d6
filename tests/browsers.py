"""A server of this process on a port of its own, and Debian's Chromium to look at it.

The app is the real one over a real journal; only who is let in may be a stand-in, which tests/e2e/test_sign_in.py and
tests/unit/web/access keep honest.
"""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("STAIRLIFT_TEST_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
#: How long something may take that comes in a second where nothing else goes on; milliseconds.
PATIENCE = 60_000
#: What a module of tests with a browser is marked with.
MARKS = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    pytest.mark.timeout(600),
]
expect = playwright.expect
expect.set_options(timeout=PATIENCE)


@contextmanager
def a_chromium() -> Iterator:
    """A browser without a window, for as long as the block is."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


def loaded(page):
    """The page, once its scripts hear keys and clicks."""
    page.wait_for_function("document.getElementById('live')?.dataset.heard !== undefined")
    return page


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
        thread.join(60)


def _port_of(server: uvicorn.Server, thread: threading.Thread) -> int:
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.02)
    return server.servers[0].sockets[0].getsockname()[1]


@dataclass
class Complaints:
    """What a browser complains about: errors in its console, broken policies, requests to elsewhere.

    Chromium tells its console when it has time for it; so what a test is going to provoke is said before.
    """

    home: str
    found: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    def expect(self, *patterns: str) -> None:
        """From here on complaints with one of these in them are none."""
        self._expected.extend(patterns)

    def watch(self, page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._note(f"error: {error}"))
        page.on("request", lambda asked: self._elsewhere(asked.url))

    def _hear(self, told) -> None:
        if told.type in {"error", "warning"}:
            self._note(f"{told.type}: {told.text}")

    def _elsewhere(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "about:")):
            self._note(f"elsewhere: {url}")

    def _note(self, told: str) -> None:
        if not any(re.search(pattern, told) for pattern in self._expected):
            self.found.append(told)
