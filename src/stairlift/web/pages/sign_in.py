"""`/sign-in`, `/sign-out`: a browser shows a token, or a one-time code, and is known by its cookie from then on."""

import logging
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from stairlift.model.access import MARK, Token, digest_of
from stairlift.web.access import cookies, csrf
from stairlift.web.access.failures import Failed, Failures, address_of
from stairlift.web.access.letting_in import by_session, by_token
from stairlift.web.access.local_paths import local
from stairlift.web.access.refused import no_form_token
from stairlift.web.here import Here
from stairlift.web.pages.drawing import draw
from stairlift.wiring import clock
from stairlift.wiring.admitting import of_terminal, open_session
from stairlift.wiring.server.house import House

router = APIRouter(include_in_schema=False)
_log = logging.getLogger(__name__)
_HERE = frozenset({"same-origin", "none"})


@router.get("/sign-in")
def ask(request: Request, house: Here, next: str = "/", again: bool = False) -> Response:  # noqa: A002  # its name in addresses
    """The form. Who is signed in goes on.

    Browsers keep a strict cookie to themselves where a link of another site led here, such as one in a notice: then the
    page asks for itself once more, and this time it is we who ask.
    """
    if by_session(house.keys, cookies.session_of(request)):
        return RedirectResponse(local(next), 303)
    elsewhere = not again and request.headers.get("Sec-Fetch-Site") not in _HERE
    return _form(request, next, onward=urlencode({"next": local(next), "again": "true"}) if elsewhere else "")


@router.post("/sign-in")
def sign_in(
    request: Request,
    house: Here,
    failed: Failed,
    secret: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Let the browser in, or say that it is not known. Raises access.too_many."""
    token = _shown(house, failed, address_of(request), secret.strip())
    if token is None:
        failed.count(address_of(request))
        request.state.problem = "access.unknown"
        return _form(request, next, wrong=True)
    cookie = cookies.session_of(request)
    if cookie:
        house.keys.end_session(digest_of(cookie))
    session, word = open_session(house.keys, token, house.settings.serve.session_hours, clock.now())
    _log.info("%s signed in from %s", token.name, address_of(request))
    response = RedirectResponse(local(next), 303)
    cookies.give(request, response, word, session.expires_at)
    return response


@router.post("/sign-out")
def sign_out(request: Request, house: Here, told: csrf.Told) -> Response:
    """End the session, if there is one still. Refusal (access.form)."""
    cookie = cookies.session_of(request)
    if cookie and not csrf.shows_it(request, cookie, told):
        raise no_form_token()
    house.keys.end_session(digest_of(cookie))
    response = RedirectResponse("/sign-in", 303)
    cookies.take_back(request, response)
    return response


def _shown(house: House, failed: Failures, address: str, secret: str) -> Token | None:
    """The token that was typed, or that which a one-time code stands for."""
    if secret.startswith(MARK):
        return by_token(house.keys, secret)
    failed.demand_few(address)
    at = clock.now()
    who = house.codes.redeem(secret, at)
    return of_terminal(house.keys, who, at) if who else None


def _form(request: Request, next_page: str, *, wrong: bool = False, onward: str = "") -> Response:
    return draw(
        request,
        "sign_in.html",
        status=401 if wrong else 200,
        caller=None,
        next=local(next_page),
        wrong=wrong,
        onward=onward,
    )
