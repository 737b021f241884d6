"""Who stands behind a request, and whether that caller may do what the request is about."""

from typing import Annotated, cast

from fastapi import Depends, Request

from stairlift.model.access import RIGHTS, Caller, Right
from stairlift.web.access import csrf, refused
from stairlift.web.access.cookies import session_of
from stairlift.web.access.failures import Failures, address_of
from stairlift.web.access.letting_in import by_session, by_token, caller_of
from stairlift.wiring import clock
from stairlift.wiring.server.house import House


def let_in(request: Request) -> None:
    """Find out who asks, before anything else is looked at. Raises access.unknown, access.too_many.

    `request.state.caller` has it from then on, `request.state.csrf` the word that the forms of a page carry.
    """
    house = cast("House", request.app.state.house)
    header = request.headers.get("Authorization")
    if header is not None:
        request.state.caller = _by_header(request, house, header)
        return
    shown = session_of(request)
    request.state.caller = _by_cookie(house, shown)
    request.state.csrf = csrf.word_of(shown)


def _by_header(request: Request, house: House, header: str) -> Caller:
    scheme, _, shown = header.partition(" ")
    token = by_token(house.keys, shown.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        cast("Failures", request.app.state.failures).count(address_of(request))
        raise refused.unknown()
    return caller_of(token)


def _by_cookie(house: House, shown: str) -> Caller:
    found = by_session(house.keys, shown)
    if found is None:
        raise refused.unknown()
    return caller_of(found[1], found[0].digest)


async def _somebody(request: Request, told: csrf.Told) -> Caller:
    """Whoever was let in. A browser that changes something shows that a page of ours wanted it: else access.form."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:  # a door that is open to everybody
        raise refused.unknown()
    if caller.session and not csrf.shows_it(request, session_of(request), told):
        raise refused.no_form_token()
    return caller


#: What needs no thread is `async` here: each of the others would wait for one, at every request.
Somebody = Annotated[Caller, Depends(_somebody)]


def _demand(caller: Caller, *rights: Right) -> Caller:
    missing = [right for right in rights if not caller.may(right)]
    if missing:
        raise refused.forbidden(*missing)
    return caller


async def _reader(caller: Somebody) -> Caller:
    return _demand(caller, "read")


async def _operator(caller: Somebody) -> Caller:
    return _demand(caller, "operate")


async def _approver(caller: Somebody) -> Caller:
    return _demand(caller, "approve")


async def _keeper(caller: Somebody) -> Caller:
    return _demand(caller, *RIGHTS)


#: The caller, as a parameter of whoever answers: one who may read, who may operate, who may approve; one who may do all
#: of it, and so may make tokens. A browser's request that changes something carries the word of `csrf` besides.
Reader = Annotated[Caller, Depends(_reader)]
Operator = Annotated[Caller, Depends(_operator)]
Approver = Annotated[Caller, Depends(_approver)]
Keeper = Annotated[Caller, Depends(_keeper)]


def demand(caller: Caller, right: Right) -> None:
    """For what shows only in the body that it needs another right, too. Refusal (access.forbidden)."""
    _demand(caller, right)


def holds(house: House, caller: Caller) -> bool:
    """Whether the caller would be let in still: for streams, which last longer than a session may."""
    at = clock.now()
    if caller.session:
        found = house.keys.session(caller.session)
        return found is not None and found[0].holds(at) and found[1].holds(at)
    return any(token.id == caller.token and token.holds(at) for token in house.keys.tokens())
