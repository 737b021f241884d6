"""Brings the notices of one channel to its receiver: what the journal's events say is queued, sent, and tried again.

What is queued is on record together with how far the events were looked at, so that nothing is lost or doubled by who
is killed. A notice that was taken and not recorded as sent is sent again, under the same id.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from random import SystemRandom
from threading import Event as Signal

from stairlift.model.errors import StairliftError
from stairlift.model.notice import ENDS, KINDS, Delivery, NotDelivered, Notice
from stairlift.model.plan_document import step_from_document
from stairlift.model.run import Event, Run, RunState, StepState
from stairlift.ports import Notifier, Outbox, Records
from stairlift.report.notice import Scene, announced_as, kind_of, notices_of, reminder_of

#: Events that are older when they are first looked at are no news; and for so long a notice is tried.
DAY = timedelta(days=1)
#: From one try to the next: twice as long each time, from the first to the longest, in seconds.
FIRST, LONGEST = 5.0, 3600.0
#: A notice is nobody else's for so long. Receivers have far less time to answer.
CLAIM = timedelta(minutes=3)
#: Between two looks at the journal, in seconds, and between two looks for what somebody must be reminded of.
LOOK, REMIND = 1.0, 15.0
_PAGE = 1000
_AT_ONCE = 20
_MAY_WAIT = frozenset({RunState.RUNNING, RunState.WAITING})
#: With whom there can be trouble, of which people are told once until it is over.
_JOURNAL, _RECEIVER = "journal", "receiver"


@dataclass(frozen=True, slots=True)
class Channel:
    """A receiver and what it is told: these kinds, and every end, of runs of clouds that fit one of the globs.

    `remind` is when somebody is told again that an approval is waited for. `worded` gives the text for those who are
    not to read what operators do.
    """

    name: str
    notifier: Notifier
    kinds: frozenset[str] = frozenset(KINDS)
    clouds: tuple[str, ...] = ("*",)
    remind: timedelta | None = None
    worded: Callable[[Notice, Run], str] | None = None

    def wants(self, kind: str | None) -> bool:
        """Whether it is told that."""
        return kind in self.kinds or kind in ENDS

    def covers(self, run: Run) -> bool:
        """Whether it is told of that run."""
        return any(fnmatchcase(run.cloud, glob) for glob in self.clouds)


class Messenger:
    """Serves one channel, in a thread of its own: nobody waits for a receiver but those behind it.

    `note` is told what people should know: that a receiver does not take anything, that a notice was given up.
    """

    def __init__(
        self,
        channel: Channel,
        records: Records,
        outbox: Outbox,
        *,
        now: Callable[[], datetime],
        note: Callable[[str], None],
    ) -> None:
        self.channel = channel
        self._records = records
        self._outbox = outbox
        self._now = now
        self._note = note
        self._noted: set[str] = set()
        self._remind_at: datetime | None = None
        self._chance = SystemRandom()

    def begin(self) -> None:
        """Have the channel told what happens from now on. Raises StairliftError (store.*)."""
        self._outbox.since(self.channel.name, self._now())

    def work(self, stop: Signal, patience: float) -> None:
        """Serve until `stop` is set, and then as long as something is due within `patience` seconds."""
        while not stop.wait(LOOK):
            self._round()
        end = time.monotonic() + patience
        self._round()
        while self._due_before(end):
            time.sleep(min(LOOK / 4, max(0.0, end - time.monotonic())))
            self._round()

    def look(self) -> None:
        """Queue what is new, and what somebody must be reminded of.

        Raises StairliftError (store.*), and what keeps a run from being told of once the others have been.
        """
        since = max(self._outbox.since(self.channel.name, self._now()), self._now() - DAY)
        behind = self._outbox.behind(self.channel.name)
        troubles = [_trouble_with(partial(self._queue, run_id, seen, since)) for run_id, seen in behind]
        if self.channel.remind and (self._remind_at is None or self._now() >= self._remind_at):
            self._remind_at = self._now() + timedelta(seconds=REMIND)
            self._remind(self.channel.remind)
        if wrong := next(filter(None, troubles), None):
            raise wrong

    def send(self) -> bool:
        """Send one that is due; False where none is. Raises StairliftError (store.*)."""
        at = self._now()
        delivery = self._outbox.claim(self.channel.name, at, at + CLAIM)
        if delivery is None:
            return False
        self._outbox.settle(self._tried(delivery))
        return True

    def _round(self) -> None:
        """Whatever the journal's database does, there is a next time."""
        troubles = [wrong for wrong in map(_trouble_with, (self.look, self._send_all)) if wrong]
        if not troubles:
            self._noted.discard(_JOURNAL)
        for wrong in troubles:
            what = wrong.brief if isinstance(wrong, StairliftError) else f"unexpected {type(wrong).__name__} [bug]"
            self._tell_once(_JOURNAL, f"notices of channel {self.channel.name} wait: {what}")

    def _send_all(self) -> None:
        while self.send():
            pass

    def _due_before(self, end: float) -> bool:
        left = end - time.monotonic()
        if left <= 0:
            return False
        soon = self._now() + timedelta(seconds=left)
        try:
            queued = self._outbox.deliveries(channel=self.channel.name, state="queued", limit=_AT_ONCE)
        except StairliftError:
            return False
        return any(one.next_at <= soon for one in queued)

    def _queue(self, run_id: str, seen: int, since: datetime) -> None:
        run, newest = self._records.run(run_id), self._records.latest(run_id)
        if newest is None:
            return
        if newest.at < since or not self.channel.covers(run):
            self._outbox.put(self.channel.name, (seen, newest.seq), run_id, [], self._now())
            return
        events = self._records.events(run_id, seen, _PAGE)
        news = self._told(run, [e for e in events if e.at >= since and self.channel.wants(kind_of(e))])
        notices = [self._worded(one, run) for one in notices_of(self._scene(run, news), news)]
        self._outbox.put(self.channel.name, (seen, events[-1].seq), run_id, notices, self._now())

    def _told(self, run: Run, events: Sequence[Event]) -> Sequence[Event]:
        """Without the words that a run waits where each step that it waits for has said so, or where it no longer does.

        What is left is a run that waits for its plan's approval, or for a word on what has failed.
        """
        if not any(event.kind == "run.waiting" for event in events):
            return events
        asks = run.state is RunState.WAITING and not self._records.steps(run.id, states={StepState.WAITING}, most=1)
        return [event for event in events if event.kind != "run.waiting" or asks]

    def _scene(self, run: Run, events: Sequence[Event]) -> Scene:
        if not events:
            return Scene(run)
        ids = {event.step for event in events if event.step}
        steps = {step["id"]: step_from_document(step) for step in self._records.plan_steps(run.id, ids)} if ids else {}
        return Scene(run, steps, self._records.counts(run.id))

    def _worded(self, notice: Notice, run: Run) -> Notice:
        return announced_as(notice, self.channel.worded(notice, run)) if self.channel.worded else notice

    def _remind(self, after: timedelta) -> None:
        for run in self._records.runs(states=_MAY_WAIT):
            if self.channel.covers(run):
                told = self._outbox.deliveries(run=run.id, channel=self.channel.name, limit=_PAGE)
                reminded = {one.notice.seq for one in told if one.notice.again}
                for one in told:
                    if one.notice.seq not in reminded and self._overdue(one, after):
                        self._outbox.remind(self.channel.name, reminder_of(one.notice, 1), self._now())

    def _overdue(self, one: Delivery, after: timedelta) -> bool:
        asked = one.notice.kind == "approval_requested" and one.made_at + after <= self._now()
        return asked and self._still_waits(one.notice)

    def _still_waits(self, notice: Notice) -> bool:
        waiting = {s.id for s in self._records.steps(notice.run, states={StepState.WAITING})}
        named = {step["id"] for step in notice.content["steps"]}
        if named:
            return not waiting.isdisjoint(named)
        return not waiting and self._records.run(notice.run).state is RunState.WAITING

    def _tried(self, delivery: Delivery) -> Delivery:
        """How it fared."""
        tries = delivery.tries + 1
        try:
            answer = self.channel.notifier.send(delivery.notice)
        except NotDelivered as refused:
            return self._refused(replace(delivery, tries=tries), refused)
        except Exception as wrong:  # somebody else's notifier; no run ends for it  # noqa: BLE001
            return self._refused(
                replace(delivery, tries=tries), NotDelivered(f"its sender broke: {type(wrong).__name__}")
            )
        self._noted.discard(_RECEIVER)
        return replace(delivery, tries=tries, state="sent", sent_at=self._now(), answer=answer)

    def _refused(self, delivery: Delivery, refused: NotDelivered) -> Delivery:
        again = self._now() + timedelta(seconds=self._pause(delivery.tries, refused.after))
        answered = replace(delivery, answer=refused.reason, next_at=again)
        about = f"notice {delivery.notice.id} of run {delivery.notice.run} to channel {self.channel.name}"
        if refused.for_good or again > delivery.made_at + DAY:
            self._note(f"{about} was given up: {refused.reason}")
            return replace(answered, state="given-up")
        self._tell_once(_RECEIVER, f"{about} was not taken: {refused.reason}; it is tried again for a day")
        return answered

    def _pause(self, tries: int, told: float | None) -> float:
        """Seconds until the next try, spread so that senders that failed together do not come back together."""
        usual = min(LONGEST, FIRST * 2.0 ** min(tries - 1, 20)) * self._chance.uniform(0.75, 1.25)
        return max(usual, min(told or 0.0, LONGEST))

    def _tell_once(self, trouble: str, sentence: str) -> None:
        """Until it is over."""
        if trouble not in self._noted:
            self._note(sentence)
        self._noted.add(trouble)


def _trouble_with(work: Callable[[], None]) -> Exception | None:
    """What keeps some work from being done; a defect of ours ends no thread that others rely on."""
    try:
        work()
    except Exception as wrong:  # noqa: BLE001
        return wrong
    return None
