"""What a channel is told of a run, when it is tried again, reminded of, given up. The journal is a real one.

The receiver is a stand-in; the real ones are kept honest by tests/contract/test_notifiers.py.
"""

import threading
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from houses import settings_in
from journals import Ledger
from stairlift.drive import notices
from stairlift.drive.notices import Channel, Messenger
from stairlift.model.errors import StairliftError
from stairlift.model.notice import NotDelivered, Notice
from stairlift.model.run import Change, RunState, StepState
from stairlift.store.outbox import open_outbox
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_plan, a_step
from stairlift.wiring.office import open_office

PLAN = a_plan(a_step("s1"), a_step("s2"), a_step("s3", one_way=True))
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Spy:
    """Takes notices, or refuses them as it is told to."""

    took: list = field(default_factory=list)
    refuses: list = field(default_factory=list)

    def send(self, notice):
        if self.refuses and (wrong := self.refuses.pop(0)):
            raise wrong
        self.took.append(notice)
        return "HTTP 204"

    @property
    def told(self):
        return [(one.kind, one.id) for one in self.took]

    @property
    def kinds(self):
        return [one.kind for one in self.took]


class Desk:
    """A run, a channel, and a clock that is set by hand."""

    def __init__(self, folder):
        settings = settings_in(folder)
        self.office = open_office(settings)
        self.outbox = open_outbox(settings.database_url)
        self.now = NOON - MINUTE
        self.notes: list[str] = []
        self.spy = Spy()

    def run(self, plan=PLAN):
        return Ledger.begun(self.office, plan)

    def messenger(self, **given):
        channel = Channel("ops", **{"notifier": self.spy, "remind": timedelta(minutes=30), **given})
        made = Messenger(channel, self.office.store, self.outbox, now=lambda: self.now, note=self.notes.append)
        made.begin()
        return made

    def tells(self, messenger, at=None):
        self.now = at or max(self.now, NOON + MINUTE)
        messenger.look()
        while messenger.send():
            pass
        return self.spy.kinds

    def logged(self):
        return [(d.notice.kind, d.state, d.tries) for d in reversed(self.outbox.deliveries())]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_a_whole_run(desk):
    messenger, ledger = desk.messenger(), desk.run()
    assert desk.tells(messenger) == ["started"]
    ledger.does("s1").fails("s2", "no room")
    ledger.asks("s3")
    assert desk.tells(messenger) == ["started", "step_failed", "approval_requested"]
    ledger.rests(RunState.FAILED, "enough")
    assert desk.tells(messenger)[3:] == ["failed"]
    failed = desk.spy.took[1]
    assert failed.content["progress"] == {"done": 1, "failed": 1, "waiting": 1}
    assert [d.state for d in desk.outbox.deliveries()] == ["sent"] * 4


def test_nothing_is_told_twice_whoever_looks(desk):
    one, other = desk.messenger(), desk.messenger()
    desk.run().fails("s1")
    desk.tells(one)
    desk.tells(other)
    desk.tells(one)
    assert desk.spy.kinds == ["started", "step_failed"]


def test_what_was_before_the_channel_is_not_told(desk):
    ledger = desk.run().fails("s1")
    desk.now = ledger.at
    messenger = desk.messenger()
    ledger.at += MINUTE
    ledger.rests(RunState.FAILED, "enough")
    assert desk.tells(messenger, ledger.at + MINUTE) == ["failed"]


def test_what_is_a_day_old_is_no_news(desk):
    messenger = desk.messenger()
    ledger = desk.run().fails("s1")
    ledger.at += timedelta(days=2)
    ledger.rests(RunState.FAILED, "enough")
    assert desk.tells(messenger, ledger.at + MINUTE) == ["failed"]


def test_only_what_the_channel_wants_and_every_end(desk):
    messenger = desk.messenger(kinds=frozenset({"approval_requested"}))
    desk.run().fails("s1").asks("s3").rests(RunState.CANCELLED)
    assert desk.tells(messenger) == ["approval_requested", "cancelled"]


@pytest.mark.parametrize(("globs", "told"), [(("prod-*",), []), (("prod-*", "la?"), ["started"])])
def test_only_clouds_that_fit(desk, globs, told):
    messenger = desk.messenger(clouds=globs)
    desk.run()
    assert desk.tells(messenger) == told


def test_a_run_that_waits_says_so_once(desk):
    """The step that waits has said so; a run that waits for its plan's approval has no such step."""
    messenger = desk.messenger()
    ledger = desk.run().asks("s3").rests(RunState.WAITING, "1 step waits for approval")
    assert desk.tells(messenger) == ["started", "approval_requested"]
    other = desk.run(a_plan(a_step("other"), cloud="other")).rests(RunState.WAITING, "waits for the plan's approval")
    assert desk.tells(messenger)[2:] == ["started", "approval_requested"]
    assert [one.run for one in desk.spy.took] == [ledger.run.id] * 2 + [other.run.id] * 2


