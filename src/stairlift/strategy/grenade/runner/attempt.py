"""One attempt from its first look to its last: start the driver, follow it, wait for its process, say how it went."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import processes
from .following import Progress, Tail
from .keeping import Before, keep
from .ledger import Desk
from .masking import Mask
from .story import Story
from .workplace import Workplace

#: What the runner leaves with when the driver itself has no say in it (sysexits.h): its end proves no upgrade,
#: somebody else is at work, it must not begin.
UNPROVEN, BUSY, REFUSED = os.EX_SOFTWARE, os.EX_TEMPFAIL, os.EX_CONFIG
_CANCELLED = 128 + signal.SIGTERM
#: Handled here, they are at their default in what this program starts. Ignored ones would be inherited, under nohup for
#: example, and bash cannot take them back: such a driver does not hear SIGINT at all.
_ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_POLL = 0.2
#: How long the log's filters may take after the driver's end, in seconds, and how long silence counts as all said once
#: the closing line is there. Their own end may never come: a daemon may hold the driver's output.
_DRAIN, _QUIET = 10.0, 0.6


class Attempt:
    """The driver's process and all that is known of it."""

    def __init__(self, place: Workplace, desk: Desk, progress: Progress) -> None:
        self._place = place
        self._task = place.task
        self._desk = desk
        self._progress = progress
        self._mask = Mask.of(Path(file) for file in place.task.config)
        self._before = Before.look(Path(place.task.stack_root))
        self._story = Story(place.task)
        self._out = Tail(place.folder / "driver.out")
        self._full: Tail | None = None
        self._ended: dict[int, int] = {}
        self._cancelled = False
        self._left: list[str] = []

    def carry_out(self) -> int:
        """Run it to its end; the code to leave with."""
        for number in _ASKED:
            signal.signal(number, self._ask)
        driver = self._start()
        while driver not in self._ended and not self._cancelled:
            self._look()
            time.sleep(_POLL)
            self._reap()
        if self._cancelled:
            self._progress.say("cancel", "asked to stop: ending the driver's scripts first")
            self._left = processes.end(driver, self._reap)
        self._drain(driver)
        return self._close(self._ended.get(driver, -signal.SIGKILL))

    def _ask(self, *_: object) -> None:
        self._cancelled = True

    def _start(self) -> int:
        with (self._place.folder / "driver.out").open("wb") as out:
            driver = subprocess.Popen(
                self._place.argv(),
                cwd=self._place.copy,
                env=self._place.environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        found = processes.running().get(driver.pid)
        with self._on_record():
            self._desk.driver_started(self._task, driver.pid, found.started if found else 0)
        self._progress.say("begin", f"{' '.join(self._place.argv())}: {', '.join(self._task.upgrade) or 'the base'}")
        return driver.pid

    @contextmanager
    def _on_record(self) -> Iterator[None]:
        """A ledger that cannot be written any more must not leave the driver alone; the next step will refuse."""
        try:
            yield
        except OSError as wrong:
            self._story.warnings.append(f"the ledger of this node cannot be kept: {wrong}")

    def _reap(self) -> None:
        self._ended.update(processes.children_ended())

    def _look(self) -> bool:
        """Take in what is new; whether there was anything."""
        moved = False
        for line in self._out.lines():
            moved = True
            self._heard(line)
        if self._full is None and self._story.full_log is not None:
            self._full = Tail(Path(self._story.full_log))
            with self._on_record():
                self._desk.note(self._task.hop, log=self._story.full_log)
        for line in self._full.lines() if self._full else ():
            moved = True
            self._story.full(line)
        return moved

    def _heard(self, line: str) -> None:
        was_down = self._story.shut_down
        said = self._story.summary(line)
        shown = self._mask.line(line.rstrip())
        tell(shown)
        if said is None:
            return
        if self._story.shut_down and not was_down:
            with self._on_record():
                self._desk.note(self._task.hop, base="shut-down")
        step, steps = self._story.place()
        told = self._mask.line(said)
        more = {"phase": self._story.phase, "project": self._current(), "step_of": [step, steps]}
        self._progress.say("phase", f"step {step} of {steps}: {told}" if step else told, **more)

    def _current(self) -> str:
        return self._story.started[-1] if self._story.phase == "projects" and self._story.started else ""

    def _drain(self, driver: int) -> None:
        deadline, quiet = time.monotonic() + _DRAIN, time.monotonic() + _QUIET
        while (now := time.monotonic()) < deadline and processes.filters(driver):
            if self._look():
                quiet = now + _QUIET
            elif self._story.closed and now >= quiet:
                break
            time.sleep(_POLL / 4)
        self._look()

    def _close(self, returncode: int) -> int:
        story = self._story
        proven = returncode == 0 and self.proof() is None
        with self._on_record():
            self._settle(proven=proven)
        keep(self._place.folder, self._before, story.full_log, self._mask)
        self._place.clear()
        (self._place.folder / "driver.out").unlink(missing_ok=True)
        for warning in story.warnings:
            self._progress.say("warning", f"passed over: {self._mask.line(warning)}")
        self._progress.say("end", f"grenade.sh ended with {returncode}", **self._report(returncode))
        if self._cancelled:
            return _CANCELLED
        if returncode:
            return 128 - returncode if returncode < 0 else returncode
        return 0 if proven else UNPROVEN

    def proof(self) -> str | None:
        """What is missing for an attempt to have done what it was to do; the return code alone proves nothing."""
        story = self._story
        if not story.closed:
            return "the closing line is missing"
        if self._task.half == "base":
            missing = [p for p in self._task.projects if p not in story.stopped]
            return f"nothing shows that it stopped {', '.join(missing)}" if missing or not story.shut_down else None
        missing = [p for p in self._task.upgrade if p not in story.started or p not in story.succeeded]
        return f"nothing shows that it upgraded {', '.join(missing)}" if missing else None

    def _settle(self, *, proven: bool) -> None:
        """Put on record what is new; the last project only with what follows it, which a retry must not pass over."""
        if self._task.half == "base":
            if proven:
                self._desk.note(self._task.hop, base="done")
            return
        new = self._task.upgrade if proven else tuple(p for p in self._succeeded() if p != self._task.projects[-1])
        known = self._desk.read().upgraded
        self._desk.note(self._task.hop, upgraded=tuple(dict.fromkeys((*known, *new))))

    def _succeeded(self) -> list[str]:
        return [project for project in self._story.succeeded if project in self._task.projects]

    def _upgraded(self) -> list[str]:
        with suppress(OSError):
            return list(self._desk.read().upgraded)
        return []

    def _report(self, returncode: int) -> dict[str, object]:
        story = self._story
        first = next((line.strip() for line in self._before.new_errors().splitlines() if line.strip()), "")
        return {
            "returncode": returncode,
            "phase": story.phase,
            "shut_down": story.shut_down,
            "started": [project for project in story.started if project in self._task.projects],
            "succeeded": self._succeeded(),
            "missing": self.proof() or "",
            "error": self._mask.line(story.error or first),
            "warnings": [self._mask.line(warning) for warning in story.warnings],
            "cancelled": self._cancelled,
            "left": self._left,
            "upgraded": self._upgraded(),
        }


def tell(text: str) -> None:
    """A line of the attempt's log; a full disk costs the line."""
    with suppress(OSError):
        print(text, flush=True)  # noqa: T201
