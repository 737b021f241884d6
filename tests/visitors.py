"""Whoever comes to a server with a real token: a program that shows it, or a browser that signs in with it."""

import re

from fastapi import FastAPI
from starlette.testclient import TestClient

from stairlift.model.access import RIGHTS, Right
from stairlift.web.app import the_app
from stairlift.wiring import clock
from stairlift.wiring.admitting import Wish, in_order, issue
from stairlift.wiring.server.house import House

ADDRESS = "http://stairlift.example"
#: What browsers send when somebody follows a link of ours, or types an address.
BROWSING = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin"}


_last: list[tuple[House, FastAPI]] = []


def app_of(house: House) -> FastAPI:
    """The application of a house: the same for all who come to it, since to make one takes a while."""
    if not (_last and _last[0][0] is house):
        _last[:] = [(house, the_app(house))]
    return _last[0][1]


def a_token(house: House, *rights: Right, name: str = "ada", lasts=None) -> str:
    """A token with these rights (all, where nothing is said), on record in this house."""
    at = clock.now()
    return issue(house.keys, Wish(name, in_order(rights or RIGHTS), at + lasts if lasts else None), "root", at)[1]


def a_program(house: House, *rights: Right, token: str = "", **given) -> TestClient:
    """Shows a token with every request."""
    shown = token or a_token(house, *rights)
    headers = {"Authorization": f"Bearer {shown}", **given.pop("headers", {})}
    return TestClient(app_of(house), headers=headers, follow_redirects=False, **{"base_url": ADDRESS, **given})


def a_stranger(house: House, **given) -> TestClient:
    """Shows nothing."""
    return TestClient(app_of(house), follow_redirects=False, **{"base_url": ADDRESS, **given})


def a_browser(house: House, *rights: Right, token: str = "", **given) -> TestClient:
    """Has signed in with a token."""
    browser = a_stranger(house, headers=BROWSING, **given)
    done = browser.post("/sign-in", data={"secret": token or a_token(house, *rights)})
    assert done.status_code == 303, done.text
    return browser


def form_word(page: str) -> str:
    """What the hidden field of a page's forms holds."""
    found = re.search(r'name="csrf" value="([^"]*)"', page)
    assert found, page
    return found[1]
