"""Every place for keys keeps the contract: tokens and sessions by digest, names that are taken, ends that hold."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from stairlift.model.access import Session, Token, digest_of
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.ports import Keys
from stairlift.store.keys import SqlKeys
from stairlift.store.opening import ensure_shape, open_engine
from stairlift.testing.store_contract import NOON

ADA = Token("t1", "ada", digest_of("stl_ada"), ("read", "approve"), NOON, "root")
BOB = Token("t2", "bob", digest_of("stl_bob"), ("read",), NOON + timedelta(1), "ada", NOON + timedelta(30))
DAY = timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    opened = open_engine(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres").journal())
    ensure_shape(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def keys(engine: Engine) -> Keys:
    return SqlKeys(engine)


def a_session(word: str = "word", of: Token = ADA, hours: int = 12) -> Session:
    return Session(digest_of(word), of.id, NOON, NOON + timedelta(hours=hours))


class TestTokens:
    def test_are_found_by_their_digest_as_they_were_made(self, keys: Keys) -> None:
        keys.add(ADA)
        keys.add(BOB)
        assert keys.token(ADA.digest) == ADA
        assert keys.token(BOB.digest) == BOB
        assert keys.token(digest_of("stl_eve")) is None

    def test_the_newest_first(self, keys: Keys) -> None:
        assert keys.tokens() == ()
        keys.add(ADA)
        keys.add(BOB)
        assert keys.tokens() == (BOB, ADA)

    def test_of_a_name_there_is_one_that_is_not_revoked(self, keys: Keys) -> None:
        keys.add(ADA)
        second = replace(ADA, id="t3", digest=digest_of("stl_second"))
        with pytest.raises(Refusal) as refused:
            keys.add(second)
        assert refused.value.code == "token.name_taken"
        keys.revoke("ada", NOON)
        keys.add(second)
        assert keys.token(second.digest) == second

    def test_one_that_has_expired_keeps_its_name(self, keys: Keys) -> None:
        keys.add(replace(ADA, expires_at=NOON - DAY))
        with pytest.raises(Refusal):
            keys.add(replace(ADA, id="t3", digest=digest_of("stl_second")))

    def test_of_many_who_want_a_name_at_once_one_gets_it(self, keys: Keys) -> None:
        together, refused = Barrier(4), []

        def want(number: int) -> None:
            together.wait()
            try:
                keys.add(replace(ADA, id=f"t{number}", digest=digest_of(f"stl_{number}")))
            except StairliftError as wrong:
                refused.append(wrong.code)

        threads = [Thread(target=want, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert refused == ["token.name_taken"] * 3
        assert len(keys.tokens()) == 1


class TestRevoking:
    def test_is_on_record(self, keys: Keys) -> None:
        keys.add(ADA)
        assert keys.revoke("ada", NOON + DAY) == replace(ADA, revoked_at=NOON + DAY)
        assert keys.token(ADA.digest) == replace(ADA, revoked_at=NOON + DAY)

    def test_ends_the_sessions_that_it_opened_and_no_others(self, keys: Keys) -> None:
        keys.add(ADA)
        keys.add(BOB)
        keys.open_session(a_session("hers"))
        keys.open_session(a_session("his", BOB))
        keys.revoke("ada", NOON)
        assert keys.session(digest_of("hers")) is None
        assert keys.session(digest_of("his")) == (a_session("his", BOB), BOB)

    def test_of_nobody_or_twice(self, keys: Keys) -> None:
        keys.add(ADA)
        keys.revoke("ada", NOON)
        for name in ("ada", "eve"):
            with pytest.raises(UsageError) as unknown:
                keys.revoke(name, NOON)
            assert unknown.value.code == "token.unknown"
        assert keys.token(ADA.digest) == replace(ADA, revoked_at=NOON)


class TestSessions:
    def test_come_with_their_token(self, keys: Keys) -> None:
        keys.add(ADA)
        keys.open_session(a_session())
        assert keys.session(digest_of("word")) == (a_session(), ADA)
        assert keys.session(digest_of("other")) is None

    def test_end(self, keys: Keys) -> None:
        keys.add(ADA)
        keys.open_session(a_session())
        keys.end_session(digest_of("word"))
        keys.end_session(digest_of("word"))
        assert keys.session(digest_of("word")) is None

    def test_that_have_expired_are_forgotten_when_another_begins(self, keys: Keys) -> None:
        keys.add(ADA)
        keys.open_session(a_session("short", hours=1))
        keys.open_session(a_session("long", hours=3))
        keys.open_session(replace(a_session("new", hours=5), made_at=NOON + timedelta(hours=1)))
        assert keys.session(digest_of("short")) is None
        assert keys.session(digest_of("long")) is not None


def test_a_database_that_is_gone_is_told(engine: Engine, keys: Keys) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE session")
    with pytest.raises(StairliftError) as told:
        keys.session(digest_of("word"))
    assert told.value.code.startswith("store.")
