"""Data on stdout, talk on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from io import StringIO, TextIOBase
from typing import Any, TextIO, cast

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from stairlift.cli.colouring import of_console
from stairlift.cli.shaping import BARE, cells, shape
from stairlift.model.naming import printable


class Format(StrEnum):
    """What `-o` takes."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    VALUE = "value"
    CSV = "csv"


class WideFormat(StrEnum):
    """What `-o` takes where there is more to show than fits a table of a usual width."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    VALUE = "value"
    CSV = "csv"


class ReaderGone(Exception):
    """Whoever read our output (head, less) has had enough of it."""


class Screen(Console):
    """A console on stdout or stderr as they are now. It leaves it to us what a lost reader means."""

    def __init__(self, file: TextIO, *, soft_wrap: bool = True) -> None:
        super().__init__(file=file, highlight=False, soft_wrap=soft_wrap, **of_console())

    def on_broken_pipe(self) -> None:
        """Rich would end the program here."""
        raise BrokenPipeError

    @property
    def seen(self) -> bool:
        """Whether there is a terminal behind it; colours may be wanted in a pipe, too."""
        return self.file.isatty()

    @property
    def moves(self) -> bool:
        """Whether lines can be drawn anew."""
        return self.seen and not self.is_dumb_terminal


class Unheard(TextIOBase):
    """A stream on which it does not matter whether anybody listens: a terminal that has gone stops no run."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here
        return self._stream.encoding

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def talk() -> Screen:
    """Where people are spoken to."""
    return Screen(cast("TextIO", Unheard(sys.stderr)))


@contextmanager
def _to_a_reader() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGone from error


def words(text: str, style: str = "") -> Text:
    """A text as it is: square brackets are only square brackets, and nothing in it moves a cursor."""
    return Text(printable(text), style=style)


def say(text: str, style: str = "", end: str = "\n") -> None:
    """A line for people."""
    talk().print(words(text, style), end=end)


def show(text: str, style: str = "") -> None:
    """A line of data; none where bare cells are wanted."""
    if shape():
        return
    with _to_a_reader():
        Screen(sys.stdout).print(words(text, style))


def show_lines(lines: Iterable[str]) -> None:
    """Lines of data; none where bare cells are wanted."""
    if shape():
        return
    with _to_a_reader():
        screen = Screen(sys.stdout)
        for line in lines:
            screen.print(words(line))


def show_bytes(lines: Iterable[bytes]) -> None:
    """Lines of somebody else's, as they are."""
    with _to_a_reader():
        sys.stdout.flush()
        for line in lines:
            sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()


def show_document(document: Any, form: Format) -> None:
    """A document as JSON or YAML, alone on stdout, and in UTF-8 whatever the terminal speaks."""
    with _to_a_reader():
        sys.stdout.flush()
        sys.stdout.buffer.write(_yaml(document) if form is Format.YAML else _json(document))
        sys.stdout.buffer.flush()


def _json(document: Any) -> bytes:
    import orjson  # only who asks for it pays for it

    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # the name of a file need not be UTF-8; the standard library escapes it
        return json.dumps(document, indent=2).encode() + b"\n"


def _yaml(document: Any) -> bytes:
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, explicit_start=True)
    return text.encode()


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table that keeps every column on a terminal and every character in a pipe; of it what was asked for."""
    wanted = shape()
    if wanted is None:
        _draw(columns, list(rows))
        return
    head, places = not wanted.shown, wanted.picks(columns)
    if places is None:
        return
    picked, found = [columns[place] for place in places], [[row[place] for place in places] for row in rows]
    if wanted.form in {Format.JSON, Format.YAML}:
        show_document([dict(zip(picked, row, strict=True)) for row in found], Format(wanted.form))
    elif wanted.form in BARE:
        with _to_a_reader():
            sys.stdout.writelines(cells(picked, found, wanted.form, head=head))
    else:
        _draw(picked, found)


def _draw(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    texts = [[printable("" if cell is None else str(cell)) for cell in row] for row in [columns, *rows]]
    widths = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
    folded = any("\n" in text for row in texts for text in row)
    if folded or _folds(widths):
        _show_drawn(table(columns, rows))
        return
    screen = Screen(sys.stdout)
    with _to_a_reader():
        if screen.color_system is None:
            sys.stdout.writelines(_aligned(texts, widths))
        else:
            for line in _coloured(texts, widths):
                screen.print(line)


def _folds(widths: Sequence[int]) -> bool:
    """On a terminal, where each column keeps some room: Rich leaves out columns that get none, and tears words."""
    screen = Screen(sys.stdout)
    return screen.seen and sum(min(width, _READABLE) + 2 for width in widths) - 2 <= screen.width


def _aligned(texts: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    """What `table` looks like in a pipe; Rich takes twenty times as long, which counts for a plan of 40,000 steps."""
    for row in texts:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip() + "\n"


def _coloured(texts: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[Text]:
    """The same where somebody wants colours that has no terminal, or a narrow one."""
    for place, row in enumerate(texts):
        line = Text()
        for cell, width in zip(row, widths, strict=True):
            line.append(cell, _STYLES.get(cell, "") if place else "bold").append(" " * (width - cell_len(cell) + 2))
        line.rstrip()
        yield line


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A plain table; words that name a state have its colour."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(words("" if cell is None else str(cell), _STYLES.get(str(cell), "")) for cell in row))
    return made


def show_shape(drawn: RenderableType) -> None:
    """A tree, or what else is drawn; nothing where bare cells are wanted."""
    if not shape():
        _show_drawn(drawn)


def _show_drawn(drawn: RenderableType) -> None:
    """Folded to the width of a terminal, whole and without blanks at the end in a pipe."""
    console = Screen(sys.stdout, soft_wrap=False)
    with _to_a_reader():
        if console.seen:
            console.print(drawn)
        else:
            sys.stdout.write(_whole(drawn))


def _whole(drawn: RenderableType) -> str:
    console = Console(file=StringIO(), highlight=False, width=10_000, color_system=None)
    with console.capture() as captured:
        console.print(drawn)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


_READABLE = 8
"""Columns of a terminal which a column of a table needs at least, unless all of it is shorter."""

_STYLES: Mapping[str, str] = {
    "up": "green",
    "down": "red",
    "done": "green",
    "failed": "red",
    "unknown": "yellow",
    "running": "cyan",
    "verifying": "cyan",
    "waiting": "yellow",
    "undoing": "cyan",
    "undone": "green",
    "undo-failed": "red",
}
