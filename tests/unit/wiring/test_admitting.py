"""Tokens and sessions as they are made."""

import re
from datetime import timedelta

import pytest

from houses import settings_in
from stairlift.model.access import RIGHTS, digest_of
from stairlift.model.errors import UsageError
from stairlift.testing.clouds import NOON
from stairlift.wiring.admitting import Wish, in_order, issue, lifetime, of_terminal, open_keys, open_session

HOUR = timedelta(hours=1)


@pytest.fixture
def keys(tmp_path):
    return open_keys(settings_in(tmp_path))


class TestTokens:
    def test_are_random_and_known_by_digest_alone(self, keys):
        token, secret = issue(keys, Wish("ada", ("read",), NOON + HOUR), "root", NOON)
        assert re.fullmatch(r"stl_[A-Za-z0-9_-]{43}", secret)
        assert keys.token(digest_of(secret)) == token
        assert (token.name, token.rights, token.made_by, token.expires_at) == ("ada", ("read",), "root", NOON + HOUR)
        assert secret not in repr(keys.tokens())

    def test_are_never_the_same(self, keys):
        assert len({issue(keys, Wish(f"a{n}", ("read",)), "root", NOON)[1] for n in range(20)}) == 20

    @pytest.mark.parametrize("name", ["", " ada", "a b", "a/b", "-a", ".a", "a" * 65, "a\n", "ä", "a\x00", "<b>"])
    def test_have_names_that_can_stand_anywhere(self, name):
        with pytest.raises(UsageError) as refused:
            Wish(name, ("read",))
        assert refused.value.code == "token.bad_name"

    @pytest.mark.parametrize("name", ["a", "ada@example.com", "ci-2", "9lives", "a" * 64])
    def test_and_read_well(self, name):
        assert Wish(name, ("read",)).name == name

    @pytest.mark.parametrize("rights", [(), ("write",), ("read", "root")])
    def test_have_rights_that_there_are(self, rights):
        with pytest.raises(UsageError) as refused:
            Wish("ada", rights)
        assert refused.value.code == "token.bad_rights"


def test_rights_are_always_in_the_same_order_and_hold_to_read():
    assert in_order(["approve", "operate", "approve"]) == ("read", "operate", "approve")
    assert in_order([]) == ("read",)
    assert in_order(["write"]) == ("read", "write")


@pytest.mark.parametrize(
    ("text", "length"),
    [("5m", timedelta(minutes=5)), ("12h", 12 * HOUR), ("30d", timedelta(30)), ("2w", timedelta(14))],
)
def test_lifetimes(text, length):
    assert lifetime(text) == length


@pytest.mark.parametrize("text", ["", "0d", "5", "d", "-1d", "1.5h", "99999d", "1y", "1d ", "١d"])
def test_what_is_none(text):
    with pytest.raises(UsageError) as refused:
        lifetime(text)
    assert refused.value.code == "token.bad_expiry"


class TestSessions:
    def test_last_as_long_as_they_are_told(self, keys):
        token, _ = issue(keys, Wish("ada", ("read",)), "root", NOON)
        session, word = open_session(keys, token, 12, NOON)
        assert session.expires_at == NOON + 12 * HOUR
        assert keys.session(digest_of(word)) == (session, token)

    def test_and_no_longer_than_their_token(self, keys):
        token, _ = issue(keys, Wish("ada", ("read",), NOON + HOUR), "root", NOON)
        assert open_session(keys, token, 12, NOON)[0].expires_at == NOON + HOUR


class TestTheTerminal:
    def test_has_a_token_that_nobody_was_shown_and_that_may_do_all(self, keys):
        token = of_terminal(keys, "ada", NOON)
        assert (token.name, token.rights, token.made_by) == ("ada@terminal", RIGHTS, "ada")

    def test_and_the_same_the_next_time(self, keys):
        assert of_terminal(keys, "ada", NOON) == of_terminal(keys, "ada", NOON + HOUR)
        assert len(keys.tokens()) == 1

    def test_revoked_it_gets_another(self, keys):
        first = of_terminal(keys, "ada", NOON)
        keys.revoke("ada@terminal", NOON)
        assert of_terminal(keys, "ada", NOON).id != first.id

    @pytest.mark.parametrize(
        ("who", "name"), [("uid 1000", "uid-1000"), ("", "somebody"), ("..", "somebody"), ("jörg", "j-rg")]
    )
    def test_whatever_the_person_is_called(self, keys, who, name):
        assert of_terminal(keys, who, NOON).name == f"{name}@terminal"
