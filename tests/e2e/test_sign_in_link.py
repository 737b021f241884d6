"""The link that a server prints at its terminal: one click, and the browser is signed in."""

import pytest

from browsers import MARKS, PATIENCE, expect, served
from houses import a_house
from stairlift.web.app import the_app
from stairlift.wiring import clock

pytestmark = MARKS


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path)


@pytest.fixture
def home(house):
    with served(the_app(house)) as address:
        yield address


@pytest.fixture
def page(chromium):
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_one_click_signs_in_and_the_code_is_in_no_address_that_a_server_hears(house, home, page):
    heard = []
    page.on("request", lambda request: heard.append(request.url))
    code = house.codes.issue("ada", clock.now())
    page.goto(f"{home}/sign-in#{code}")
    expect(page.get_by_text("ada@terminal")).to_be_visible()
    page.wait_for_url(f"{home}/")
    assert not [url for url in heard if code in url.partition("#")[0]]
    page.go_back()
    assert code not in page.url


def test_a_link_that_was_used_says_so_and_asks(house, home, page):
    code = house.codes.issue("ada", clock.now())
    assert house.codes.redeem(code, clock.now())
    page.goto(f"{home}/sign-in#{code}")
    expect(page.get_by_role("alert").filter(has_text="no token that holds")).to_be_visible()
    assert code not in page.url


def test_what_is_no_code_is_left_alone(home, page):
    page.goto(f"{home}/sign-in#main")
    expect(page.get_by_label("Token or one-time code")).to_have_value("")
    assert page.url.endswith("#main")
