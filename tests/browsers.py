"""A server of this process on a port of its own, Debian's Chromium to look at it, and people who do.

The app is the real one over a real journal; only who is let in may be a stand-in, which tests/e2e/test_sign_in.py and
tests/unit/web/access keep honest.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from servers import in_this_process

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("STAIRLIFT_TEST_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
#: How long something may take that comes in a second where nothing else goes on; milliseconds.
PATIENCE = 60_000
WANTS_CHROMIUM = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}")
#: What a module of tests with a browser is marked with.
MARKS = [WANTS_CHROMIUM, pytest.mark.timeout(600)]
#: Where an app is served until the end of the block; a server as a process is in tests/servers.py.
served = in_this_process
expect = playwright.expect
expect.set_options(timeout=PATIENCE)


@contextmanager
def a_chromium() -> Iterator:
    """A browser without a window, for as long as the block is."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


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


class Person:
    """Somebody at a browser of their own, signed in; at the end it has not complained about anything."""

    def __init__(self, chromium, home: str, secret: str, **given) -> None:
        self.home = home
        self.context = chromium.new_context(**given)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.complaints = Complaints(home)
        self.complaints.watch(self.page)
        self.page.goto(f"{home}/sign-in")
        self.page.get_by_label("Token or one-time code").fill(secret)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{home}/")

    def sees(self, path: str):
        """The page of this path, loaded."""
        self.page.goto(self.home + path)
        return self.page

    def looks_on(self, url: str):
        """Another window of the same browser; that it was loaded anew would show in `window.kept`."""
        window = self.context.new_page()
        self.complaints.watch(window)
        window.goto(url)
        window.evaluate("window.kept = true")
        return window

    def leaves(self) -> None:
        self.context.close()
        assert self.complaints.found == []


def grave(page) -> dict[str, list[str]]:
    """What axe calls serious or critical on a page, with the first few places."""
    from axe_playwright_python.sync_playwright import Axe

    bad = (one for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"})
    return {one["id"]: [node["html"][:160] for node in one["nodes"]][:3] for one in bad}


def begun_from_the_page(person: Person, to: str = "2025.2"):
    """Make a plan and begin it, as a newcomer does; the page of the run. Where the cloud's release is not clear, say it."""
    page = person.sees("/plans")
    page.get_by_label("To release").select_option(to)
    page.get_by_role("button", name="Make a plan").click()
    page.get_by_role("button", name="Start from 2025.1").click()
    page.wait_for_url("**/plans/sha256:*")
    page.get_by_label(re.compile("^Whoever approves types")).fill("sandbox")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.wait_for_url("**/runs/*")
    return page


def approved_until_done(page, most: int = 12, patience: float = PATIENCE) -> int:
    """Approve what it asks, and how often that was; the server carries on by itself. `patience` is for each, in ms."""
    done = page.locator("#head .state", has_text="done")
    approve = page.locator("#needs").get_by_role("button", name="Approve", disabled=False)
    for approved in range(most):
        expect(done.or_(approve.first).first).to_be_visible(timeout=patience)
        if done.count():
            return approved
        with page.expect_navigation():
            approve.first.click()
    raise AssertionError(page.locator("main").inner_text())
