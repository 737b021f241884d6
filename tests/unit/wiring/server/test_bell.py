import asyncio
from collections import Counter
from contextlib import aclosing

import pytest

from journals import Ledger, an_office
from stairlift.model.errors import StairliftError
from stairlift.model.run import RunState
from stairlift.run import changes
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.server.bell import Bell

PLAN = a_plan(a_step("a"), a_step("b"))


class Counted:
    """The records, and how often each question was asked."""

    def __init__(self, records):
        self._records = records
        self.asked = Counter()
        self.broken = None

    def __getattr__(self, name):
        self.asked[name] += 1
        if self.broken:
            raise self.broken
        return getattr(self._records, name)


@pytest.fixture
def ledger(tmp_path):
    return Ledger.begun(an_office(tmp_path), PLAN)


@pytest.fixture
def records(ledger):
    return Counted(ledger.office.store)


@pytest.fixture
def bell(records):
    return Bell(records, look=0.01, quiet=5.0)


def newest(ledger):
    return ledger.office.store.latest(ledger.run.id).seq


async def until(what):
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110  # what is waited for knows of no event
            await asyncio.sleep(0.005)


async def heard(watching, wanted):
    """The numbers of the events that come, until there are so many."""
    found = []
    async with asyncio.timeout(20), aclosing(watching):
        async for news in watching:
            found += [event.seq for event in news.events] if news else []
            if len(found) >= wanted:
                return found
    return found


def test_what_was_and_what_comes_comes_once_and_in_order(ledger, bell):
    before = newest(ledger)
    afters = (0, 1, before)

    async def play():
        watching = [asyncio.create_task(heard(bell.events(ledger.run.id, n), before + 4 - n)) for n in afters]
        await until(lambda: bell.watched == 1)
        for step in "ab":
            ledger.starts(step)
            await asyncio.sleep(0.02)
            ledger.ends(step)
        return await asyncio.gather(*watching)

    assert asyncio.run(play()) == [list(range(after + 1, before + 5)) for after in afters]


def test_one_look_is_for_all_and_none_when_nobody_watches(ledger, bell, records):
    async def play():
        watchers = [asyncio.create_task(heard(bell.events(ledger.run.id, newest(ledger)), 2)) for _ in range(50)]
        await until(lambda: records.asked["events"] >= 5)
        ledger.does("a")
        await asyncio.gather(*watchers)
        looks = records.asked["events"]
        assert bell.watched == 0
        await asyncio.sleep(0.1)
        return looks, records.asked["events"]

    looks, later = asyncio.run(play())
    assert looks < 50  # a look each would be far more
    assert later == looks


def test_it_ends_when_the_run_is_over_and_all_was_given(ledger, bell):
    ledger.does("a", "b").rests(RunState.DONE)

    async def play():
        return [news async for news in bell.events(ledger.run.id, 0) if news]

    *given, last = asyncio.run(asyncio.wait_for(play(), 20))
    assert [event.seq for news in given for event in news.events] == list(range(1, newest(ledger) + 1))
    assert (last.over, last.state, last.seq) == (True, RunState.DONE, newest(ledger))


def test_the_last_event_is_never_left_out(ledger, bell):
    """The run ends while somebody watches."""

    async def play():
        watching = asyncio.create_task(collect(bell.events(ledger.run.id, newest(ledger))))
        await until(lambda: bell.watched)
        await asyncio.sleep(0.05)
        ledger.does("a").rests(RunState.FAILED, "no")
        return await watching

    given = asyncio.run(asyncio.wait_for(play(), 20))
    assert given[-1].over
    assert given[-2].events[-1].kind == "run.failed"


async def collect(watching):
    return [news async for news in watching if news]


def test_a_burst_is_one_ring(ledger, bell, monkeypatch):
    monkeypatch.setattr("stairlift.wiring.server.bell.PAUSE", 0.2)

    async def play():
        rings = []
        async with aclosing(bell.rings(ledger.run.id)) as watching:
            async for news in watching:
                rings.append(news.seq)
                if len(rings) == 1:
                    ledger.does("a", "b")
                if news.seq == newest(ledger):
                    return rings
        return rings

    rings = asyncio.run(asyncio.wait_for(play(), 20))
    assert len(rings) <= 2


