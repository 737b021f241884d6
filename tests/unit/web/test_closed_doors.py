"""Whoever is not known gets in nowhere, and to do something needs more than to read: every route, one by one."""

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from houses import a_house, a_run
from stairlift.web import api, pages
from stairlift.web.app import the_app
from stairlift.web.guarding.bodies import STRANGERS
from visitors import BROWSING, a_program, a_stranger

#: What everybody may see: whether the server lives, how to sign in, and what pages are dressed in.
OPEN = {"/healthz", "/readyz", "/sign-in", "/sign-out", "/static/{digest}/{name}"}
#: With these something is changed.
_CHANGES = {"POST", "PUT", "PATCH", "DELETE"}


def _routes(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in routes:
        assert isinstance(route, APIRoute), f"a route that no test can read: {route}"
        yield route


ROUTES = sorted(
    {
        (method, route.path)
        for router in (*api.routers(), *pages.routers())
        for route in _routes(router.routes)
        for method in route.methods
    }
)


def address(path: str, run: str = "x") -> str:
    return re.sub(r"\{[^}]*\}", "x", path.replace("{run_id}", run))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return a_house(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def run(house) -> str:
    return a_run(house).run.id


@pytest.fixture(scope="module")
def reader(house):
    return a_program(house, "read")


def test_there_are_some():
    assert {("GET", "/"), ("GET", "/v1/tokens"), ("GET", "/healthz")} <= set(ROUTES)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route[1] not in OPEN])
def test_a_stranger_is_not_let_in(house, method, path):
    told = a_stranger(house).request(method, address(path))
    assert (told.status_code, told.json()["code"]) == (401, "access.unknown")
    told = a_stranger(house, headers=BROWSING).request(method, address(path))
    assert told.status_code == (303 if method == "GET" and not path.startswith("/v1") else 401)


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/v1/nothing", {}),
        ("GET", "/nothing", {}),
        ("DELETE", "/v1/runs", {}),
        ("OPTIONS", "/v1", {}),
        ("POST", "/v1/tokens", {"headers": {"Content-Length": "2000000"}}),
        ("POST", "/v1/tokens", {"content": b"x" * 2_000_000}),
        ("POST", "/v1/tokens", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
        ("POST", "/v1/tokens", {"json": {"nothing": 1}}),
        ("GET", "/v1/runs?nothing=1", {}),
        ("POST", "/plans", {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}}),
        ("POST", "/plans", {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}),
        ("POST", "/plans", {"headers": {"Origin": "https://evil.example"}}),
        ("GET", "/v1/runs", {"headers": {"Authorization": "Bearer stl_" + "x" * 43}}),
        ("GET", "/v1/nothing", {"headers": {"Authorization": "Basic YTpi"}}),
        ("GET", "/healthz/x", {}),
        ("GET", "/static", {}),
        ("GET", "/sign-in/", {}),
    ],
)
def test_that_he_is_one_is_all_that_a_stranger_is_told(house, method, path, sent):
    """Not whether there is such a place, nor what else is wrong with what he brings."""
    told = a_stranger(house).request(method, path, **sent)
    assert (told.status_code, told.json()["code"]) == (401, "access.unknown")


def test_a_body_of_a_stranger_is_not_read(house):
    def never():
        pytest.fail("it was read")
        yield b""

    assert a_stranger(house).post("/v1/plans", content=never()).status_code == 401


def test_who_signs_in_says_little(house):
    told = a_stranger(house).post("/sign-in", data={"secret": "x" * STRANGERS})
    assert (told.status_code, told.json()["title"]) == (413, "what was sent is larger than 64 KiB")


def test_a_route_that_forgets_to_ask_who_it_is_is_closed_all_the_same(tmp_path):
    app = the_app(a_house(tmp_path))
    app.add_api_route("/v1/forgetful", lambda: "secret")
    assert TestClient(app).get("/v1/forgetful").status_code == 401


@pytest.mark.parametrize(("method", "path"), [r for r in ROUTES if r[0] in _CHANGES and r[1] not in OPEN])
def test_who_may_only_read_changes_nothing(reader, run, method, path):
    told = reader.request(method, address(path, run))
    assert (told.status_code, told.json()["code"]) == (403, "access.forbidden")
