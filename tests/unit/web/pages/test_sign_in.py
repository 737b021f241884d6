"""Browsers sign in with a token or a code, and out again."""

import logging
import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from houses import a_house
from stairlift.web.access.cookies import _NAME
from stairlift.wiring import clock
from visitors import BROWSING, a_browser, a_stranger, a_token, form_word


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def stranger(house):
    return a_stranger(house, headers=BROWSING)


def cookie_of(response):
    found = SimpleCookie(response.headers["Set-Cookie"])
    return next(iter(found.values()))


class TestTheForm:
    def test_is_where_whoever_is_not_known_is_led(self, stranger):
        led = stranger.get("/?cloud=sky")
        assert (led.status_code, led.headers["Location"]) == (303, "/sign-in?next=%2F%3Fcloud%3Dsky")
        page = stranger.get(led.headers["Location"])
        assert page.status_code == 200
        assert '<input type="hidden" name="next" value="/?cloud=sky">' in page.text

    def test_needs_no_script_and_tells_what_to_type(self, stranger):
        page = stranger.get("/sign-in").text
        form = re.search(r'<form[^>]* method="post" action="/sign-in">.*?</form>', page, re.DOTALL)
        assert form
        assert "<label>Token or one-time code" in form[0]
        assert 'type="password"' in form[0]
        assert "stairlift token create" in form[0]

    def test_a_script_that_draws_parts_is_told_instead(self, stranger):
        assert stranger.get("/", headers={"X-Part": "1"}).status_code == 401

    def test_a_program_is_told_instead(self, house):
        told = a_stranger(house).get("/runs/x")
        assert (told.status_code, told.json()["code"]) == (401, "access.unknown")

    def test_who_came_by_a_link_elsewhere_is_looked_at_once_more(self, stranger):
        """Browsers keep a strict cookie to themselves the first time."""
        page = stranger.get("/sign-in?next=/runs/x", headers={"Sec-Fetch-Site": "cross-site"}).text
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', page)
        assert found
        onward = found[1].replace("&amp;", "&")
        assert onward == "/sign-in?next=%2Fruns%2Fx&again=true"
        assert "refresh" not in stranger.get(onward).text.split("</head>")[0]

    def test_then_a_browser_that_is_signed_in_goes_on(self, house):
        led = a_browser(house).get("/sign-in?next=/runs/x&again=true")
        assert (led.status_code, led.headers["Location"]) == (303, "/runs/x")


class TestSigningIn:
    def test_with_a_token(self, house, stranger, caplog):
        token = a_token(house)
        with caplog.at_level(logging.INFO, "stairlift"):
            done = stranger.post("/sign-in", data={"secret": f" {token}\n", "next": "/runs/x"})
        assert (done.status_code, done.headers["Location"]) == (303, "/runs/x")
        assert "ada signed in from testclient" in caplog.messages
        assert stranger.get("/").status_code == 200

    def test_with_a_code_once(self, house, stranger):
        code = house.codes.issue("ada", clock.now())
        assert stranger.post("/sign-in", data={"secret": code.lower()}).status_code == 303
        assert "ada@terminal" in stranger.get("/").text
        assert stranger.post("/sign-in", data={"secret": code}).status_code == 401

    @pytest.mark.parametrize("secret", ["", "stl_" + "x" * 43, "ABCDE-FGHJK", "<b>", "\x00", "x" * 200])
    def test_with_anything_else_is_said_and_not_repeated(self, stranger, secret):
        done = stranger.post("/sign-in", data={"secret": secret, "next": "/runs/x"})
        assert done.status_code == 401
        assert 'role="alert"' in done.text
        assert 'value="/runs/x"' in done.text
        assert "Set-Cookie" not in done.headers
        assert len(secret) < 4 or secret not in done.text

    def test_leads_to_no_other_site(self, house, stranger):
        token = a_token(house)
        for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
            stranger.cookies.clear()
            assert "evil" not in stranger.get("/sign-in", params={"next": elsewhere}).text
            done = stranger.post("/sign-in", data={"secret": token, "next": elsewhere})
            assert done.headers["Location"] == "/"

    def test_from_another_site_is_refused(self, house, stranger):
        sent = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
        done = stranger.post("/sign-in", data={"secret": a_token(house)}, headers=sent)
        assert done.status_code == 403
        assert "Set-Cookie" not in done.headers

    def test_ends_the_session_that_was(self, house, stranger):
        token = a_token(house)
        stranger.post("/sign-in", data={"secret": token})
        before = stranger.cookies[_NAME]
        stranger.post("/sign-in", data={"secret": token})
        assert stranger.cookies[_NAME] != before
        assert a_stranger(house, headers=BROWSING, cookies={_NAME: before}).get("/").status_code == 303


class TestTheCookie:
    def test_is_for_us_alone(self, house, stranger):
        cookie = cookie_of(stranger.post("/sign-in", data={"secret": a_token(house)}))
        assert cookie.key == "stairlift-session"
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "strict", "/", "")
        assert not cookie["secure"]

    def test_under_tls_for_this_very_host_alone(self, house):
        secure = a_stranger(house, base_url="https://stairlift.example", headers=BROWSING)
        cookie = cookie_of(secure.post("/sign-in", data={"secret": a_token(house)}))
        assert (cookie.key, cookie["secure"], cookie["path"]) == ("__Host-stairlift-session", True, "/")
        assert secure.get("/").status_code == 200

    def test_ends_when_the_session_does(self, house, stranger):
        cookie = cookie_of(stranger.post("/sign-in", data={"secret": a_token(house, lasts=timedelta(hours=1))}))
        from email.utils import parsedate_to_datetime

        left = parsedate_to_datetime(cookie["expires"]) - clock.now()
        assert timedelta(minutes=58) < left <= timedelta(hours=1)

    def test_holds_nothing_that_is_kept(self, house, stranger):
        stranger.post("/sign-in", data={"secret": a_token(house)})
        word = stranger.cookies[_NAME]
        kept = b"".join(path.read_bytes() for path in house.settings.state_dir.rglob("*") if path.is_file())
        assert len(word) >= 43
        assert word.encode() not in kept


class TestSigningOut:
    def test_ends_the_session_and_the_cookie(self, house):
        browser = a_browser(house)
        word, cookie = form_word(browser.get("/").text), browser.cookies[_NAME]
        done = browser.post("/sign-out", data={"csrf": word})
        assert (done.status_code, done.headers["Location"]) == (303, "/sign-in")
        assert _NAME not in browser.cookies
        assert a_stranger(house, headers=BROWSING, cookies={_NAME: cookie}).get("/").status_code == 303

    def test_by_another_site_is_refused(self, house):
        browser = a_browser(house)
        assert browser.post("/sign-out").status_code == 403
        assert browser.get("/").status_code == 200

    def test_of_a_session_that_has_ended_is_no_trouble(self, house, stranger):
        browser = a_browser(house)
        word = form_word(browser.get("/").text)
        house.keys.revoke("ada", clock.now())
        assert browser.post("/sign-out", data={"csrf": word}).status_code == 303
        assert stranger.post("/sign-out").status_code == 303
