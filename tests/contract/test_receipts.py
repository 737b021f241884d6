"""Every place for receipts keeps the contract: one request, one answer, for a day."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine

from stairlift.model.errors import Refusal
from stairlift.ports import Receipt, Receipts
from stairlift.store.opening import ensure_shape, open_engine
from stairlift.store.receipts import SqlReceipts
from stairlift.testing.store_contract import NOON

ANSWER = Receipt(202, {"location": "/v1/jobs/1"}, b'{"id":"1"}\x00\xff')
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    sqlite = f"sqlite:///{tmp_path / 'journal.sqlite'}"
    opened = open_engine(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres").journal())
    ensure_shape(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def receipts(engine: Engine) -> Receipts:
    return SqlReceipts(engine)


def refused(receipts: Receipts, *request: object) -> str:
    with pytest.raises(Refusal) as told:
        receipts.begin(*request)
    return told.value.code


def test_the_second_gets_the_answer_of_the_first(receipts: Receipts) -> None:
    assert receipts.begin("k", "ada", "d", NOON) is None
    receipts.end("k", "ada", ANSWER)
    assert receipts.begin("k", "ada", "d", NOON + MINUTE) == ANSWER
    assert receipts.begin("k", "ada", "d", NOON + timedelta(hours=23)) == ANSWER


def test_keys_are_each_callers_own(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    receipts.end("k", "ada", ANSWER)
    assert receipts.begin("k", "bob", "other", NOON) is None
    assert receipts.begin("k2", "ada", "d", NOON) is None


def test_another_request_with_the_same_key_is_refused(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    assert refused(receipts, "k", "ada", "other", NOON) == "request.other_body"
    receipts.end("k", "ada", ANSWER)
    assert refused(receipts, "k", "ada", "other", NOON) == "request.other_body"


def test_while_it_is_carried_out_nobody_begins_it_again(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    assert refused(receipts, "k", "ada", "d", NOON + 9 * MINUTE) == "request.in_flight"


def test_after_ten_minutes_whoever_began_it_is_gone(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    assert receipts.begin("k", "ada", "d", NOON + 10 * MINUTE) is None
    assert refused(receipts, "k", "ada", "d", NOON + 11 * MINUTE) == "request.in_flight"


def test_what_was_dropped_may_be_made_again(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    receipts.drop("k", "ada")
    assert receipts.begin("k", "ada", "other", NOON) is None


def test_an_answer_that_was_given_is_not_dropped(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    receipts.end("k", "ada", ANSWER)
    receipts.drop("k", "ada")
    assert receipts.begin("k", "ada", "d", NOON) == ANSWER


def test_after_a_day_a_key_is_new(receipts: Receipts) -> None:
    receipts.begin("k", "ada", "d", NOON)
    receipts.end("k", "ada", ANSWER)
    assert receipts.begin("k", "ada", "other", NOON + timedelta(hours=24)) is None


def test_of_many_at_once_one_begins(receipts: Receipts) -> None:
    together, found = Barrier(4), []

    def begin() -> None:
        together.wait()
        try:
            found.append(receipts.begin("k", "ada", "d", NOON))
        except Refusal as wrong:
            found.append(wrong.code)

    threads = [Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == ["None", *["request.in_flight"] * 3]
