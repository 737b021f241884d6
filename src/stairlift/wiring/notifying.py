"""Sends the notices of this installation, beside whoever orchestrates, and all the time beside a server."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from stairlift.drive.notices import Channel, Messenger
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.notice import Delivery, NotDelivered, Notice
from stairlift.model.run import Run
from stairlift.ports import Outbox, Records
from stairlift.report.announcement import Contact, Occasion
from stairlift.report.notice import trial_of
from stairlift.report.text import count
from stairlift.store.outbox import open_outbox
from stairlift.wiring.clock import now
from stairlift.wiring.config.notify import ChannelSettings
from stairlift.wiring.config.settings import Settings

#: How long what is due is still sent when a run has come to rest, in seconds.
PATIENCE = 10.0


@dataclass(frozen=True)
class Notifying:
    """All channels, each with a messenger. `note` is told what people should know."""

    messengers: tuple[Messenger, ...]
    outbox: Outbox

    @classmethod
    def of(cls, settings: Settings, records: Records, note: Callable[[str], None]) -> "Notifying":
        """Those of the settings. Raises StairliftError (store.*) where the outbox cannot be opened."""
        outbox = open_outbox(settings.database_url)
        channels = (_channel(one, settings, records) for one in settings.notify)
        return cls(tuple(Messenger(one, records, outbox, now=now, note=note) for one in channels), outbox)

    def begin(self) -> None:
        """From here on what happens is told, whoever sends it. Raises StairliftError (store.*)."""
        for messenger in self.messengers:
            messenger.begin()

    def run(self, stop: threading.Event, patience: float = PATIENCE) -> None:
        """Send until `stop` is set, and what is due within `patience` seconds more; for a thread of a server.

        No receiver can hold it up for longer.
        """
        threads = [
            threading.Thread(target=one.work, args=(stop, patience), name=f"notices {one.channel.name}", daemon=True)
            for one in self.messengers
        ]
        for thread in threads:
            thread.start()
        stop.wait()
        end = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))

    def left(self) -> tuple[Delivery, ...]:
        """What is still on its way."""
        found = (self.outbox.deliveries(channel=one.channel.name, state="queued") for one in self.messengers)
        return tuple(delivery for some in found for delivery in some)


def _channel(one: ChannelSettings, settings: Settings, records: Records) -> Channel:
    worded = _announcing(settings, records) if one.announce else None
    return Channel(one.name, one.notifier, one.kinds, one.clouds, one.remind, worded)


def _announcing(settings: Settings, records: Records) -> Callable[[Notice, Run], str]:
    def worded(notice: Notice, run: Run) -> str:
        from stairlift.wiring.reporting import announcement  # only channels for tenants read whole plans

        occasion: Occasion = "start" if notice.kind == "started" else "end"
        return announcement(occasion, run, records, settings.state_dir, settings.announce or Contact())

    return worded


@contextmanager
def told_elsewhere(
    settings: Settings, records: Records, note: Callable[[str], None], patience: float | None = None
) -> Iterator[None]:
    """Send the notices of what happens meanwhile. Where nobody is to be told anything it does nothing.

    Trouble with it is told and stops no run. Leaves within `patience` seconds; what is left is sent by whoever is next.
    """
    sender = Sender(records, note, PATIENCE if patience is None else patience)
    sender.go_by(settings)
    try:
        yield
    finally:
        sender.end()


class Sender:
    """Sends notices in threads of its own, by channels that may be others from one moment to the next."""

    def __init__(self, records: Records, note: Callable[[str], None], patience: float) -> None:
        self._records = records
        self._note = note
        self._patience = patience
        self._lock = threading.Lock()
        self._sending: tuple[Notifying, threading.Event, threading.Thread] | None = None

    def go_by(self, settings: Settings) -> None:
        """Send by the channels of these settings, and by those of before no longer. Trouble with it is told."""
        with self._lock:
            self._end()
            notifying = _begun(settings, self._records, self._note) if settings.notify else None
            if notifying is None:
                return
            stop = threading.Event()
            thread = threading.Thread(target=notifying.run, args=(stop, self._patience), name="notices", daemon=True)
            thread.start()
            self._sending = notifying, stop, thread

    def end(self) -> None:
        """Send what is due, within the patience that there is."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._sending is None:
            return
        notifying, stop, thread = self._sending
        self._sending = None
        stop.set()
        thread.join(self._patience + 1)
        _tell_left(notifying, self._note)


def _begun(settings: Settings, records: Records, note: Callable[[str], None]) -> Notifying | None:
    try:
        notifying = Notifying.of(settings, records, note)
        notifying.begin()
    except StairliftError as wrong:
        note(f"nobody is told elsewhere: {wrong.brief}")
        return None
    return notifying


def _tell_left(notifying: Notifying, note: Callable[[str], None]) -> None:
    with suppress(StairliftError):
        if left := notifying.left():
            where = ", ".join(sorted({delivery.channel for delivery in left}))
            note(f"{count(len(left), 'notice')} not taken yet ({where}): the next run or server sends them")


def deliveries_of(settings: Settings, run: str | None, limit: int) -> tuple[Delivery, ...]:
    """The delivery log of a run, or of all, the newest first. Raises StairliftError (store.*)."""
    return open_outbox(settings.database_url).deliveries(run=run, limit=limit)


def try_out(settings: Settings, name: str) -> str:
    """Send a notice that is about nothing through a channel; what the receiver answered.

    Raises UsageError (notice.unknown_channel), StairliftError (notice.not_sent).
    """
    channel = next((one for one in settings.notify if one.name == name), None)
    if channel is None:
        raise _unknown(name, [one.name for one in settings.notify])
    try:
        return channel.notifier.send(trial_of(name, now()))
    except NotDelivered as refused:
        raise StairliftError(
            code="notice.not_sent",
            brief=f"channel {name} did not take the notice: {refused.reason}",
            resolution="Mend what is named; `stairlift notices --test` tries again.",
        ) from refused


def _unknown(name: str, known: Sequence[str]) -> UsageError:
    return UsageError(
        code="notice.unknown_channel",
        brief=f"there is no channel {name!r}",
        resolution=f"stairlift.toml has {', '.join(known)}."
        if known
        else "A [[notify]] table in stairlift.toml makes one.",
    )
