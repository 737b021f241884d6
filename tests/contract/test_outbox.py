"""The outbox on both databases: nothing is lost or doubled, those of a run go in order, and one sender has each."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from houses import settings_in
from journals import Ledger
from postgres import Server
from stairlift.execute.local import LocalExecutor
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.notice import Delivery, Notice
from stairlift.store.opening import open_engine
from stairlift.store.outbox import SqlOutbox
from stairlift.store.sql import open_store
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.office import Office

SOON = NOON + timedelta(minutes=3)
LATER = NOON + timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return settings_in(tmp_path).database_url
    server: Server = request.getfixturevalue("postgres")
    return server.journal()


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], SqlOutbox]]:
    """Opens the outbox again, as another process does."""
    engines = []

    def another() -> SqlOutbox:
        engines.append(open_engine(url))
        return SqlOutbox(engines[-1])

    yield another
    for engine in engines:
        engine.dispose()


@pytest.fixture
def outbox(opened: Callable[[], SqlOutbox]) -> SqlOutbox:
    return opened()


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    store = open_store(url, tmp_path / "locks")
    office = Office(store, LocalExecutor(tmp_path / "attempts"), tmp_path)
    yield Ledger.begun(office, a_plan(a_step("s1"), a_step("s2")))
    store.close()


def notices(ledger: Ledger, *numbers: int) -> list[Notice]:
    return [Notice(ledger.run.id, n, "paused", NOON, {"title": f"notice {n}"}) for n in numbers]


def queued(outbox: SqlOutbox, ledger: Ledger, *numbers: int, channel: str = "ops") -> None:
    assert outbox.put(channel, (0, numbers[-1]), ledger.run.id, notices(ledger, *numbers), NOON)


def sent(outbox: SqlOutbox, delivery: Delivery | None) -> None:
    assert delivery
    outbox.settle(replace(delivery, state="sent", tries=delivery.tries + 1, sent_at=NOON, answer="HTTP 204"))


def test_a_channel_is_told_what_happens_from_when_it_was_first_heard_of(opened):
    assert opened().since("ops", NOON) == NOON
    assert opened().since("ops", LATER) == NOON
    assert opened().since("boss", LATER) == LATER


def test_two_who_hear_of_a_channel_at_once_agree(opened):
    outboxes = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: outboxes[n].since("ops", NOON + timedelta(seconds=n)), range(4)))
    assert len(set(found)) == 1


def test_what_is_behind(outbox, ledger):
    newest = ledger.office.store.latest(ledger.run.id).seq
    assert list(outbox.behind("ops")) == [(ledger.run.id, 0)]
    outbox.put("ops", (0, newest), ledger.run.id, [], NOON)
    assert list(outbox.behind("ops")) == []
    assert list(outbox.behind("boss")) == [(ledger.run.id, 0)]
    ledger.starts("s1")
    assert list(outbox.behind("ops")) == [(ledger.run.id, newest)]


def test_what_was_queued_comes_back_as_it_was(outbox, ledger):
    one = Notice(ledger.run.id, 2, "failed", NOON, {"title": "zürich", "steps": [{"id": "s1"}]})
    outbox.put("ops", (0, 2), ledger.run.id, [one], SOON)
    assert outbox.deliveries() == (Delivery("ops", one, "queued", SOON, 0, SOON),)


def test_events_are_taken_in_once(opened, ledger):
    """Two who have looked at the same events: the second queues nothing."""
    one, other = opened(), opened()
    assert one.put("ops", (0, 2), ledger.run.id, notices(ledger, 2), NOON)
    assert not other.put("ops", (0, 2), ledger.run.id, notices(ledger, 2), NOON)
    assert not other.put("ops", (1, 3), ledger.run.id, notices(ledger, 3), NOON)
    assert other.put("ops", (2, 3), ledger.run.id, notices(ledger, 3), NOON)
    assert [d.notice.seq for d in one.deliveries()] == [3, 2]


def test_at_once_as_well(opened, ledger):
    outboxes = [opened() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        put = pool.map(lambda o: o.put("ops", (0, 2), ledger.run.id, notices(ledger, 2), NOON), outboxes)
    assert sorted(put) == [False, False, False, True]


def test_the_mark_moves_only_with_the_notices(outbox, ledger):
    """Both or neither: a notice that cannot be queued leaves the mark where it was."""
    with pytest.raises(StairliftError):
        outbox.put("ops", (0, 2), ledger.run.id, notices(ledger, 1, 2, 2), NOON)
    assert outbox.deliveries() == ()
    assert list(outbox.behind("ops")) == [(ledger.run.id, 0)]


def test_those_of_a_run_go_in_order(opened, ledger):
    one, other = opened(), opened()
    queued(one, ledger, 1, 2, 3)
    first = one.claim("ops", NOON, SOON)
    assert first.notice.seq == 1
    assert other.claim("ops", NOON, SOON) is None, "the second waits until the first has arrived"
    sent(one, first)
    assert other.claim("ops", NOON, SOON).notice.seq == 2


def test_one_that_waits_for_its_next_try_keeps_those_behind_it(outbox, ledger):
    queued(outbox, ledger, 1, 2)
    first = outbox.claim("ops", NOON, SOON)
    outbox.settle(replace(first, tries=1, next_at=LATER, answer="HTTP 500"))
    assert outbox.claim("ops", SOON, LATER) is None
    again = outbox.claim("ops", LATER, LATER + timedelta(minutes=3))
    assert (again.notice.seq, again.tries, again.answer) == (1, 1, "HTTP 500")


def test_one_that_was_given_up_keeps_nobody(outbox, ledger):
    queued(outbox, ledger, 1, 2)
    first = outbox.claim("ops", NOON, SOON)
    outbox.settle(replace(first, state="given-up", tries=9, answer="HTTP 410"))
    assert outbox.claim("ops", NOON, SOON).notice.seq == 2
    assert [d.notice.seq for d in outbox.deliveries(state="given-up")] == [1]


def test_channels_do_not_wait_for_each_other(outbox, ledger):
    queued(outbox, ledger, 1)
    queued(outbox, ledger, 1, channel="boss")
    assert outbox.claim("ops", NOON, SOON)
    assert outbox.claim("boss", NOON, SOON)


def test_runs_do_not_wait_for_each_other(outbox, ledger):
    other = Ledger.begun(ledger.office, ledger.plan)
    queued(outbox, ledger, 1)
    queued(outbox, other, 1)
    assert {outbox.claim("ops", NOON, SOON).notice.run for _ in "ab"} == {ledger.run.id, other.run.id}


def test_one_of_many_who_claim_at_once_has_it(opened, ledger):
    outboxes = [opened() for _ in range(4)]
    queued(outboxes[0], ledger, 1)
    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(lambda o: o.claim("ops", NOON, SOON), outboxes))
    assert sum(c is not None for c in claimed) == 1


def test_what_a_dead_sender_had_is_somebody_elses_after_a_while(opened, ledger):
    one, other = opened(), opened()
    queued(one, ledger, 1)
    mine = one.claim("ops", NOON, SOON)
    assert other.claim("ops", NOON + timedelta(minutes=2), LATER) is None
    yours = other.claim("ops", SOON + timedelta(seconds=1), LATER)
    assert (yours.notice.id, yours.notice.run) == (mine.notice.id, mine.notice.run)


def test_what_is_sent_stays_sent(opened, ledger):
    """A sender that was thought dead and failed cannot take back what another has sent."""
    one, other = opened(), opened()
    queued(one, ledger, 1)
    slow = one.claim("ops", NOON, SOON)
    sent(other, other.claim("ops", LATER, LATER + timedelta(minutes=3)))
    one.settle(replace(slow, tries=1, next_at=LATER, answer="it does not answer"))
    [found] = one.deliveries()
    assert (found.state, found.answer, found.sent_at) == ("sent", "HTTP 204", NOON)


def test_a_reminder_goes_beside_and_once(opened, ledger):
    one, other = opened(), opened()
    queued(one, ledger, 1, 2)
    [notice] = notices(ledger, 1)
    for outbox in (one, other, one):
        outbox.remind("ops", replace(notice, again=1), SOON)
    assert sorted(d.notice.id for d in one.deliveries()) == ["1", "1.1", "2"]


def test_the_log_of_a_run_a_channel_a_state(outbox, ledger):
    queued(outbox, ledger, 1, 2, 3)
    queued(outbox, ledger, 1, channel="boss")
    sent(outbox, outbox.claim("ops", NOON, SOON))
    assert len(outbox.deliveries(run=ledger.run.id)) == 4
    assert outbox.deliveries(run="no-such-run") == ()
    assert [d.notice.seq for d in outbox.deliveries(channel="ops", state="queued")] == [3, 2]
    assert [d.channel for d in outbox.deliveries(channel="boss")] == ["boss"]
    assert len(outbox.deliveries(limit=2)) == 2


def test_page_by_page(outbox, ledger):
    other = Ledger.begun(ledger.office, ledger.plan)
    queued(outbox, ledger, 1, 2, 3)
    queued(outbox, ledger, 2, 3, channel="boss")
    queued(outbox, other, 1, 2)
    whole = outbox.deliveries()
    pages, behind = [], None
    while page := outbox.deliveries(behind=behind, limit=2):
        pages += page
        behind = page[-1].key
    assert len(whole) == 7
    assert tuple(pages) == whole


@pytest.mark.parametrize("marker", ["", "x", "ops/r/1/0", "ops/r/99999999999999999999/0", "a/b/c/d/e", "ops/r/-1/0"])
def test_a_marker_of_nothing(outbox, marker):
    with pytest.raises(UsageError) as unknown:
        outbox.deliveries(behind=marker)
    assert unknown.value.code == "page.unknown_marker"
