"""What is kept in mind between two looks never tells anything else than the journal does."""

import pytest

from journals import Ledger, an_office
from stairlift.model.run import RunState
from stairlift.report.timeline_rows import Asked
from stairlift.testing.plans import a_plan, a_rollout, a_step
from stairlift.wiring.clock import now
from stairlift.wiring.server import overviews
from stairlift.wiring.server.overviews import Overviews
from stairlift.wiring.server.timelines import Timelines


@pytest.fixture
def office(tmp_path):
    return an_office(tmp_path)


def timelines(office) -> Timelines:
    return Timelines(Overviews(office.store))


def told(found: Timelines, ledger: Ledger) -> list:
    line = found.of(ledger.run, Asked())
    rows = [(row.name, row.done, [part.look for one in row.bars for part in one.bar.each]) for row in line.rows]
    return [rows, [band.told.partition(",")[0] for band in line.bands], dict(line.counts)]


def test_each_look_says_what_a_first_look_would(office):
    ledger = Ledger.begun(office, a_rollout(3), at=now())
    kept = timelines(office)
    for happens in (
        lambda: ledger.does("cmp1-cordon"),
        lambda: ledger.fails("cmp1-drain"),
        lambda: ledger.rests(RunState.PAUSED, "as ada said"),
        lambda: ledger,
    ):
        happens()
        assert told(kept, ledger)[1:] == told(timelines(office), ledger)[1:]
        assert [row[:2] for row in told(kept, ledger)[0]] == [row[:2] for row in told(timelines(office), ledger)[0]]
    assert told(kept, ledger)[1] == ["the run paused"]


def test_after_many_events_all_is_read_anew(office, monkeypatch):
    monkeypatch.setattr(overviews, "_FEW", 3)
    ledger, kept = Ledger.begun(office, a_rollout(3), at=now()), timelines(office)
    told(kept, ledger)
    ledger.does("cmp1-cordon", "cmp1-drain", "cmp1-upgrade")
    [(name, done, _), *_] = told(kept, ledger)[0]
    assert (name, done) == ("cmp1", 3)


def test_a_plan_is_read_once(office, monkeypatch):
    ledger, kept = Ledger.begun(office, a_rollout(2), at=now()), timelines(office)
    told(kept, ledger)
    reads, read = [], type(office.store).each_plan_step
    monkeypatch.setattr(type(office.store), "each_plan_step", lambda *given: reads.append(given) or read(*given))
    ledger.does("cmp1-cordon")
    assert told(kept, ledger)[0] == told(kept, ledger)[0]
    assert reads == []
    told(timelines(office), ledger)
    assert len(reads) == 1


def test_a_run_that_is_over_or_taken_back_has_nothing_to_come(office):
    ledger = Ledger.begun(office, a_plan(a_step("cmp1"), a_step("cmp2")), at=now())
    ledger.does("cmp1").rests(RunState.CANCELLED, "as ada said")
    assert [row[2] for row in told(timelines(office), ledger)[0]] == [["done"], []]


def test_only_a_few_runs_are_kept_in_mind(office):
    kept = timelines(office)
    plans = [a_plan(a_step(f"cmp{number}"), cloud=f"cloud{number}") for number in range(6)]
    ledgers = [Ledger.begun(office, plan, at=now()) for plan in plans]
    for ledger in ledgers:
        told(kept, ledger)
    assert [ledger.run.id in kept._runs for ledger in ledgers] == [False] * 2 + [True] * 4
