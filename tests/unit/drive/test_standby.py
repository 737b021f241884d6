"""A standby waits as long as somebody else is at work, and then knows whether there is anything to take up."""

from dataclasses import replace
from threading import Event

import pytest

from stairlift.drive.keepalive import kept
from stairlift.drive.standby import AT_WORK, Standby
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.run import Change, RunState
from stairlift.store.memory import MemoryStore
from stairlift.testing.store_contract import NOON, a_run, created


class Waiting:
    """A standby whose every pause is the moment in which the next thing of a list happens."""

    def __init__(self, store, *happenings):
        self.happenings = list(happenings)
        self.lines = []
        self.standby = Standby(store, self.sleep, self.lines.append)

    def sleep(self, _seconds):
        assert self.happenings, "it waits for nothing"
        self.happenings.pop(0)()


def nothing():
    pass


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def busy(store):
    """The lab, orchestrated by somebody."""
    with store.hold("lab") as journal:
        created(journal)
        journal.commit("r1", [Change("run.started", NOON, run=replace(a_run(), state=RunState.RUNNING))])
        yield journal


def test_it_takes_its_turn_when_the_holder_is_gone(store, busy):
    waiting = Waiting(store, nothing, nothing, lambda: store.usurp("lab"))
    assert waiting.standby.await_turn("r1").state in AT_WORK
    assert waiting.happenings == []
    (line,) = waiting.lines
    assert "run r1" in line


@pytest.mark.parametrize("state", sorted(set(RunState) - AT_WORK))
def test_a_run_that_came_to_rest_is_not_taken_up(store, busy, state):
    def rest():
        busy.commit("r1", [Change("run.rests", NOON, run=replace(a_run(), state=state))])
        store.usurp("lab")

    assert Waiting(store, rest).standby.await_turn("r1").state not in AT_WORK


def test_it_waits_while_another_run_of_the_cloud_is_carried_out(store, busy):
    created(busy, a_run("r2"))
    busy.commit("r2", [Change("note", NOON)])
    waiting = Waiting(store, lambda: store.usurp("lab"))
    assert waiting.standby.await_turn("r1").id == "r1"
    assert "run r2 of the same cloud" in waiting.lines[0]


def test_a_journal_that_does_not_answer_is_waited_for(store, busy, monkeypatch):
    store.usurp("lab")
    answers = store.run

    def gone(_run_id):
        raise StairliftError(code="store.unavailable", brief="connection refused (db1)")

    monkeypatch.setattr(store, "run", gone)
    waiting = Waiting(store, nothing, lambda: monkeypatch.setattr(store, "run", answers))
    assert waiting.standby.await_turn("r1").id == "r1"
    assert len(waiting.lines) == 1
    assert "db1" in waiting.lines[0]


def test_what_does_not_pass_is_raised(store):
    with pytest.raises(UsageError):
        Waiting(store).standby.await_turn("r9")


class Renewed:
    """A journal that counts how often its lease is renewed; the renewal of number `last` fails."""

    def __init__(self, last):
        self.times, self.last, self.failed = 0, last, Event()

    def renew(self):
        self.times += 1
        if self.times >= self.last:
            self.failed.set()
            raise Refusal(code="run.lease_lost", brief="another one has it")


def test_a_lease_is_renewed_while_its_holder_looks_at_the_cloud_and_not_once_it_is_lost():
    journal = Renewed(last=3)
    with kept(journal, 0.01):
        assert journal.failed.wait(30)
        Event().wait(0.1)
    assert journal.times == 3
