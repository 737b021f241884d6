"""`status --watch`: a line for everything that happens, a screen, or a document for every change."""

import io
import json
import re
import threading
import time
from contextlib import contextmanager, redirect_stdout

import pytest

from journals import Ledger, an_office
from stairlift.cli.output import Format
from stairlift.cli.watch import Watch
from stairlift.model.run import RunState
from stairlift.testing.plans import a_plan, a_step

PLAN = a_plan(*(a_step(f"s{n}") for n in range(1, 41)))


class Stream(io.TextIOWrapper):
    def __init__(self, *, tty=False):
        super().__init__(io.BytesIO(), "utf-8", write_through=True)
        self.tty = tty

    def isatty(self):
        return self.tty

    @property
    def text(self):
        return self.buffer.getvalue().decode()


@pytest.fixture
def ledger(tmp_path):
    return Ledger.begun(an_office(tmp_path), PLAN).does("s1")


@contextmanager
def watching(ledger, stream, output=Format.TABLE, *, with_steps=False, heartbeat=60.0):
    """Watch a run in a thread until it is over."""
    watch = Watch(ledger.office.archive, ledger.run, output, with_steps=with_steps, pause=0.01, heartbeat=heartbeat)
    with redirect_stdout(stream):
        thread = threading.Thread(target=watch.until_the_end)
        thread.start()
        try:
            yield
        finally:
            if ledger.run.state is RunState.RUNNING:
                ledger.rests(RunState.FAILED, "enough")
            thread.join(10)
    assert not thread.is_alive()


def until(stream, text, seconds=10.0):
    end = time.monotonic() + seconds
    while text not in stream.text:
        assert time.monotonic() < end, stream.text
        time.sleep(0.01)


def test_a_line_only_where_something_happens(ledger):
    stream = Stream()
    with watching(ledger, stream):
        until(stream, "1 of 40 steps done")
        ledger.starts("s2")
        until(stream, "s2 started")
        ledger.ends("s2", "failed", "no room")
        until(stream, "s2 failed: no room")
    lines = stream.text.splitlines()
    assert sum("s2 started" in line for line in lines) == 1
    assert sum("s1 done" in line for line in lines) == 0, "what was before is told by the headline"
    assert len(lines) < 15
    assert "\x1b" not in stream.text
    assert "why: enough" in stream.text


def test_a_heartbeat_where_nothing_happens(ledger):
    stream = Stream()
    with watching(ledger, stream, heartbeat=0.05):
        until(stream, "· ")
    assert "1 of 40 steps done" in stream.text.split("· ")[1]


def test_a_run_that_is_over_is_shown_once(ledger):
    ledger.rests(RunState.FAILED, "enough")
    stream = Stream()
    with watching(ledger, stream):
        pass
    assert stream.text.count("of 40 steps done") == 1


def test_a_screen_is_drawn_anew_and_ends_with_how_it_ended(ledger, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "20")
    stream = Stream(tty=True)
    with watching(ledger, stream, with_steps=True):
        until(stream, "s2")
        ledger.starts("s2").tells("s2", '{"task": "restart"}\n')
        until(stream, "restart")
    assert "\x1b[2J" not in stream.text, "clearing the screen is what flickers"
    assert "s40" in stream.text, "at the end the whole table"


def test_a_screen_shows_the_steps_at_hand(ledger, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "20")
    ledger.does(*(f"s{n}" for n in range(2, 30)))
    stream = Stream(tty=True)
    with watching(ledger, stream, with_steps=True):
        until(stream, "s30")
        shown = stream.text
    assert " s27" in shown.replace("\n", " ")
    assert "s5 " not in shown


def test_a_document_for_every_change(ledger):
    stream = Stream()
    with watching(ledger, stream, Format.JSON):
        until(stream, '"done": 1')
        ledger.starts("s2")
        until(stream, '"running": 1')
    decoder, text, documents = json.JSONDecoder(), stream.text, []
    while text.strip():
        document, end = decoder.raw_decode(text.lstrip())
        documents.append(document)
        text = text.lstrip()[end:]
    assert documents[0]["state"] == "running"
    assert documents[-1]["state"] == "failed"
    assert 3 <= len(documents) <= 5


# Five lines below what happens


@pytest.fixture
def terminal(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    return monkeypatch


def bare(text):
    """Without what colours and moves."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_five_lines_are_drawn_anew_below_what_happens(ledger, terminal):
    stream = Stream(tty=True)
    with watching(ledger, stream):
        until(stream, "next")
        ledger.starts("s2")
        until(stream, "Upgrading nova-compute on s2")
        ledger.ends("s2", "failed", "no room")
        until(stream, "see: stairlift logs")
    told = bare(stream.text)
    for label in ("now ", "next ", "blocked ", "users ", "end "):
        assert label in told
    assert "2 of 40 steps done" not in told
    assert "1 of 40 steps done (2 %)" in told
    assert "▶ running · Upgrading nova-compute on s2" in told
    assert "✘ failed: s2: no room" in told
    assert sum("s2 started" in line for line in told.splitlines()) == 1, "an event scrolls by once"
    ups = re.findall(r"(?:\x1b\[1A\x1b\[2K)+", stream.text)
    assert ups
    assert max(len(up) // len("\x1b[1A\x1b[2K") for up in ups) <= 5, "no more than five lines are drawn anew"
    assert "\x1b[2J" not in stream.text
    assert (
        told.rstrip().splitlines()[-1].strip()
        == f"once the failed are retried (or skipped): stairlift resume {ledger.run.id}"
    )


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 12), (20, 4)])
def test_no_line_is_wider_and_none_too_many(ledger, terminal, columns, lines):
    terminal.setenv("COLUMNS", str(columns))
    terminal.setenv("LINES", str(lines))
    stream = Stream(tty=True)
    ledger.starts("s2").tells("s2", json.dumps({"task": "x" * 300}) + "\n")
    with watching(ledger, stream):
        until(stream, "now")
        shown = stream.text
    drawn = [
        line
        for line in bare(shown).replace("\r", "\n").splitlines()
        if line.startswith(("now", "next", "blo", "use", "end"))
    ]
    assert drawn
    assert max(map(len, drawn)) <= columns
    assert len({line.split()[0] for line in drawn}) <= min(5, lines - 2)


def test_what_somebody_has_to_type_is_there_to_its_end(ledger, terminal):
    terminal.setenv("COLUMNS", "40")
    stream = Stream(tty=True)
    ledger.starts("s2").ends("s2", "failed", "no room")
    with watching(ledger, stream):
        until(stream, "end ")
        shown = stream.text
    told = " ".join(bare(shown).split())
    assert f"stairlift logs {ledger.run.id} --step s2" in told
    assert max(len(line) for line in bare(shown).replace("\r", "\n").splitlines()) <= 40


def test_in_a_pipe_no_line_is_drawn_over_even_where_colours_are_wanted(ledger, terminal):
    terminal.setenv("FORCE_COLOR", "1")
    stream = Stream()
    with watching(ledger, stream):
        until(stream, "1 of 40 steps done")
        ledger.starts("s2")
        until(stream, "s2 started")
    assert "\r" not in stream.text
    assert "\x1b[1A" not in stream.text
