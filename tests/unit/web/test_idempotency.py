"""The same key gets the same answer, and nothing is done twice."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.responses import Response
from starlette.testclient import TestClient

from houses import a_house
from stairlift.model.errors import Refusal, StairliftError
from stairlift.web.access.callers import Operator
from stairlift.web.idempotency import once_router
from stairlift.wiring import clock
from visitors import ADDRESS, a_program, a_token


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def done() -> list[str]:
    """What was done, each time that it was."""
    return []


@pytest.fixture
def app(house, done) -> FastAPI:
    made = a_program(house).app
    assert isinstance(made, FastAPI)
    router = once_router(prefix="/v1/things")

    @router.post("/{name}", status_code=202)
    def begin(name: str, caller: Operator, response: Response, body: dict[str, int] | None = None) -> dict[str, object]:
        done.append(name)
        if name == "busy" and len(done) == 1:
            raise Refusal(code="run.cloud_busy", brief="busy")
        if name == "defect":
            raise ZeroDivisionError
        if name == "trouble" and len(done) == 1:
            raise StairliftError(code="store.unavailable", brief="no journal")
        response.headers["Location"] = f"/v1/things/{name}"
        response.headers["X-Other"] = "of this answer alone"
        return {"name": name, "by": caller.name, "body": body, "number": len(done)}

    made.include_router(router)
    return made


@pytest.fixture
def ask(house, app):
    visitor = TestClient(app, base_url=ADDRESS)

    def ask(name: str, key: str | None = "k1", token: str | None = None, **given):
        shown = {"Authorization": f"Bearer {token or ask.token}"}
        with_key = {"Idempotency-Key": key} if key is not None else {}
        return visitor.post(f"/v1/things/{name}", headers=shown | with_key, **given)

    ask.token = a_token(house, name="bob")
    return ask


def test_without_a_key_each_is_done(ask, done):
    assert [ask("a", None).json()["number"], ask("a", None).json()["number"]] == [1, 2]


def test_with_one_it_is_done_once(ask, done):
    first, second = ask("a"), ask("a")
    assert done == ["a"]
    assert (second.status_code, second.content) == (202, first.content)
    assert second.headers["Location"] == "/v1/things/a"
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert "X-Other" not in second.headers
    assert first.headers["X-Openstack-Request-Id"] != second.headers["X-Openstack-Request-Id"]


def test_it_outlives_the_server(house, app, ask, done):
    first = ask("a")
    again = a_program(a_house(house.settings.state_dir.parent, settings=house.settings), token=ask.token)
    again.app.router.routes.extend(app.router.routes[-1:])
    assert again.post("/v1/things/a", headers={"Idempotency-Key": "k1"}).content == first.content
    assert done == ["a"]


@pytest.mark.parametrize("other", [{"json": {"x": 2}}, {"json": None}, {"params": {"name": "b"}}])
def test_another_request_is_refused(ask, done, other):
    ask("a", json={"x": 1})
    told = ask("b", json={"x": 1}) if "params" in other else ask("a", **other)
    assert (told.status_code, told.json()["code"]) == (422, "request.other_body")
    assert done == ["a"]


def test_keys_are_each_tokens_own(house, ask, done):
    ask("a")
    assert ask("a", token=a_token(house, name="eve")).json()["by"] == "eve"
    assert done == ["a", "a"]


@pytest.mark.parametrize(("name", "status"), [("busy", 409), ("trouble", 503)])
def test_where_nothing_came_of_it_it_may_be_made_again(ask, done, name, status):
    assert ask(name).status_code == status
    assert ask(name).status_code == 202
    assert done == [name, name]


def test_nor_comes_anything_of_wrong_fields_or_missing_rights(house, ask, done):
    assert ask("a", json={"x": "many"}).status_code == 400
    assert ask("a", token=a_token(house, "read", name="eve")).status_code == 403
    assert ask("a").status_code == 202


def test_of_a_defect_nobody_knows_what_came(ask, done, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert ask("defect").status_code == 500
    told = ask("defect")
    assert (told.status_code, told.json()["code"]) == (409, "request.in_flight")
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert ask("defect").status_code == 500
    assert done == ["defect", "defect"]


def test_a_day_later_it_is_done_again(ask, done, monkeypatch):
    ask("a")
    later = clock.now() + timedelta(hours=24)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert ask("a").json()["number"] == 2


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "\x7f", "é"])
def test_a_key_that_is_none(ask, done, key):
    told = ask("a", key.encode("latin-1"))
    assert (told.status_code, told.json()["code"]) == (400, "request.bad_key")
    assert done == []


def test_whoever_is_not_let_in_begins_no_key(app, ask, done):
    visitor = TestClient(app, base_url=ADDRESS)
    assert visitor.post("/v1/things/a", headers={"Idempotency-Key": "k1"}).status_code == 401
    assert ask("a").json()["number"] == 1


def test_the_description_of_the_api_has_the_header(app):
    described = app.openapi()["paths"]["/v1/things/{name}"]["post"]
    assert "Idempotency-Key" in [parameter["name"] for parameter in described["parameters"]]
