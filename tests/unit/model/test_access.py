"""Rights, and when a token holds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stairlift.model.access import RIGHTS, Caller, Session, Token, digest_of
from stairlift.testing.clouds import NOON

SECOND = timedelta(seconds=1)
TOKEN = Token("t1", "ada", digest_of("stl_x"), ("read",), NOON, "root")


def test_a_token_holds_until_it_is_revoked():
    assert TOKEN.state(NOON) == "holds"
    revoked = replace(TOKEN, revoked_at=NOON)
    assert (revoked.state(NOON), revoked.holds(NOON)) == ("revoked", False)


def test_or_until_it_expires():
    token = replace(TOKEN, expires_at=NOON)
    assert token.holds(NOON - SECOND)
    assert (token.state(NOON), token.holds(NOON)) == ("expired", False)
    assert replace(token, revoked_at=NOON).state(NOON) == "revoked"


def test_a_session_until_its_time_is_over():
    session = Session("d", "t1", NOON - SECOND, NOON)
    assert session.holds(NOON - SECOND)
    assert not session.holds(NOON)


def test_a_digest_is_always_the_same_and_tells_nothing():
    assert digest_of("stl_x") == digest_of("stl_x") != digest_of("stl_y")
    assert digest_of("stl_x").startswith("sha256:")
    assert "stl_x" not in digest_of("stl_x")
    assert digest_of("\ud800") != digest_of("")


@pytest.mark.parametrize("right", RIGHTS)
def test_whoever_is_let_in_may_read_and_what_else_he_has(right):
    caller = Caller("ada", "t1", frozenset({right}))
    assert [r for r in RIGHTS if caller.may(r)] == list(dict.fromkeys(("read", right)))
