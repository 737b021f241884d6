"""Who stands behind a request, and whether that caller may do what the request is about."""

from typing import Annotated, cast

from fastapi import Depends, Request

from stairlift.model.access import RIGHTS, Caller, Right
from stairlift.web import complaints
from stairlift.web.access import csrf, refused
from stairlift.web.access.cookies import session_of
from stairlift.web.access.failures import Failures, address_of
from stairlift.web.access.letting_in import by_session, by_token, caller_of
from stairlift.web.here import Here
from stairlift.wiring import clock
from stairlift.wiring.server.house import House


async def _failures(request: Request) -> Failures:
    return cast("Failures", request.app.state.failures)


#: How often whoever asks has failed, as a parameter.
Failed = Annotated[Failures, Depends(_failures)]


def somebody(request: Request, house: Here, failed: Failed, told: csrf.Told) -> Caller:
    """Whoever is let in. Raises access.unknown, access.too_many, access.form, and then what is wrong with the request.

    `request.state.caller` has it for the log, `request.state.csrf` the word that the forms of a page carry.
    """
    header = request.headers.get("Authorization")
    caller = _by_header(request, house, failed, header) if header is not None else _by_cookie(request, house, told)
    request.state.caller = caller
    complaints.demand_none(request)
    return caller


def _by_header(request: Request, house: House, failed: Failures, header: str) -> Caller:
    scheme, _, shown = header.partition(" ")
    token = by_token(house.keys, shown.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        failed.count(address_of(request))
        raise refused.unknown()
    return caller_of(token)


def _by_cookie(request: Request, house: House, told: str) -> Caller:
    shown = session_of(request)
    found = by_session(house.keys, shown)
    if found is None:
        raise refused.unknown()
    if not csrf.shows_it(request, shown, told):
        raise refused.no_form_token()
    request.state.csrf = csrf.word_of(shown)
    return caller_of(found[1], found[0].digest)


#: What needs no thread is `async` here: each of the others would wait for one, at every request.
Somebody = Annotated[Caller, Depends(somebody)]


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
