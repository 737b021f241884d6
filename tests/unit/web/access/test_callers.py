"""Who is let in by what, and what they may do: real tokens, a real journal, routes made for the purpose."""

import logging
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from houses import a_house
from stairlift.web.access.callers import Approver, Keeper, Operator, Reader, holds
from stairlift.web.access.cookies import _NAME
from stairlift.web.access.csrf import word_of
from stairlift.web.access.letting_in import by_token, caller_of
from stairlift.wiring import clock
from visitors import ADDRESS, BROWSING, a_browser, a_program, a_stranger, a_token

HOUR = timedelta(hours=1)


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


def with_routes(visitor: TestClient) -> TestClient:
    """One route for each kind of caller, all of which say who asked."""
    app = visitor.app
    assert isinstance(app, FastAPI)

    @app.api_route("/v1/read", methods=["GET", "POST"])
    def read(caller: Reader) -> str:
        return caller.name

    @app.post("/v1/operate")
    def operate(caller: Operator) -> str:
        return caller.name

    @app.post("/v1/approve")
    def approve(caller: Approver) -> str:
        return caller.name

    @app.post("/v1/keep")
    def keep(caller: Keeper) -> str:
        return caller.name

    return visitor


def may(visitor: TestClient) -> list[int]:
    return [
        visitor.get("/v1/read").status_code,
        *(visitor.post(f"/v1/{what}").status_code for what in ("operate", "approve", "keep")),
    ]


def moved(monkeypatch, by: timedelta) -> None:
    """The server's clock goes on."""
    at = clock.now() + by
    monkeypatch.setattr(clock, "now", lambda: at)


class TestTokens:
    @pytest.mark.parametrize(
        ("rights", "allowed"),
        [
            (("read",), [200, 403, 403, 403]),
            (("operate",), [200, 200, 403, 403]),
            (("approve",), [200, 403, 200, 403]),
            (("operate", "approve"), [200, 200, 200, 200]),
        ],
    )
    def test_allow_what_their_rights_say(self, house, rights, allowed):
        assert may(with_routes(a_program(house, *rights))) == allowed

    def test_are_known_by_name(self, house):
        assert with_routes(a_program(house)).get("/v1/read").json() == "ada"

    def test_the_refusal_names_the_right(self, house):
        told = with_routes(a_program(house, "read")).post("/v1/approve").json()
        assert (told["code"], told["title"]) == (
            "access.forbidden",
            "this needs the right to approve, which your token does not have",
        )

    def test_whatever_is_wrong_the_answer_is_the_same_and_the_log_knows(self, house, monkeypatch, caplog):
        expired, revoked = a_token(house, name="old", lasts=HOUR), a_token(house, name="gone")
        house.keys.revoke("gone", clock.now())
        moved(monkeypatch, HOUR)
        shown = {"malformed": "hello", "unknown": "stl_" + "x" * 43, "expired": expired, "revoked": revoked}
        answers = []
        with caplog.at_level(logging.INFO):
            for token in shown.values():
                visitor = with_routes(a_stranger(house, headers={"Authorization": f"Bearer {token}"}))
                response = visitor.get("/v1/read")
                answers.append((response.status_code, response.headers["WWW-Authenticate"], response.json()))
        for _, _, told in answers:
            told.pop("request_id")
        assert answers == [answers[0]] * 4
        assert answers[0][0:2] == (401, "Bearer")
        for word, token in shown.items():
            assert any(word in line for line in caplog.messages)
            assert token not in caplog.text

    def test_other_schemes_are_none(self, house):
        visitor = with_routes(a_stranger(house))
        shown = a_token(house)
        for header in (f"Basic {shown}", shown, "Bearer", "Bearer ", "", f"Bearer {shown} more", "Bearer stl_é"):
            assert visitor.get("/v1/read", headers={"Authorization": header.encode("latin-1")}).status_code == 401

    def test_the_scheme_has_any_case(self, house):
        visitor = with_routes(a_stranger(house))
        assert visitor.get("/v1/read", headers={"Authorization": f"bearer {a_token(house)}"}).status_code == 200

    def test_hold_to_the_second_on_the_servers_clock(self, house, monkeypatch):
        visitor = with_routes(a_program(house, token=a_token(house, lasts=HOUR)))
        now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: now + HOUR - timedelta(seconds=5))
        assert visitor.get("/v1/read").status_code == 200
        monkeypatch.setattr(clock, "now", lambda: now + HOUR)
        assert visitor.get("/v1/read").status_code == 401

    def test_a_bad_one_is_not_made_good_by_a_cookie(self, house):
        browser = with_routes(a_browser(house))
        assert browser.get("/v1/read").status_code == 200
        assert browser.get("/v1/read", headers={"Authorization": "Bearer nope"}).status_code == 401


