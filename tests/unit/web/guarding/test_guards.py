"""What stands before every door: names, limits, headers, and one form for whatever goes wrong."""

import asyncio
import logging
import re
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from starlette.testclient import TestClient

from houses import a_house
from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding
from stairlift.web.access.callers import Reader
from stairlift.web.guarding import bodies
from stairlift.web.guarding.bodies import Bodies
from stairlift.wiring.config.serve import ServeSettings
from visitors import BROWSING, a_browser, a_program, a_stranger, app_of

JSON = {"Content-Type": "application/json"}
NASTY = '<script>alert("cmp1")</script>\x1b[31m\u202e\ud800'
FINDING = Finding("host.same_name", "error", NASTY, f"{NASTY} & co", "rename <it>")


class Order(BaseModel):
    count: int


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def app(house) -> FastAPI:
    """Routes that go wrong in every way there is."""
    made = app_of(house)

    @made.get("/v1/raise")
    @made.get("/raise")
    def raises(request: Request, what: str) -> str:
        raise {error.code: error for error in ERRORS}[what]

    @made.get("/v1/defect")
    @made.get("/defect")
    def defect(_caller: Reader) -> str:
        raise ZeroDivisionError("stl_secret in a message")

    @made.post("/v1/orders")
    def order(order: Order) -> int:
        return order.count

    @made.get("/v1/page")
    def page(limit: Annotated[int, Query(ge=1, le=1000)] = 100, marker: str = "") -> list[object]:
        return [limit, marker]

    @made.get("/v1/kept")
    def kept() -> Response:
        return Response("x", headers={"Cache-Control": "public, max-age=60"})

    @made.get("/v1/torn")
    def torn() -> StreamingResponse:
        def pieces():
            yield b"one"
            raise ZeroDivisionError

        return StreamingResponse(pieces())

    return made


ERRORS = [
    UsageError(code="config.invalid", brief="a setting is wrong"),
    UsageError(code="run.unknown", brief="no such run"),
    UsageError(code="run.none", brief="no run"),
    UsageError(code="page.unknown_marker", brief="no such marker"),
    Refusal(code="run.cloud_busy", brief="busy"),
    Refusal(code="plan.drift", brief="drift"),
    Refusal(code="run.not_ready", brief=NASTY, details=NASTY, resolution="do <this>", findings=[FINDING]),
    Refusal(code="request.stale", brief="stale"),
    Refusal(code="request.no_match", brief="no If-Match"),
    Refusal(code="access.four_eyes", brief="somebody else"),
    NoAnswer(code="sources.silent", brief="nobody answers"),
    StairliftError(code="store.unavailable", brief="no journal"),
    StairliftError(code="store.locked", brief="locked"),
    StairliftError(code="store.damaged", brief="damaged"),
]


@pytest.fixture
def ask(house, app) -> TestClient:
    """Somebody who may do everything, so that nothing but what goes wrong is told."""
    return a_program(house)


@pytest.fixture
def defects(monkeypatch, tmp_path) -> Path:
    """Where reports of defects go."""
    folder = tmp_path / "defects"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


