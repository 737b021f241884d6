import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest
import yaml

from stairlift.cli.output import (
    Format,
    ReaderGone,
    say,
    show,
    show_bytes,
    show_document,
    show_lines,
    show_shape,
    show_table,
    table,
)


class GoneBytes(io.BytesIO):
    """A pipe whose reader has left."""

    def write(self, data):
        raise BrokenPipeError


class Listener:
    """Hears what is said on a stream of the given encoding."""

    def __init__(self, encoding="utf-8", buffer=None):
        self.stream = io.TextIOWrapper(buffer or io.BytesIO(), encoding, write_through=True)

    def hears(self, speak, stream="stdout"):
        redirect = redirect_stdout if stream == "stdout" else redirect_stderr
        with redirect(self.stream):
            speak()
        return self.stream.buffer.getvalue().decode()


def heard(*speakers):
    return Listener().hears(lambda: [speak() for speak in speakers])


def test_a_table_in_a_pipe_is_whole_and_has_no_blanks_at_the_end():
    told = heard(lambda: show_table(("A", "B"), [("x" * 300, "y"), ("1", None)]))
    assert told == f"A{' ' * 299}  B\n{'x' * 300}  y\n1\n"


ROWS = [("cmp1", "up", None), ("compute-node-2", "", "日本"), ("x", "[bold]", "7")]


@pytest.mark.parametrize("more", [[], [("two\nlines", "here", "")]])
def test_a_table_looks_the_same_in_a_pipe_as_on_a_wide_terminal(more):
    columns, rows = ("HOST", "STATE", "ZONE"), [*ROWS, *more]
    drawn = heard(lambda: show_shape(table(columns, rows)))
    assert heard(lambda: show_table(columns, iter(rows))) == drawn


def test_lines_of_data_are_left_alone():
    assert heard(lambda: show_lines(iter(["[red] a", "b" * 300]))) == "[red] a\n" + "b" * 300 + "\n"


def test_brackets_are_only_brackets():
    told = heard(lambda: show("[bold]fe80::[/bold] [red]"), lambda: show_table(("A",), [("[/]",)]))
    assert told == "[bold]fe80::[/bold] [red]\nA\n[/]\n"


def test_lines_are_not_folded():
    assert heard(lambda: show("x" * 500)) == "x" * 500 + "\n"


def test_json_is_alone_and_in_utf8_whatever_the_stream_speaks():
    told = Listener("ascii").hears(lambda: show_document({"name": "zürich"}, Format.JSON))
    assert json.loads(told) == {"name": "zürich"}


def test_what_is_no_utf8_is_escaped():
    told = heard(lambda: show_document({"source": "ansible:pl\udce4n"}, Format.JSON))
    assert json.loads(told) == {"source": "ansible:pl\udce4n"}


def test_yaml():
    told = heard(lambda: show_document({"a": [1, None], "name": "zürich"}, Format.YAML))
    assert yaml.safe_load(told) == {"a": [1, None], "name": "zürich"}


def test_bytes_are_passed_on():
    assert heard(lambda: show_bytes([b"one", b"two"])) == "one\ntwo\n"


@pytest.mark.parametrize(
    "speak",
    [
        lambda: show("x"),
        lambda: show_bytes([b"x"]),
        lambda: show_document({}, Format.JSON),
        lambda: show_table(("A",), [("x",)]),
    ],
)
def test_a_reader_who_has_left(speak):
    with pytest.raises(ReaderGone):
        Listener(buffer=GoneBytes()).hears(speak)


def test_talk_that_nobody_hears_stops_nothing():
    assert Listener(buffer=GoneBytes()).hears(lambda: say("is anybody there?"), "stderr") == ""


def test_talk_goes_to_stderr(capsys):
    say("hello [x]")
    assert capsys.readouterr() == ("", "hello [x]\n")


@pytest.mark.parametrize(
    ("environ", "coloured"), [({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False), ({}, False)]
)
def test_colour_is_for_terminals_and_for_who_asks(monkeypatch, environ, coloured):
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "xterm")
    assert ("\x1b[" in heard(lambda: show("done", style="green"))) is coloured


@pytest.mark.parametrize("speak", [show, say, lambda text: show_table(("HOST",), [(text,)])])
def test_names_of_hosts_move_no_cursor(speak):
    def told():
        speak("cmp1\x1b[2J\x9b\u202e\x07 [bold]\n  two")

    heard = "".join(Listener().hears(told, stream) for stream in ("stdout", "stderr"))
    assert "cmp1?[2J??? [bold]\n  two" in heard