class TestReminders:
    def waits(self, desk, **given):
        messenger = desk.messenger(**given)
        ledger = desk.run().asks("s3").rests(RunState.WAITING, "1 step waits for approval")
        desk.tells(messenger)
        return messenger, ledger

    def test_once_after_half_an_hour(self, desk):
        messenger, _ = self.waits(desk)
        asked = desk.spy.took[-1]
        desk.tells(messenger, desk.now + 29 * MINUTE)
        assert len(desk.spy.took) == 2
        desk.tells(messenger, desk.now + 2 * MINUTE)
        assert desk.spy.told[2:] == [("approval_requested", f"{asked.seq}.1")]
        desk.tells(messenger, desk.now + 3 * HOUR)
        assert len(desk.spy.took) == 3

    def test_not_where_it_was_approved(self, desk):
        messenger, ledger = self.waits(desk)
        approved = replace(ledger.status("s3"), state=StepState.PENDING, approved=True)
        ledger.writes(Change("step.approved", ledger.at, approved, StepState.WAITING))
        assert desk.tells(messenger, desk.now + HOUR) == ["started", "approval_requested"]

    def test_not_where_nobody_wants_it(self, desk):
        messenger, _ = self.waits(desk, remind=None)
        desk.tells(messenger, desk.now + HOUR)
        assert len(desk.spy.took) == 2

    def test_a_plan_that_nobody_has_approved(self, desk):
        messenger = desk.messenger()
        desk.run().rests(RunState.WAITING, "waits for the plan's approval")
        desk.tells(messenger)
        assert desk.tells(messenger, desk.now + HOUR) == ["started", "approval_requested", "approval_requested"]

    def test_however_much_was_told_since(self, desk):
        messenger, ledger = self.waits(desk)
        seen = desk.outbox.deliveries()[0].notice.seq
        others = [Notice(ledger.run.id, seen + n, "step_failed", NOON, {"title": "failed"}) for n in range(1, 151)]
        mark = desk.office.store.latest(ledger.run.id).seq
        assert desk.outbox.put("ops", (mark, seen + 150), ledger.run.id, others, desk.now + MINUTE)
        desk.tells(messenger, desk.now + HOUR)
        assert ("approval_requested", f"{seen}.1") in desk.spy.told