class TestProblems:
    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("config.invalid", 400),
            ("run.unknown", 404),
            ("run.none", 404),
            ("page.unknown_marker", 400),
            ("run.cloud_busy", 409),
            ("plan.drift", 422),
            ("run.not_ready", 422),
            ("request.stale", 412),
            ("request.no_match", 428),
            ("access.four_eyes", 403),
            ("sources.silent", 502),
            ("store.unavailable", 503),
            ("store.locked", 503),
            ("store.damaged", 500),
        ],
    )
    def test_have_the_status_that_says_the_same(self, ask, code, status):
        told = ask.get("/v1/raise", params={"what": code})
        assert (told.status_code, told.json()["status"], told.json()["code"]) == (status, status, code)
        assert told.headers["Content-Type"] == "application/problem+json"
        assert ("Retry-After" in told.headers) == (status == 503)

    def test_are_the_object_that_the_command_line_shows(self, ask):
        told = ask.get("/v1/raise?what=run.not_ready").json()
        assert told.pop("request_id").startswith("req-")
        assert told == {
            "type": "errors#run.not_ready",
            "title": NASTY,
            "status": 422,
            "detail": NASTY,
            "instance": "/v1/raise",
            "code": "run.not_ready",
            "exit_code": 4,
            "resolution": "do <this>",
            "findings": [FINDING.document()],
        }

    def test_are_a_page_for_browsers_with_nothing_in_it_that_is_obeyed(self, ask):
        told = ask.get("/raise?what=run.not_ready", headers=BROWSING)
        assert (told.status_code, told.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
        assert "<script>alert" not in told.text
        assert "&lt;script&gt;alert(&#34;cmp1&#34;)&lt;/script&gt;" in told.text
        assert not re.search(r"[\x1b\u202e\ud800]", told.text)
        assert "host.same_name" in told.text
        assert "rename &lt;it&gt;" in told.text

    def test_below_v1_there_are_no_pages(self, ask):
        assert ask.get("/v1/raise?what=run.none", headers=BROWSING).headers["Content-Type"].endswith("json")

    def test_of_what_is_not_there(self, ask):
        told = ask.get("/v1/nothing")
        assert (told.status_code, told.json()["code"]) == (404, "path.unknown")
        told = ask.delete("/v1/orders")
        assert (told.status_code, told.json()["code"], told.headers["Allow"]) == (405, "path.method", "POST")

    def test_the_page_leads_to_no_other_site(self, ask):
        told = ask.get("//evil.example/x", headers=BROWSING)
        assert told.status_code == 404
        assert 'href="//evil' not in told.text

    def test_name_each_field(self, ask):
        told = ask.post("/v1/orders", json={"count": "stl_many"})
        assert (told.status_code, told.json()["code"]) == (400, "request.invalid")
        assert [wrong["field"] for wrong in told.json()["errors"]] == ["body.count"]
        assert "stl_many" not in told.text
        told = ask.get("/v1/page?limit=0")
        assert (told.status_code, told.json()["errors"][0]["field"]) == (400, "query.limit")

    def test_of_a_body_of_another_kind(self, ask):
        told = ask.post("/v1/orders", content=b"count=1", headers={"Content-Type": "text/plain"})
        assert (told.status_code, told.json()["code"]) == (400, "request.invalid")


class TestDefects:
    def test_are_told_without_a_traceback(self, ask, defects, caplog):
        told = ask.get("/v1/defect")
        assert (told.status_code, told.json()["code"]) == (500, "bug")
        report = next(defects.iterdir())
        assert str(report) in told.json()["detail"]
        assert "ZeroDivisionError" in report.read_text()
        assert "Traceback" not in told.text + caplog.text
        assert "stl_secret" not in told.text + caplog.text
        assert report.stat().st_mode & 0o077 == 0

    def test_are_a_page_too(self, house, app, defects):
        told = a_browser(house).get("/defect")
        assert told.status_code == 500
        assert "this is a defect of Stairlift" in told.text

    def test_and_an_object_where_even_that_page_is_one(self, ask, monkeypatch, defects):
        monkeypatch.setattr("stairlift.web.pages.drawing.draw", lambda *_, **__: 1 / 0)
        told = ask.get("/nothing", headers=BROWSING)
        assert (told.status_code, told.json()["code"]) == (500, "bug")

    def test_in_the_middle_of_an_answer_tear_it(self, ask, defects, caplog):
        with caplog.at_level(logging.INFO):
            assert ask.get("/v1/torn").content == b"one"
        assert len(list(defects.iterdir())) == 1
        assert any("a defect of Stairlift" in line for line in caplog.messages)


ONE = "82c73be4-346c-458d-ba6e-7bb9bb156993"


class TestNames:
    def test_of_whoever_gives_one_are_taken_over(self, ask):
        name = f"req-{uuid.uuid4()}"
        told = ask.get("/v1/nothing", headers={"X-Openstack-Request-Id": name})
        assert told.headers["X-Openstack-Request-Id"] == name == told.json()["request_id"]

    @pytest.mark.parametrize("given", ["", "req-1", ONE, f"req-{ONE}\tx", f"REQ-{ONE}"])
    def test_others_are_made_up(self, ask, given):
        name = ask.get("/v1/page", headers={"X-Openstack-Request-Id": given}).headers["X-Openstack-Request-Id"]
        assert re.fullmatch(r"req-[0-9a-f-]{36}", name)
        assert name != given

    def test_are_on_every_answer_and_in_the_log_with_who_asked(self, house, ask, caplog):
        with caplog.at_level(logging.INFO, "stairlift"):
            told = ask.get("/v1/tokens")
            a_stranger(house).get("/v1/nothing")
        name = told.headers["X-Openstack-Request-Id"]
        lines = [record.getMessage() for record in caplog.records if record.name.endswith("naming")]
        assert re.fullmatch(rf"{name} ada GET /v1/tokens 200 \d+ ms", lines[0])
        assert re.fullmatch(r"req-\S+ - GET /v1/nothing 401 access\.unknown \d+ ms", lines[1])

    def test_nobody_writes_lines_of_the_log(self, ask, caplog):
        with caplog.at_level(logging.INFO, "stairlift"):
            ask.get("/v1/x%0areq-1 root GET /%1b[2J%e2%80%ae 200")
        line = next(r.getMessage() for r in caplog.records if r.name.endswith("naming"))
        assert not re.search(r"[\n\x1b\u202e]", line)

    def test_health_is_asked_too_often_to_be_told(self, ask, caplog):
        with caplog.at_level(logging.INFO, "stairlift"):
            ask.get("/healthz")
        assert [r for r in caplog.records if r.name.endswith("naming")] == []


HEADS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class TestHeads:
    @pytest.mark.parametrize("path", ["/v1/page", "/v1/nothing", "/sign-in", "/v1/raise?what=run.none"])
    def test_are_on_every_answer(self, ask, path):
        headers = ask.get(path).headers
        assert {name: headers.get(name) for name in HEADS} == HEADS
        assert "Strict-Transport-Security" not in headers

    def test_on_defects_too(self, ask, defects, monkeypatch):
        monkeypatch.setattr("stairlift.web.pages.drawing.draw", lambda *_, **__: 1 / 0)
        headers = ask.get("/sign-in", headers=BROWSING).headers
        assert {name: headers.get(name) for name in HEADS} == HEADS

    def test_under_tls_browsers_never_come_without_again(self, app, ask):
        secure = TestClient(app, base_url="https://stairlift.example", headers=ask.headers)
        assert secure.get("/v1/page").headers["Strict-Transport-Security"] == "max-age=31536000"

    def test_who_says_how_long_it_may_be_kept_is_heard(self, ask):
        assert ask.get("/v1/kept").headers.get_list("Cache-Control") == ["public, max-age=60"]


class TestParameters:
    def test_unknown_ones_are_refused(self, ask):
        told = ask.get("/v1/page?limt=5")
        assert (told.status_code, told.json()["code"]) == (400, "request.unknown_parameter")
        assert "limit, marker" in told.json()["resolution"]
        assert ask.get("/v1/page?limit=5&marker=a").json() == [5, "a"]

    def test_where_there_are_none_too(self, house):
        told = a_program(house).get("/v1/tokens?x=1")
        assert (told.status_code, told.json()["resolution"]) == (400, "It takes none.")


#: Whoever compared each with each would still be at it when the test gives up.
MANY_KEYS = b"{" + b",".join(b'"k%d":0' % min(n, 60_000) for n in range(60_002)) + b"}"


class TestBodies:
    def test_as_much_as_is_allowed(self, ask):
        told = ask.post("/v1/orders", content=b" " * (bodies.USUAL - 12) + b'{"count": 1}', headers=JSON)
        assert told.json() == 1

    def test_a_byte_more_is_refused_before_it_is_read(self, ask):
        def never():
            pytest.fail("it was read")
            yield b""

        headers = {**JSON, "Content-Length": str(bodies.USUAL + 1)}
        told = ask.post("/v1/orders", content=never(), headers=headers)
        assert (told.status_code, told.json()["code"]) == (413, "request.too_large")

    def test_also_where_nobody_says_how_much_comes(self, ask):
        pieces = (b" " * 4096 for _ in range(bodies.USUAL // 4096 + 1))
        assert ask.post("/v1/orders", content=pieces, headers=JSON).status_code == 413

    def test_a_lie_about_it_does_not_help(self, ask):
        pieces = (b" " * 4096 for _ in range(bodies.USUAL // 4096 + 1))
        told = ask.post("/v1/orders", content=pieces, headers={**JSON, "Content-Length": "10"})
        assert told.status_code == 413

    @pytest.mark.parametrize("size", ["", "-1", "1e9", "99999999999999999999999", "٣"])
    def test_a_size_that_is_none_harms_nobody(self, ask, size):
        headers = {**JSON, "Content-Length": size.encode()}
        assert ask.post("/v1/orders", content=b'{"count": 1}', headers=headers).json() == 1

    def test_whole_plans_may_be_larger(self, house, app, ask, monkeypatch):
        house.in_force.settings = replace(house.settings, serve=ServeSettings(accept_plans=True))
        monkeypatch.setattr(bodies, "LARGE", 2 * 2**20)

        @app.post("/v1/plans/try")
        async def size(request: Request) -> int:
            return len(await request.body())

        monkeypatch.setattr(bodies, "_LARGE_ONES", frozenset({("POST", "/v1/plans/try")}))
        assert ask.post("/v1/plans/try", content=iter([b"x" * 2**20] * 2), headers=JSON).json() == 2 * 2**20
        for content, headers in (([b"x" * 2**20] * 3, JSON), ([b"x" * 2**20, b"x"], {})):
            told = ask.post("/v1/plans/try", content=iter(content), headers=headers)
            assert (told.status_code, told.json()["code"]) == (413, "request.too_large")

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b'{"count": NaN}', "NaN is no number of JSON"),
            (b'{"count": -Infinity}', "-Infinity is no number of JSON"),
            (b'{"count": 1, "count": 2}', "it has 'count' twice in one object"),
            (b'{"count": 1e999}', "a number is too large"),
            (MANY_KEYS, "it has 'k60000' twice in one object"),
            (b'{"count": ' + b"9" * 5000 + b"}", "a number has more than 19 digits"),
            (b"[" * 100_000, "it is nested deeper than 64 levels"),
            (b"[" * 65 + b"]" * 65, "it is nested deeper than 64 levels"),
            (b'{"a":' * 65 + b"1" + b"}" * 65, "it is nested deeper than 64 levels"),
            (b'{"count": "\xff"}', "byte 11 is not UTF-8"),
            ('{"count": 1}'.encode("utf-16"), "byte 0 is not UTF-8"),
            (b'\xef\xbb\xbf{"count": 1}', "Unexpected UTF-8 BOM"),
            (b'{"count": 1', "Expecting ',' delimiter"),
            (b"nope", "Expecting value"),
        ],
    )
    def test_json_that_readers_take_differently_is_refused(self, ask, body, said):
        told = ask.post("/v1/orders", content=body, headers=JSON)
        assert (told.status_code, told.json()["code"]) == (400, "request.bad_json")
        assert said in told.json()["detail"]

    def test_other_json_is_not(self, ask):
        body = '{"count": 1, "é": "\\ud83d\\ude00", "deep": ' + "[" * 60 + "]" * 60 + "}"
        assert ask.post("/v1/orders", content=body.encode(), headers=JSON).json() == 1


class TestSlowClients:
    """With the ASGI calls themselves: a test client is never slow."""

    @staticmethod
    async def _sent(app, messages, shown="", path="/v1/orders") -> list:
        answered = []
        pieces = iter(messages)

        async def receive():
            piece = next(pieces, None)
            return piece or await asyncio.Event().wait()

        async def send(message):
            answered.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"content-type", b"application/json"),
                (b"host", b"x"),
                (b"authorization", shown.encode()),
            ],
            "scheme": "http",
            "server": ("x", 80),
            "client": ("192.0.2.1", 1),
            "root_path": "",
            "http_version": "1.1",
        }
        await app(scope, receive, send)
        return answered

    def test_are_not_waited_for_for_ever(self, app, ask, monkeypatch):
        monkeypatch.setattr(bodies, "_PATIENCE", 0.05)
        first = {"type": "http.request", "body": b"{", "more_body": True}
        answered = asyncio.run(asyncio.wait_for(self._sent(app, [first], ask.headers["Authorization"]), 60))
        assert answered[0]["status"] == 408
        assert b"request.too_slow" in answered[1]["body"]

    def test_who_has_gone_is_answered_nothing(self, app, ask, caplog):
        gone, shown = {"type": "http.disconnect"}, ask.headers["Authorization"]
        with caplog.at_level(logging.INFO, "stairlift"):
            assert asyncio.run(asyncio.wait_for(self._sent(app, [gone], shown), 60)) == []
        assert "499" in caplog.text

    def test_the_end_of_a_client_is_heard_behind_the_body(self):
        seen = []

        async def app(_scope, receive, _send):
            seen.extend([await receive(), await receive()])

        messages = [{"type": "http.request", "body": b"1", "more_body": False}, {"type": "http.disconnect"}]
        asyncio.run(self._sent(Bodies(app), messages))
        assert [message["type"] for message in seen] == ["http.request", "http.disconnect"]
