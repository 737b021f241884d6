"""Colours: by flag, by environment, by terminal; and never a moved cursor in a pipe."""

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest
from rich.text import Text

from stairlift.cli.app import run_app, the_app
from stairlift.cli.colouring import Colour, choose
from stairlift.cli.output import Screen, show, show_table
from stairlift.cli.progress import Progress
from stairlift.report.tally import Tally
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_step

COLOUR, RESET, ANY = "\x1b[32m", "\x1b[0m", "\x1b["


class Stream(io.StringIO):
    def __init__(self, *, tty):
        super().__init__()
        self.tty = tty

    def isatty(self):
        return self.tty


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    yield
    choose(Colour.AUTO)


def told(*, tty):
    stream = Stream(tty=tty)
    with redirect_stdout(stream):
        show("done", style="green")
        show_table(("STATE",), [("done",)])
    return stream.getvalue()


@pytest.mark.parametrize(
    ("chosen", "environ", "tty", "coloured"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {}, False, True),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("always", {"TERM": "dumb"}, False, True),
        ("never", {}, True, False),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("never", {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_who_decides(monkeypatch, chosen, environ, tty, coloured):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    choose(Colour(chosen))
    found = told(tty=tty)
    assert (COLOUR in found) is coloured
    assert "done" in found, "the word is there without the colour"


@pytest.mark.parametrize(("tty", "columns"), [(False, 80), (True, 10)])
def test_a_table_is_the_same_with_colours(monkeypatch, tty, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [("cmp1", "done", "1s"), ("a-compute-node", "failed", "1m 20s"), ("cmp[2]", "", None)]

    def drawn(chosen: Colour) -> str:
        choose(chosen)
        with redirect_stdout(Stream(tty=tty)) as stream:
            show_table(("HOST", "STATE", "TOOK"), rows)
        return stream.getvalue()

    plain, coloured = drawn(Colour.NEVER), drawn(Colour.ALWAYS)
    assert f"{COLOUR}done{RESET}" in coloured
    assert Text.from_ansi(coloured).plain.splitlines() == plain.splitlines()


def test_never_means_no_escape_at_all():
    choose(Colour.NEVER)
    assert ANY not in told(tty=True)


@pytest.mark.parametrize("way", ["flag", "environment"])
def test_colours_in_a_pipe_move_no_cursor_and_fold_nothing(monkeypatch, way):
    if way == "flag":
        choose(Colour.ALWAYS)
    else:
        monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    stream = Stream(tty=False)
    assert not Screen(stream).moves
    with redirect_stderr(stream), Progress(Tally((a_step("s1"),), {}, NOON), lambda _run, _steps: {}, 60.0):
        pass
    assert "\r" not in stream.getvalue()
    with redirect_stdout(stream):
        show_table(("A",), [("x" * 90,)])
    assert "x" * 90 in stream.getvalue()


@pytest.mark.parametrize("word", ["auto", "always", "never"])
def test_as_it_is_typed(word, capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    the_app()(["--color", word, "strategies"], prog_name="stairlift", standalone_mode=False)
    shown = capfd.readouterr().out
    assert Text.from_ansi(shown).plain.startswith("NAME")
    assert (ANY in shown) is (word == "always")


def test_no_color_comes_before_force_color(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run_app(["pause", "nobody"]) == 2
    assert ANY in capfd.readouterr().err
    monkeypatch.setenv("NO_COLOR", "1")
    assert run_app(["pause", "nobody"]) == 2
    said = capfd.readouterr().err
    assert "error:" in said
    assert ANY not in said


@pytest.mark.parametrize("words", [("--color", "nope", "list"), ("list", "-o", "nope"), ("token", "list", "-o", "no")])
def test_a_word_that_is_none_of_those_is_said_in_our_words(words, capfd):
    assert run_app(list(words)) == 2
    said = " ".join(capfd.readouterr().err.replace("\u2502", " ").split())
    assert "is not one of" in said
    assert "alue error" not in said
