"""Sandboxes over real HTTP, and a client as bare as can be, so that the wire itself is looked at."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from stairlift.sandbox.api.tokens import PASSWORD
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.scenario_file import load
from stairlift.sandbox.server import Sandbox


class Caller:
    """Asks one sandbox, with a token and the microversions that it is given."""

    def __init__(self, cloud: Sandbox, user: str = "admin", scope: Any = "project") -> None:
        self.cloud = cloud
        self._session = requests.Session()
        self.token_answer = self.log_in(user, scope)
        self.token = self.token_answer.headers.get("X-Subject-Token", "")

    def log_in(self, user: str = "admin", scope: Any = "project", password: str = PASSWORD) -> requests.Response:
        domain = {"id": "default"}
        scope = {"project": {"name": "admin", "domain": domain}} if scope == "project" else scope
        who = {"name": user, "domain": domain, "password": password}
        auth = {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}
        return self.ask("POST", "/identity/v3/auth/tokens", json={"auth": auth}, token="")

    def ask(self, method: str, path: str, *, token: str | None = None, mv: str = "", **more: Any) -> requests.Response:
        headers = {"X-Auth-Token": self.token if token is None else token} | more.pop("headers", {})
        if mv:
            headers["OpenStack-API-Version"] = mv
        return self._session.request(method, self.cloud.url + path, headers=headers, timeout=20, **more)

    def get(self, path: str, *, mv: str = "", **more: Any) -> Any:
        """The document under a path, which must be there."""
        answer = self.ask("GET", path, mv=mv, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pages(self, path: str, name: str, *, mv: str = "") -> list[list[dict[str, Any]]]:
        """All pages of a list, by the links in them."""
        found, url = [], path
        while url:
            document = self.get(url.removeprefix(self.cloud.url), mv=mv)
            found.append(document[name])
            links = document.get(f"{name}_links", [])
            url = next((link["href"] for link in links if link["rel"] == "next"), "")
        return found


@pytest.fixture
def sandbox() -> Iterator[Callable[[Scenario | str], Sandbox]]:
    """Starts sandboxes that end with the test."""
    with ExitStack() as stack:
        yield lambda scenario: stack.enter_context(Sandbox(scenario))


@pytest.fixture(scope="session")
def shared() -> Iterator[Callable[[Scenario | str], Sandbox]]:
    """One sandbox per scenario for all tests that only look at it."""
    kept: dict[tuple[str, int], Sandbox] = {}
    with ExitStack() as stack:

        def start(scenario: Scenario | str) -> Sandbox:
            known = load(scenario) if isinstance(scenario, str) else scenario
            key = known.name, len(known.hosts)
            if key not in kept:
                kept[key] = stack.enter_context(Sandbox(known))
            return kept[key]

        yield start


@pytest.fixture
def look(shared) -> Callable[[Scenario | str], Caller]:
    """Logs in to a sandbox that others look at too, so nothing may be changed."""
    return lambda scenario: Caller(shared(scenario))


@pytest.fixture
def call(sandbox) -> Callable[[Scenario | str], Caller]:
    """Starts a sandbox and logs in."""
    return lambda scenario: Caller(sandbox(scenario))
