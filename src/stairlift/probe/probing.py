"""The meter at work: a thread that keeps the time, others that wait for answers, a line every second."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from stairlift.model.availability import Bucket, Session
from stairlift.model.errors import StairliftError
from stairlift.probe.asking import Asker
from stairlift.probe.gathering import Gathering, Result
from stairlift.probe.order import ALIVE, GIVEN_UP, OVER, QUIET, SAMPLES, STILL, MeterSettings
from stairlift.probe.samples import SampleFile
from stairlift.probe.schedule import beats
from stairlift.probe.ways import Way
from stairlift.probe.writing import WriteProbe

#: Seconds. A request that is due and cannot be sent for so long is not sent: this machine stood still. Results rest
#: for so long before they are written, until it is known whether it did.
STALL, _REST = 0.5, 0.25
_LOOK = 1.0


class Probing:
    """Asks until its run is over. `folder` is the meter's own; `asker` is called from many threads."""

    def __init__(
        self, folder: Path, settings: MeterSettings, ways: Sequence[Way], asker: Asker, *, writer: WriteProbe | None
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._ways = ways
        self._asker = asker
        self._gathering = Gathering()
        self._writer = writer
        self._hush = Event()
        self._targets = (*(way.target for way in ways), *(writer.targets() if writer else ()))
        self._file = SampleFile(folder / SAMPLES, self._targets)
        self._beats = beats(ways, settings.rate, time.monotonic())
        self._written = self._looked = time.monotonic()

    def until_over(self) -> str:
        """Ask on schedule; why it ended."""
        self._file.begin(Session(time.time(), self._targets, self._settings.rate, self._settings.baseline))
        rate = sum(1 / beat.period for beat in self._beats)
        most = math.ceil(rate * self._settings.timeout * 1.5) + 8
        with ThreadPoolExecutor(most, thread_name_prefix="asks") as pool, self._writing():
            while not (why := self._over()):
                self._turn(pool)
        self._write(time.monotonic())
        return why

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The write probe beside it; at the end it is waited for, since it takes away what it has made."""
        if self._writer is None:
            yield
            return
        over = Event()
        thread = Thread(target=self._write_until, args=(self._writer, over), name="writes")
        thread.start()
        try:
            yield
        finally:
            over.set()
            self._hush.set()
            thread.join()

    def _write_until(self, writer: WriteProbe, over: Event) -> None:
        still = self._folder / STILL
        (self._folder / GIVEN_UP).unlink(missing_ok=True)
        try:
            while not over.is_set():
                still.unlink(missing_ok=True)
                writer.until(self._hush, self._gathering.add)
                still.touch()
                while self._hush.is_set() and not over.wait(_LOOK):
                    pass
        except (StairliftError, OSError) as error:
            print(f"nothing is written: {error}", file=sys.stderr)  # noqa: T201
            with suppress(OSError):
                (self._folder / GIVEN_UP).touch()

    def _turn(self, pool: ThreadPoolExecutor) -> None:
        """Wait for the next that is due, and send it off."""
        beat = min(self._beats, key=lambda one: one.due)
        wait = beat.due - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, _LOOK))
        now = time.monotonic()
        if now - beat.due > STALL:
            self._make_up(now)
        elif now >= beat.due:
            due, way = beat.due, beat.take()
            self._send(pool, way, due)
        if now - _REST - self._written >= self._file.span:
            self._write(now - _REST)

    def _send(self, pool: ThreadPoolExecutor, way: Way, due: float) -> None:
        try:
            pool.submit(self._ask, way, due)
        except RuntimeError:  # no more threads
            self._own(way, due)

    def _ask(self, way: Way, due: float) -> None:
        found = self._asker.ask(way)
        if found is not None:
            end = time.monotonic()
            self._gathering.add(Result(way.target.id, found[0], due, end, _wall(due), found[1]))

    def _make_up(self, now: float) -> None:
        """What was due while this machine stood still is not sent in a burst: nobody knows what became of it."""
        began = min(beat.due for beat in self._beats)
        self._gathering.stood_still(began, now)
        if began > self._written:
            self._write(began)
        for beat in self._beats:
            while beat.due < now:
                due = beat.due
                self._own(beat.take(), due)
        self._write(time.monotonic())  # a line of its own, in which nothing is known

    def _own(self, way: Way, due: float) -> None:
        self._gathering.add(Result(way.target.id, "own", due, max(due, time.monotonic()), _wall(due)))

    def _write(self, until: float) -> None:
        gathered = self._gathering.take(until)
        span = until - self._written
        bucket = Bucket(_wall(self._written), span, gathered.tallies)
        self._file.put(bucket, gathered.failures)
        self._written = until

    def _over(self) -> str:
        """Why it is to end; looked for every second."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return ""
        self._looked = now
        (self._hush.set if (self._folder / QUIET).exists() else self._hush.clear)()
        return over(self._folder, self._settings.linger, time.time)


def over(folder: Path, linger: float, clock: Callable[[], float]) -> str:
    """Why the meter of this folder has nothing more to do; "" as long as it has."""
    if (folder / OVER).exists():
        return "its run is over"
    try:
        silent = clock() - (folder / ALIVE).stat().st_mtime
    except FileNotFoundError:  # whoever starts a meter makes it first
        return "its folder was cleared away"
    except OSError:
        return ""
    return f"no orchestrator was there for {silent:.0f} s" if silent > linger else ""


def _wall(steady: float) -> float:
    return time.time() - (time.monotonic() - steady)
