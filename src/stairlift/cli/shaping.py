"""`-o value|csv` and `-c COLUMN`, as OpenStack's clients have them: of what a command shows, the bare cells of a table.

What was asked for holds for one command, of which there is one in a process. A command that shows several tables gives
the first that has the columns, or the first at all.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from typer.core import TyperCommand

from stairlift.model.errors import UsageError
from stairlift.model.naming import printable

#: Forms that are bare cells. All others show what a command has, unless columns are asked for.
BARE = frozenset({"value", "csv"})


@dataclass
class Shape:
    """What was asked for, and what has come of it: `shown` are the columns of the table that is given."""

    form: str = "table"
    columns: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    offered: list[str] = field(default_factory=list)

    @property
    def asked(self) -> bool:
        """Whether bare cells are wanted, and no words for people."""
        return self.form in BARE or bool(self.columns)

    def picks(self, columns: Sequence[str]) -> list[int] | None:
        """Which columns of a table to give; None where it is another table that is meant."""
        known = {name.casefold(): place for place, name in enumerate(columns)}
        if (self.shown and self.shown != tuple(columns)) or not all(c.casefold() in known for c in self.columns):
            self.offered += [name for name in columns if name not in self.offered]
            return None
        self.shown = tuple(columns)
        return [known[name.casefold()] for name in self.columns] or list(range(len(columns)))


_wanted = Shape()


def forget() -> None:
    """Another command begins."""
    _ask(Shape())


def _ask(shape: Shape) -> None:
    global _wanted  # a command line has one command, and what prints is far from what parses  # noqa: PLW0603
    _wanted = shape


def shape() -> Shape | None:
    """What the command at work was asked for, if it was asked for bare cells."""
    return _wanted if _wanted.asked else None


def of_columns(columns: Sequence[str] | None) -> None:
    """Take in what `-c` said; before `-o` is."""
    _ask(Shape(columns=tuple(columns or ())))


def formed(form: str) -> str:
    """Take in what `-o` said. The form in which the command is to show what it has: bare cells are cut from tables."""
    _wanted.form = str(form)
    cut = form in BARE or (_wanted.columns and form in {"json", "yaml"})
    return "table" if cut else _wanted.form


def cells(columns: Sequence[str], rows: Iterable[Sequence[object]], form: str, *, head: bool) -> Iterator[str]:
    """Bare cells as lines: a row a line, or with quotes and a head as spreadsheets read it."""
    if form == "csv":
        yield _csv([columns, *rows] if head else rows)
        return
    yield from (f"{' '.join(printable(_text(cell)) for cell in row)}\n" for row in rows)


def _csv(rows: Iterable[Sequence[object]]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows(
        [cell if isinstance(cell, int) else _text(cell) for cell in row] for row in rows
    )
    return written.getvalue()


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


class TabularCommand(TyperCommand):
    """A command, which says at its end that no table had the columns that were asked for."""

    def invoke(self, ctx: Any) -> Any:
        """Do what it does. Raises UsageError (usage.column)."""
        left_with = super().invoke(ctx)
        if _wanted.columns and _wanted.offered and not _wanted.shown:
            raise _no_column(_wanted)
        return left_with


def _no_column(wanted: Shape) -> UsageError:
    return UsageError(
        code="usage.column",
        brief=f"no table has {' and '.join(wanted.columns)}",
        resolution=f"There are: {', '.join(wanted.offered)}.",
    )