class TestSessions:
    def test_let_their_browser_in(self, house):
        assert with_routes(a_browser(house)).get("/v1/read").json() == "ada"

    def test_end_by_the_servers_clock(self, house, monkeypatch):
        browser = with_routes(a_browser(house))
        browser.cookies.jar.clear_expired_cookies = lambda: None  # the browser's clock stands still
        moved(monkeypatch, timedelta(hours=house.settings.serve.session_hours) + HOUR)
        assert browser.get("/v1/read").status_code == 401

    def test_end_with_their_token(self, house, monkeypatch):
        browser = with_routes(a_browser(house, token=a_token(house, lasts=HOUR)))
        moved(monkeypatch, 2 * HOUR)
        assert browser.get("/v1/read").status_code == 401

    def test_end_when_it_is_revoked(self, house):
        browser = with_routes(a_browser(house))
        house.keys.revoke("ada", clock.now())
        assert browser.get("/v1/read").status_code == 401

    def test_are_not_guessed(self, house):
        browser = with_routes(a_stranger(house, cookies={_NAME: "x" * 43}))
        assert browser.get("/v1/read").status_code == 401

    def test_have_the_rights_of_their_token(self, house):
        browser = with_routes(a_browser(house, "operate"))
        word = {"X-Csrf": word_of(browser.cookies[_NAME])}
        assert browser.post("/v1/operate", headers=word).status_code == 200
        assert browser.post("/v1/approve", headers=word).status_code == 403


class TestForgery:
    def test_a_cookie_alone_changes_nothing(self, house):
        told = with_routes(a_browser(house)).post("/v1/read")
        assert (told.status_code, told.json()["code"]) == (403, "access.form")

    def test_the_word_of_another_session_neither(self, house):
        mine, others = with_routes(a_browser(house)), a_browser(house, token=a_token(house, name="eve"))
        word = word_of(others.cookies[_NAME])
        assert mine.post("/v1/read", headers={"X-Csrf": word}).status_code == 403

    @pytest.mark.parametrize("how", ["header", "urlencoded", "multipart"])
    def test_with_the_word_it_does(self, house, how):
        browser = with_routes(a_browser(house))
        word = word_of(browser.cookies[_NAME])
        given = {
            "header": {"headers": {"X-Csrf": word}},
            "urlencoded": {"data": {"csrf": word}},
            "multipart": {"files": {"csrf": (None, word)}},
        }[how]
        assert browser.post("/v1/read", **given).json() == "ada"

    def test_a_file_is_no_word(self, house):
        browser = with_routes(a_browser(house))
        word = word_of(browser.cookies[_NAME])
        assert browser.post("/v1/read", files={"csrf": ("name", word)}).status_code == 403

    def test_the_word_does_not_tell_the_cookie(self, house):
        cookie = a_browser(house).cookies[_NAME]
        assert cookie not in word_of(cookie)

    @pytest.mark.parametrize(
        "sent",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://stairlift.example:8080"},
            {"Origin": "http://stairlift.example.evil.example"},
            {"Origin": "http://[broken"},
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        ],
    )
    def test_nor_does_another_site_even_with_a_token(self, house, sent):
        told = with_routes(a_program(house)).post("/v1/read", headers=sent)
        assert (told.status_code, told.json()["code"]) == (403, "access.foreign")

    @pytest.mark.parametrize(
        "sent", [{"Origin": ADDRESS}, {"Origin": "https://stairlift.example"}, {"Sec-Fetch-Site": "none"}, BROWSING]
    )
    def test_our_own_pages_do(self, house, sent):
        assert with_routes(a_program(house)).post("/v1/read", headers=sent).status_code == 200

    def test_to_read_is_nobodys_harm(self, house):
        sent = {"Sec-Fetch-Site": "cross-site", "Origin": "https://other.example"}
        assert with_routes(a_program(house)).get("/v1/read", headers=sent).status_code == 200


class TestStreams:
    """What lasts longer than a request asks now and then whether its caller is let in still."""

    def test_of_a_token(self, house, monkeypatch):
        token = by_token(house.keys, a_token(house, lasts=HOUR))
        assert token
        caller = caller_of(token)
        assert holds(house, caller)
        moved(monkeypatch, HOUR)
        assert not holds(house, caller)

    def test_of_a_browser(self, house):
        browser = a_browser(house)
        caller = _caller_of_browser(house, browser)
        assert holds(house, caller)
        browser.cookies.clear()
        house.keys.end_session(caller.session)
        assert not holds(house, caller)


def _caller_of_browser(house, browser):
    from stairlift.web.access.letting_in import by_session

    found = by_session(house.keys, browser.cookies[_NAME])
    assert found
    return caller_of(found[1], found[0].digest)
