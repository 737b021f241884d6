"""One token that is good: renewed before it ends, replaced once it is refused, never by many at a time."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.openstack.user import Ticket
from stairlift.probe import tokens
from stairlift.probe.tokens import TokenKeeper


class Signing:
    """Gives out numbered tokens that last so long; tests/unit/probe/test_asking.py has a Keystone."""

    def __init__(self, lasting: float = 3600.0) -> None:
        self.given, self.lasting = 0, lasting
        self.trouble: SourceTrouble | None = None

    def sign_in(self) -> Ticket:
        if self.trouble is not None:
            raise self.trouble
        self.given += 1
        return Ticket(f"t{self.given}", datetime.now(UTC) + timedelta(seconds=self.lasting), None, ())


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(tokens, "_PAUSE", 0.0)


def test_one_token_serves_for_long():
    keeper = TokenKeeper(Signing())
    assert [keeper.token() for _ in range(3)] == ["t1"] * 3


def test_it_is_renewed_before_it_ends():
    signing = Signing(lasting=tokens._BEFORE - 1)
    keeper = TokenKeeper(signing)
    assert keeper.token() == "t1"
    signing.lasting = 3600
    assert keeper.token() == "t2"
    assert keeper.token() == "t2"


def test_while_keystone_is_away_the_old_one_is_used():
    signing = Signing(lasting=tokens._BEFORE - 1)
    keeper = TokenKeeper(signing)
    assert keeper.token() == "t1"
    signing.trouble = SourceTrouble(Trouble.SERVER_ERROR, "down", status=503)
    assert keeper.token() == "t1"


def test_one_that_was_refused_is_replaced_by_one_for_all():
    signing = Signing()
    keeper = TokenKeeper(signing)
    keeper.token()
    found: list[str | None] = []
    threads = [threading.Thread(target=lambda: found.append(keeper.instead_of("t1"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, signing.given) == (["t2"] * 8, 2)


def test_where_there_is_no_other_one_there_is_none():
    signing = Signing()
    keeper = TokenKeeper(signing)
    keeper.token()
    signing.trouble = SourceTrouble(Trouble.SERVER_ERROR, "down", status=503)
    assert keeper.instead_of("t1") is None


def test_after_a_refusal_nobody_asks_for_a_while():
    signing = Signing()
    signing.trouble = SourceTrouble(Trouble.DENIED, "no", status=401)
    keeper = TokenKeeper(signing)
    with pytest.raises(SourceTrouble) as first:
        keeper.sign_in()
    signing.trouble = None
    with pytest.raises(SourceTrouble) as second:
        keeper.sign_in()
    assert (first.value.status, second.value.trouble, signing.given) == (401, Trouble.EMPTY, 0)