class TestTrouble:
    def test_it_is_tried_again_at_growing_distances(self, desk):
        messenger = desk.messenger()
        desk.spy.refuses = [NotDelivered("HTTP 500")] * 9
        desk.run()
        desk.tells(messenger)
        waits = []
        while not desk.spy.took:
            [queued] = desk.outbox.deliveries()
            waits.append((queued.next_at - desk.now).total_seconds())
            desk.now = queued.next_at
            messenger.send()
        assert all(0.75 * 5 * 2**n <= wait <= 1.25 * 5 * 2**n for n, wait in enumerate(waits))
        assert len(waits) == 9
        assert desk.logged() == [("started", "sent", 10)]

    def test_the_receiver_may_say_when(self, desk):
        messenger = desk.messenger()
        desk.spy.refuses = [NotDelivered("HTTP 429", after=600)]
        desk.run()
        desk.tells(messenger)
        [queued] = desk.outbox.deliveries()
        assert queued.next_at == desk.now + 10 * MINUTE

    def test_after_a_day_it_is_given_up_and_said(self, desk):
        messenger = desk.messenger()
        desk.spy.refuses = [NotDelivered("HTTP 500")] * 1000
        desk.run()
        desk.tells(messenger)
        while desk.outbox.deliveries()[0].state == "queued":
            desk.now = desk.outbox.deliveries()[0].next_at
            messenger.send()
        [given_up] = desk.outbox.deliveries()
        assert given_up.state == "given-up"
        assert timedelta(hours=22) < desk.now - given_up.made_at <= timedelta(days=1)
        assert 25 < given_up.tries < 45
        assert "was given up: HTTP 500" in desk.notes[-1]
        assert len(desk.notes) == 2, "a receiver that stays away is told once"

    def test_what_will_never_be_taken_keeps_nothing_back(self, desk):
        messenger = desk.messenger()
        desk.spy.refuses = [NotDelivered("HTTP 410", for_good=True)]
        desk.run().fails("s1")
        assert desk.tells(messenger) == ["step_failed"]
        assert desk.logged() == [("started", "given-up", 1), ("step_failed", "sent", 1)]

    def test_those_behind_wait_their_turn(self, desk):
        messenger = desk.messenger()
        desk.spy.refuses = [NotDelivered("HTTP 500"), NotDelivered("HTTP 500")]
        ledger = desk.run()
        desk.tells(messenger)
        ledger.fails("s1")
        assert desk.tells(messenger) == []
        assert desk.tells(messenger, desk.now + MINUTE) == []
        assert desk.tells(messenger, desk.now + MINUTE) == ["started", "step_failed"]

    def test_a_sender_that_breaks_is_a_receiver_that_does_not_answer(self, desk):
        messenger = desk.messenger()
        desk.spy.refuses = [ZeroDivisionError("secret")]
        desk.run()
        desk.tells(messenger)
        assert desk.logged() == [("started", "queued", 1)]
        assert "secret" not in desk.notes[0]

    @pytest.mark.parametrize("trouble", [StairliftError(code="plan.unreadable", brief="no plan"), KeyError("a defect")])
    def test_a_run_that_cannot_be_told_of_keeps_no_other_back(self, desk, trouble):
        def worded(notice, run):
            if run.cloud == "broken":
                raise trouble
            return "We upgrade."

        messenger, stop = desk.messenger(worded=worded), threading.Event()
        desk.run(a_plan(a_step("s1"), cloud="broken"))
        desk.run()
        desk.now = NOON + MINUTE
        stop.set()
        messenger.work(stop, 0.0)
        assert [one.content["cloud"] for one in desk.spy.took] == ["lab"]
        assert len(desk.notes) == 1

    def test_trouble_with_the_journal_hides_none_with_the_receiver(self, desk, monkeypatch):
        messenger, stop = desk.messenger(), threading.Event()
        desk.run()
        desk.now = NOON + MINUTE
        stop.set()
        with monkeypatch.context() as broken:
            locked = StairliftError(code="store.locked", brief="the journal is locked")
            broken.setattr(desk.outbox, "behind", lambda _: (_ for _ in ()).throw(locked))
            messenger.work(stop, 0.0)
        desk.spy.refuses = [NotDelivered("HTTP 500")]
        messenger.work(stop, 0.0)
        assert "was not taken: HTTP 500" in desk.notes[-1]

    def test_a_sender_that_was_killed_between_sending_and_recording(self, desk, monkeypatch):
        """It is sent once more, later, as the same notice."""
        messenger = desk.messenger()
        desk.run()
        messenger.look()
        monkeypatch.setattr(desk.outbox, "settle", lambda _: (_ for _ in ()).throw(SystemExit))
        desk.now = NOON + MINUTE
        with pytest.raises(SystemExit):
            messenger.send()
        monkeypatch.undo()
        assert desk.tells(desk.messenger(), desk.now + MINUTE) == ["started"], "somebody still has it"
        assert desk.tells(desk.messenger(), desk.now + notices.CLAIM) == ["started"] * 2
        assert len({(one.run, one.id) for one in desk.spy.took}) == 1


class TestAtWork:
    """In a thread, as it is used."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch):
        monkeypatch.setattr(notices, "LOOK", 0.02)

    def test_what_is_due_at_the_end_is_still_sent(self, desk):
        messenger, stop = desk.messenger(), threading.Event()
        desk.run().rests(RunState.FAILED, "enough")
        desk.now = NOON + HOUR
        stop.set()
        messenger.work(stop, 10.0)
        assert desk.spy.kinds == ["started", "failed"]

    def test_who_waits_for_a_later_try_is_not_waited_for(self, desk):
        messenger, stop = desk.messenger(), threading.Event()
        desk.spy.refuses = [NotDelivered("HTTP 503", after=300)]
        desk.run()
        desk.now = NOON + HOUR
        stop.set()
        began = time.monotonic()
        messenger.work(stop, 30.0)
        assert time.monotonic() - began < 10
        assert desk.logged() == [("started", "queued", 1)]

    @pytest.mark.parametrize(
        ("trouble", "told"),
        [
            (StairliftError(code="store.locked", brief="the journal is locked"), "the journal is locked"),
            (KeyError("a defect of ours"), "unexpected KeyError [bug]"),
        ],
    )
    def test_a_journal_that_cannot_be_read_for_a_while(self, desk, monkeypatch, trouble, told):
        messenger, stop = desk.messenger(), threading.Event()
        desk.run()
        desk.now = NOON + HOUR
        real, left = desk.outbox.behind, [3]

        def behind(channel):
            left[0] -= 1
            if left[0] >= 0:
                raise trouble
            return real(channel)

        monkeypatch.setattr(desk.outbox, "behind", behind)
        thread = threading.Thread(target=messenger.work, args=(stop, 0.0))
        thread.start()
        _until(lambda: desk.spy.took)
        stop.set()
        thread.join(10)
        assert desk.notes == [f"notices of channel ops wait: {told}"]


def _until(holds, seconds=20.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
