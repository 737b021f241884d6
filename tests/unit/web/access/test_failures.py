"""Whoever fails too often waits; nobody else does."""

from datetime import timedelta

import pytest
from starlette.requests import Request

from houses import a_house
from stairlift.web.access.failures import Failures, address_of
from stairlift.web.access.refused import TooMany
from stairlift.wiring import clock
from visitors import BROWSING, a_program, a_stranger, a_token

BAD = {"Authorization": "Bearer stl_nope"}


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


def asking(visitor, **given) -> list[int]:
    return [visitor.get("/v1/tokens", **given).status_code for _ in range(12)]


class TestBadTokens:
    def test_ten_in_a_minute_and_then_one_has_to_wait(self, house):
        stranger = a_stranger(house)
        assert asking(stranger, headers=BAD) == [401] * 10 + [429] * 2
        told = stranger.get("/v1/tokens", headers=BAD)
        assert told.json()["code"] == "access.too_many"
        assert 50 <= int(told.headers["Retry-After"]) <= 60

    def test_other_addresses_do_not(self, house):
        program = a_stranger(house)
        asking(program, headers=BAD)
        elsewhere = type(program)(program.app, client=("192.0.2.7", 5000))
        assert elsewhere.get("/v1/tokens", headers=BAD).status_code == 401

    def test_nor_who_shows_a_good_one_behind_the_same(self, house):
        program = a_program(house)
        good = {"Authorization": program.headers["Authorization"]}
        asking(program, headers=BAD)
        assert program.get("/v1/tokens", headers=good).status_code == 200

    def test_to_show_nothing_is_no_failure(self, house):
        assert set(asking(a_stranger(house))) == {401}

    def test_nor_is_a_session_that_has_ended(self, house):
        assert set(asking(a_stranger(house, cookies={"stairlift-session": "x" * 43}))) == {401}


class TestSigningIn:
    def test_ten_in_a_minute(self, house):
        stranger = a_stranger(house, headers=BROWSING)
        tried = [stranger.post("/sign-in", data={"secret": "stl_nope"}) for _ in range(11)]
        assert [done.status_code for done in tried] == [401] * 10 + [429]
        assert "Retry-After" in tried[-1].headers

    def test_a_code_is_not_even_looked_at_while_one_waits(self, house):
        stranger = a_stranger(house, headers=BROWSING)
        for _ in range(10):
            stranger.post("/sign-in", data={"secret": "ABCDE-FGHJK"})
        code = house.codes.issue("ada", clock.now())
        assert stranger.post("/sign-in", data={"secret": code}).status_code == 429
        elsewhere = type(stranger)(stranger.app, client=("192.0.2.7", 5000), follow_redirects=False)
        assert elsewhere.post("/sign-in", data={"secret": code}).status_code == 303

    def test_a_token_that_holds_is(self, house):
        stranger = a_stranger(house, headers=BROWSING)
        for _ in range(10):
            stranger.post("/sign-in", data={"secret": "stl_nope"})
        assert stranger.post("/sign-in", data={"secret": a_token(house)}).status_code == 303


def test_a_minute_later_one_may_try_again(monkeypatch):
    failures = Failures()
    for _ in range(10):
        failures.count("a")
    with pytest.raises(TooMany):
        failures.demand_few("a")
    import time

    then = time.time() + timedelta(seconds=61).total_seconds()
    monkeypatch.setattr(time, "time", lambda: then)
    failures.demand_few("a")
    failures.count("a")


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_who_counts_together(host, counted):
    assert address_of(Request({"type": "http", "client": (host, 1), "headers": []})) == counted


def test_without_an_address_all_do():
    assert address_of(Request({"type": "http", "client": None, "headers": []})) == ""