def test_a_doorbell_goes_on_where_a_run_has_failed(ledger, bell):
    ledger.fails("a").rests(RunState.FAILED, "no")

    async def play():
        async with aclosing(bell.rings(ledger.run.id, newest(ledger))) as watching:
            waiting = asyncio.create_task(anext(watching))
            await until(lambda: bell.watched and bell._posts[ledger.run.id].at_rest)
            ledger.writes(changes.begun(ledger.run, ledger.at, approve_all=False)).rests(RunState.DONE)
            first = await waiting
            return first, await anext(watching)

    ring, end = asyncio.run(asyncio.wait_for(play(), 20))
    assert (ring.over, end.over, end.state) == (False, True, RunState.DONE)


def test_silence_is_told_so_that_it_is_no_mystery(ledger, records):
    async def play():
        async with aclosing(Bell(records, look=0.01, quiet=0.05).events(ledger.run.id, newest(ledger))) as watching:
            return await anext(watching)

    assert asyncio.run(asyncio.wait_for(play(), 20)) is None


def test_closed_it_lets_everybody_go(ledger, bell):
    async def play():
        watching = [
            asyncio.create_task(collect(bell.events(ledger.run.id, newest(ledger)))),
            asyncio.create_task(collect(bell.rings(ledger.run.id, newest(ledger)))),
        ]
        await until(lambda: bell.watched)
        bell.close()
        return await asyncio.gather(*watching)

    assert asyncio.run(asyncio.wait_for(play(), 20)) == [[], []]


def test_who_is_behind_gets_what_was_missed_from_the_journal(ledger, bell, monkeypatch):
    monkeypatch.setattr("stairlift.wiring.server.bell._KEPT", 2)

    async def play():
        slow = bell.events(ledger.run.id, newest(ledger))
        async with aclosing(slow):
            ledger.starts("a")
            first = await anext(slow)
            quick = asyncio.create_task(heard(bell.events(ledger.run.id, first.seq), 4))
            await until(lambda: len(bell._posts) == 1 and bell._posts[ledger.run.id].watchers == 2)
            ledger.ends("a").does("b").rests(RunState.PAUSED, "x")
            await quick
            missed = []
            while len(missed) < 4:
                missed += (await anext(slow)).events
            return first, [event.seq for event in missed]

    first, missed = asyncio.run(asyncio.wait_for(play(), 20))
    assert missed == list(range(first.seq + 1, first.seq + 1 + len(missed)))


SILENT = StairliftError(code="store.unavailable", brief="no answer")


def rung(bell, ledger, records, trouble):
    """What a watcher is told of what happens after some looks at the journal have failed."""

    async def play():
        before = newest(ledger)
        watching = asyncio.create_task(heard_ring(bell.rings(ledger.run.id, before)))
        await until(lambda: records.asked["events"] > 2)
        records.broken = trouble
        looks = records.asked["events"]
        await until(lambda: records.asked["events"] > looks + 1)
        records.broken = None
        ledger.starts("a")
        return await watching

    return asyncio.run(asyncio.wait_for(play(), 60))


async def heard_ring(watching):
    async with aclosing(watching):
        return await anext(news.seq async for news in watching if news)


def test_a_journal_that_does_not_answer_for_a_while_is_asked_again(ledger, bell, records):
    assert rung(bell, ledger, records, SILENT) == newest(ledger)


@pytest.fixture
def reports(monkeypatch, tmp_path):
    """The folder where reports of defects go."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_a_defect_silences_nobody_and_is_reported_once(ledger, bell, records, caplog, reports):
    assert rung(bell, ledger, records, ZeroDivisionError("an odd event")) == newest(ledger)
    (line,) = (record.getMessage() for record in caplog.records if "a defect of Stairlift" in record.getMessage())
    assert "ZeroDivisionError" in line
    (report,) = reports.glob("stairlift-bug-*")
    assert "an odd event" in report.read_text()
