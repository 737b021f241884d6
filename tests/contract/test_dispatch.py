"""The orders for workers, on both databases: who has one, who may report on it, what came of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from stairlift.model.dispatch import Badge, Card, Order, Output
from stairlift.model.errors import Refusal
from stairlift.model.run import AttemptId, Change, Ended, Lost, NotStarted, RunState
from stairlift.model.work import Job, Outcome
from stairlift.store.claiming import SqlClaims
from stairlift.store.dispatching import SqlDispatch
from stairlift.store.opening import ensure_shape, open_engine
from stairlift.store.sql import open_store
from stairlift.testing.store_contract import NOON, created, started

ATTEMPT = AttemptId("r1", "2026.1/compute cmp1", 1)
JOB = Job(("ansible-playbook", "site.yml"), "/srv", {"STAIRLIFT_HOST": "cmp1"}, {"vars.json": "{}"}, "az1")
ORDER = Order(ATTEMPT, JOB, "/var/lib/stairlift/attempts", {"/srv/site.yml": "sha256:1"})
CARD = Card("id1", "w1", "node1", 42, "boot1", ("az1", "az2"), 4, 41.0)
ENDED = Ended(Outcome(3), datetime(2026, 11, 22, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'journal.sqlite'}"
    return request.getfixturevalue("postgres").journal()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_engine(url)
    ensure_shape(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def dispatch(engine: Engine) -> SqlDispatch:
    return SqlDispatch(engine)


@pytest.fixture
def claims(engine: Engine) -> SqlClaims:
    return SqlClaims(engine, ttl=30)


def _claimed(dispatch: SqlDispatch, claims: SqlClaims, card: Card = CARD) -> Badge:
    badge = claims.enlist(card)
    dispatch.put(ORDER)
    assert claims.claim(badge, ATTEMPT) == ORDER
    return badge


def test_an_order_is_given_once(dispatch: SqlDispatch) -> None:
    first = dispatch.put(ORDER)
    assert (first.state, first.queue, first.worker, first.ending) == ("queued", "az1", "", None)
    assert dispatch.put(replace(ORDER, job=replace(JOB, queue="az2"))) == first
    assert dispatch.find([ATTEMPT, replace(ATTEMPT, number=2)]) == {ATTEMPT: first}


def test_one_worker_gets_it_with_all_it_needs(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    _claimed(dispatch, claims)
    other = claims.enlist(replace(CARD, id="id2", name="w2"))
    assert claims.claim(other, ATTEMPT) is None
    assert claims.claim(other, replace(ATTEMPT, step="no such")) is None
    seen = dispatch.find([ATTEMPT])[ATTEMPT]
    assert (seen.state, seen.worker, seen.worker_id, seen.gone_after) == ("claimed", "w1", "id1", 41.0)
    assert abs((datetime.now(UTC) - seen.heard_at).total_seconds()) < 60


@pytest.mark.parametrize("ending", [ENDED, NotStarted("no such file"), Lost("by force"), Lost("by force", ENDED.at)])
def test_its_ending_comes_back(dispatch: SqlDispatch, claims: SqlClaims, ending) -> None:
    badge = _claimed(dispatch, claims)
    assert claims.report(badge, ATTEMPT, ending)
    seen = dispatch.find([ATTEMPT])[ATTEMPT]
    assert (seen.state, seen.ending) == ("ended", ending)
    assert not claims.report(badge, ATTEMPT, NotStarted("something else")), "the first word stands"
    assert dispatch.find([ATTEMPT])[ATTEMPT].ending == ending


def test_what_was_given_up_stays_so(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    badge = _claimed(dispatch, claims)
    seen = dispatch.find([ATTEMPT])[ATTEMPT]
    claims.pulse(badge)
    assert not dispatch.give_up(seen), "it was heard of since"
    assert dispatch.give_up(dispatch.find([ATTEMPT])[ATTEMPT])
    assert claims.pulse(badge) == []
    assert not claims.report(badge, ATTEMPT, ENDED), "late results are refused"
    assert dispatch.find([ATTEMPT])[ATTEMPT].state == "lost"
    assert claims.claim(badge, ATTEMPT) is None


def test_a_worker_that_begins_again_has_what_it_had(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    before = _claimed(dispatch, claims)
    now = claims.enlist(replace(CARD, pid=43, jobs=8))
    assert now == Badge("id1", before.fence + 1)
    assert claims.held(now) == [ORDER]
    for late in (
        claims.pulse,
        claims.held,
        lambda b: claims.report(b, ATTEMPT, ENDED),
        lambda b: claims.claim(b, ATTEMPT),
    ):
        with pytest.raises(Refusal, match="another process"):
            late(before)
    assert claims.report(now, ATTEMPT, ENDED)


@pytest.mark.parametrize("other", [replace(CARD, id="id2"), replace(CARD, boot="boot2")])
def test_a_name_is_one_worker(claims: SqlClaims, other: Card) -> None:
    """Another state directory, or the same after a reboot, so that no lock proves that the first one is dead."""
    claims.enlist(CARD)
    with pytest.raises(Refusal) as refused:
        claims.enlist(other)
    assert refused.value.code == "worker.name_taken"


def test_a_name_is_free_once_nobody_is_heard_of(engine: Engine) -> None:
    claims = SqlClaims(engine, ttl=-1)
    claims.enlist(CARD)
    assert claims.enlist(replace(CARD, id="id2", boot="boot2")).fence == 1


def test_an_end_is_asked_for(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    badge = _claimed(dispatch, claims)
    assert [held.ends for held in claims.pulse(badge)] == [False]
    dispatch.ask_end(ATTEMPT)
    assert [(held.attempt, held.ends) for held in claims.pulse(badge)] == [(ATTEMPT, True)]


def test_what_nobody_has_claimed_is_withdrawn(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    dispatch.put(ORDER)
    dispatch.ask_end(ATTEMPT)
    assert isinstance(dispatch.find([ATTEMPT])[ATTEMPT].ending, NotStarted)
    assert claims.claim(claims.enlist(CARD), ATTEMPT) is None


def test_output_goes_from_the_one_to_the_other(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    badge = _claimed(dispatch, claims)
    pieces = [
        Output(ATTEMPT, "log", 0, b"one\n"),
        Output(ATTEMPT, "log", 4, b"\xff\x00"),
        Output(ATTEMPT, "a", 0, b"b"),
    ]
    claims.send(badge, [*pieces, Output(replace(ATTEMPT, number=2), "log", 0, b"not ours")])
    assert dispatch.find([ATTEMPT])[ATTEMPT].output == 7
    assert claims.sent(badge, ATTEMPT) == {"log": 6, "a": 1}
    assert sorted(dispatch.output(ATTEMPT, {}), key=repr) == sorted(pieces, key=repr)
    assert dispatch.output(ATTEMPT, {"log": 4, "a": 1}) == [pieces[1]]
    assert dispatch.output(ATTEMPT, {"log": 6, "a": 1}) == []
    assert dispatch.output(replace(ATTEMPT, number=2), {}) == []


def test_output_is_kept_until_the_run_is_over(
    url: str, dispatch: SqlDispatch, claims: SqlClaims, tmp_path: Path
) -> None:
    """And attempts without an order are told apart."""
    store = open_store(url, tmp_path / "locks")
    with store.hold("lab") as journal:
        run = created(journal)
        journal.commit(run.id, [started(run.id, "zebra"), started(run.id, "ant")])
        mine, local = AttemptId(run.id, "zebra", 1), AttemptId(run.id, "ant", 1)
        dispatch.put(replace(ORDER, attempt=mine))
        assert dispatch.without_order(run.id) == [local]
        badge = claims.enlist(CARD)
        claims.claim(badge, mine)
        claims.send(badge, [Output(mine, "log", 0, b"one\n")])
        dispatch.forget()
        assert len(dispatch.output(mine, {})) == 1
        journal.commit(run.id, [Change("run.cancelled", NOON, run=replace(run, state=RunState.CANCELLED))])
        dispatch.forget()
        assert dispatch.output(mine, {}) == []
    store.close()


def test_workers_are_shown(dispatch: SqlDispatch, claims: SqlClaims) -> None:
    assert dispatch.workers() == []
    _claimed(dispatch, claims)
    claims.enlist(replace(CARD, id="id0", name="w0", queues=("az3",)))
    idle, busy = dispatch.workers()
    assert (idle.name, idle.queues, idle.attempts) == ("w0", ("az3",), ())
    assert (busy.name, busy.host, busy.jobs, busy.attempts) == ("w1", "node1", 4, (ATTEMPT,))
    assert 0 <= busy.silence < 60
