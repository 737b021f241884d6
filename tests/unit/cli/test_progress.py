"""What a run shows while it goes, on a terminal and elsewhere. A screen that breaks never stops a run."""

import errno
import io
import time
from contextlib import contextmanager, redirect_stderr

import pytest

from stairlift.cli.progress import Progress
from stairlift.model.errors import StairliftError
from stairlift.model.run import Event
from stairlift.report.tally import Tally
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_step

STEPS = tuple(a_step(f"compute@cmp{n}", hosts=(f"cmp{n}",)) for n in range(1, 9))


def an_event(kind, step=None, **data):
    return Event("r1", 1, NOON, kind, step, 1 if step else None, data)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@contextmanager
def progress(stream, tasks=lambda _run, _steps: {}, **given):
    with redirect_stderr(stream), Progress(Tally(STEPS, {}, NOON), tasks, **given) as shown:
        yield shown


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")


class TestWithoutATerminal:
    def test_a_line_for_each_event(self):
        stream = io.StringIO()
        with progress(stream) as shown:
            shown.hear(an_event("run.started"))
            shown.hear(an_event("step.started", "compute@cmp1"))
            shown.hear(an_event("step.failed", "compute@cmp1", reason="exit status 3: " + "x" * 200))
        assert stream.getvalue().splitlines() == [
            "12:00:00Z ▶ run r1 started",
            "12:00:00Z ▶ compute@cmp1 started",
            "12:00:00Z ✘ compute@cmp1 failed: exit status 3: " + "x" * 200,
        ]

    def test_what_the_end_tells_better_is_left_to_it(self):
        stream = io.StringIO()
        with progress(stream) as shown:
            for kind in ("run.done", "run.failed", "run.waiting", "run.detached"):
                shown.hear(an_event(kind))
        assert stream.getvalue() == ""

    def test_a_heartbeat_says_how_far_it_is_and_nothing_is_drawn_over(self):
        stream = io.StringIO()
        with progress(stream, heartbeat=0.02) as shown:
            shown.hear(an_event("step.done", "compute@cmp1"))
            _until(lambda: "1 of 8 steps done, 0 in flight" in stream.getvalue())
        assert "\r" not in stream.getvalue()
        assert "\x1b" not in stream.getvalue()

    def test_silence_follows_the_end(self):
        stream = io.StringIO()
        with progress(stream, heartbeat=0.02):
            pass
        before = stream.getvalue()
        time.sleep(0.1)
        assert stream.getvalue() == before

    def test_a_dumb_terminal_is_none(self, monkeypatch):
        monkeypatch.setenv("TERM", "dumb")
        stream = Terminal()
        with progress(stream, heartbeat=0.02) as shown:
            shown.hear(an_event("step.started", "compute@cmp1"))
            _until(lambda: "1 in flight" in stream.getvalue())
        assert "\x1b" not in stream.getvalue()


class TestOnATerminal:
    def test_what_runs_and_its_task(self):
        stream = Terminal()
        with progress(stream, lambda _run, steps: dict.fromkeys(steps, "restart nova-compute")) as shown:
            shown.hear(an_event("step.started", "compute@cmp1"))
            _until(lambda: "restart nova-compute" in stream.getvalue())
        assert "Ctrl-C detaches" in stream.getvalue()

    def test_only_the_tasks_of_what_is_shown_are_asked_for(self):
        asked = []
        with progress(Terminal(), lambda run, steps: asked.append((run, tuple(steps))) or {}) as shown:
            for step in STEPS:
                shown.hear(an_event("step.started", step.id))
            _until(lambda: asked and asked[-1][1])
        assert asked[-1] == ("r1", tuple(s.id for s in STEPS[:4]))

    def test_a_journal_that_cannot_be_read_costs_the_tasks_and_nothing_else(self):
        def locked(_run, _steps):
            raise StairliftError(code="store.locked", brief="locked")

        stream = Terminal()
        with progress(stream, locked) as shown:
            shown.hear(an_event("step.started", "compute@cmp1"))
            _until(lambda: "1 in flight" in stream.getvalue())
        assert "locked" not in stream.getvalue()

    def test_lines_that_are_drawn_anew_are_no_wider_than_the_terminal(self):
        stream = Terminal()
        with progress(stream, lambda _run, steps: dict.fromkeys(steps, "x" * 300)) as shown:
            shown.hear(an_event("step.started", "compute@cmp1"))
            _until(lambda: "xxx" in stream.getvalue())
        assert max(len(line.rpartition("m")[2]) for line in stream.getvalue().split("\n") if "xxx" in line) <= 60


class Broken(io.StringIO):
    def __init__(self, error, *, tty):
        super().__init__()
        self.error = error
        self.tty = tty
        self.tried = 0

    def isatty(self):
        return self.tty

    def write(self, text):
        self.tried += 1
        raise self.error


@pytest.mark.parametrize("tty", [True, False])
@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(errno.EIO, "Input/output error")])
def test_a_screen_that_has_gone_stops_nothing(tty, error):
    stream = Broken(error, tty=tty)
    with progress(stream, heartbeat=0.01) as shown:
        shown.hear(an_event("step.started", "compute@cmp1"))
        _until(lambda: stream.tried > 1)
    assert stream.tried > 1, "it goes on, and only the words are lost"


def _until(holds, seconds=10.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)
