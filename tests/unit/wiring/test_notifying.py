"""Who sends, beside whom, and that no receiver holds up what goes on. Real receivers on the loopback, a real journal."""

import threading
import time
from dataclasses import replace

import pytest

from houses import settings_in
from journals import Ledger
from receivers import receiving
from stairlift.drive import notices
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.run import RunState
from stairlift.report.announcement import Contact
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring import notifying
from stairlift.wiring.clock import now
from stairlift.wiring.config.notify import read_channels
from stairlift.wiring.notifying import Notifying, Sender, deliveries_of, told_elsewhere, try_out
from stairlift.wiring.office import open_office


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(notices, "LOOK", 0.02)


@pytest.fixture
def receiver():
    with receiving() as one:
        yield one


@pytest.fixture
def settings(tmp_path):
    return settings_in(tmp_path)


def with_channels(settings, tmp_path, *urls):
    file = tmp_path / "stairlift.toml"
    tables = [{"name": f"c{n}", "use": "webhook", "url": url, "timeout": 1} for n, url in enumerate(urls)]
    file.write_text("[[notify]]\n" * len(tables))
    return replace(settings, notify=read_channels(file, tables))


def a_ledger(settings):
    return Ledger.begun(open_office(settings), a_plan(a_step("s1"), a_step("s2")), now())


def test_beside_an_orchestrator(settings, tmp_path, receiver):
    settings = with_channels(settings, tmp_path, receiver.url)
    office, notes = open_office(settings), []
    with told_elsewhere(settings, office.store, notes.append):
        ledger = a_ledger(settings)
        receiver.await_kinds("started")
        ledger.fails("s1").rests(RunState.FAILED, "enough")
    assert receiver.kinds() == ["started", "step_failed", "failed"], "what happened last is sent before it leaves"
    assert notes == []
    newest = deliveries_of(settings, ledger.run.id, 100)[0]
    assert (newest.notice.kind, newest.state, newest.answer) == ("failed", "sent", "HTTP 204")


def test_where_nobody_is_to_be_told_nothing_is_begun(settings):
    before = threading.active_count()
    with told_elsewhere(settings, open_office(settings).store, pytest.fail):
        assert threading.active_count() == before


def test_a_receiver_that_hangs_holds_up_neither_the_run_nor_the_others(settings, tmp_path, receiver, monkeypatch):
    monkeypatch.setattr(notifying, "PATIENCE", 0.5)
    with receiving() as dead:
        dead.hangs = True
        settings = with_channels(settings, tmp_path, dead.url, receiver.url)
        office, notes = open_office(settings), []
        began = time.monotonic()
        with told_elsewhere(settings, office.store, notes.append):
            a_ledger(settings).fails("s1")
            receiver.await_kinds("started", "step_failed")
        assert time.monotonic() - began < 20
    assert any("not taken yet (c0): the next run or server sends them" in note for note in notes)


def test_what_is_left_is_sent_by_the_next(settings, tmp_path, receiver, monkeypatch):
    monkeypatch.setattr(notices, "FIRST", 0.05)
    receiver.status = 500
    settings = with_channels(settings, tmp_path, receiver.url)
    office = open_office(settings)
    with monkeypatch.context() as hurried:
        hurried.setattr(notifying, "PATIENCE", 0.2)
        with told_elsewhere(settings, office.store, lambda _: None):
            ledger = a_ledger(settings).rests(RunState.FAILED, "enough")
    receiver.status = 204
    receiver.taken.clear()
    with told_elsewhere(settings, office.store, lambda _: None):
        receiver.await_kinds("started", "failed")
    assert {d.state for d in deliveries_of(settings, ledger.run.id, 9)} == {"sent"}


def test_channels_may_become_others_meanwhile(settings, tmp_path, receiver):
    with receiving() as new:
        office, notes = open_office(settings), []
        sender = Sender(office.store, notes.append, 10.0)
        sender.go_by(with_channels(settings, tmp_path, receiver.url))
        ledger = a_ledger(settings)
        receiver.await_kinds("started")
        both = with_channels(settings, tmp_path, receiver.url, new.url)
        sender.go_by(replace(both, notify=both.notify[1:]))
        ledger.fails("s1")
        new.await_kinds("step_failed")
        sender.go_by(settings)
        ledger.rests(RunState.FAILED, "enough")
        sender.end()
    assert (receiver.kinds(), new.kinds(), notes) == (["started"], ["step_failed"], [])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_who_send_at_once(settings, tmp_path, receiver, database, request):
    """A server and an orchestrator on one journal: everything once, and in order."""
    if database == "postgresql":
        settings = replace(settings, database_url=request.getfixturevalue("postgres").journal())
    settings = with_channels(settings, tmp_path, receiver.url)
    stop, threads = threading.Event(), []
    for _ in range(2):
        office = open_office(settings)
        sender = Notifying.of(settings, office.store, lambda _: None)
        sender.begin()
        threads.append(threading.Thread(target=sender.run, args=(stop, 5.0)))
        threads[-1].start()
    ledger = a_ledger(settings).fails("s1")
    ledger.rests(RunState.FAILED, "enough")
    receiver.await_kinds("started", "step_failed", "failed")
    stop.set()
    for thread in threads:
        thread.join(20)
    assert len(receiver.taken) == 3


def test_a_run_goes_on_where_the_outbox_cannot_be_opened(settings, tmp_path, receiver, monkeypatch):
    def broken(_url):
        raise StairliftError(code="store.locked", brief="another program keeps the journal locked")

    monkeypatch.setattr(notifying, "open_outbox", broken)
    notes = []
    with told_elsewhere(with_channels(settings, tmp_path, receiver.url), open_office(settings).store, notes.append):
        assert notes == ["nobody is told elsewhere: another program keeps the journal locked"]


def test_tenants_read_the_announcement_and_nothing_from_inside(settings, tmp_path, receiver):
    settings = with_channels(settings, tmp_path, receiver.url)
    contact = Contact(cloud="Our cloud", ask="help@example.com")
    settings = replace(settings, notify=(replace(settings.notify[0], announce=True),), announce=contact)
    with told_elsewhere(settings, open_office(settings).store, pytest.fail):
        a_ledger(settings).does("s1", "s2").rests(RunState.DONE)
    begun, done = (one.json["data"] for one in receiver.taken)
    assert begun["title"].startswith("Maintenance: Our cloud is upgraded")
    assert "Questions: help@example.com" in begun["text"]
    assert done["title"].startswith("The upgrade of Our cloud")
    assert done["title"].endswith("is complete.")
    assert {"steps", "commands", "actor", "progress"}.isdisjoint(begun)


class TestATry:
    def test_what_the_receiver_answers(self, settings, tmp_path, receiver):
        assert try_out(with_channels(settings, tmp_path, receiver.url), "c0") == "HTTP 204"
        assert receiver.taken[0].json["type"] == "io.stairlift.test"

    def test_a_receiver_that_does_not_take_it(self, settings, tmp_path, receiver):
        receiver.status = 500
        with pytest.raises(StairliftError, match="HTTP 500") as failed:
            try_out(with_channels(settings, tmp_path, receiver.url), "c0")
        assert (failed.value.code, failed.value.exit_code) == ("notice.not_sent", 1)

    def test_a_channel_that_there_is_not(self, settings, tmp_path, receiver):
        with pytest.raises(UsageError) as unknown:
            try_out(with_channels(settings, tmp_path, receiver.url), "c9")
        assert "c0" in unknown.value.resolution
