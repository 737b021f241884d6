"""Lines of logs as they are shown: under a heading for each attempt, with a name that a link can lead to."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from zlib import crc32

from stairlift.model.run import Attempt, AttemptId
from stairlift.report.printable import cut, printable
from stairlift.report.text import day


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line. `heading` stands above it where another attempt's begins; `left_out` counts characters not shown.

    `key` is its name on a page, the same whenever it is drawn; `offset` and `length` are in bytes of its log.
    """

    key: str
    text: str
    step: str
    number: int
    offset: int
    length: int
    left_out: int = 0
    heading: str = ""
    hit: bool = False


def key_of(attempt: AttemptId, offset: int) -> str:
    """The name of a line."""
    return f"L{offset}-{crc32(f'{attempt.step}/{attempt.number}'.encode()):08x}"


def shown_line(attempt: AttemptId, span: tuple[int, int], text: str, *, hit: bool = False) -> ShownLine:
    """A line between two bytes."""
    shown, left_out = cut(printable(text))
    begin, end = span
    return ShownLine(key_of(attempt, begin), shown, attempt.step, attempt.number, begin, end - begin, left_out, hit=hit)


def under_headings(
    lines: Iterable[ShownLine], attempts: Mapping[tuple[str, int], Attempt], last: tuple[str, int] | None = None
) -> Iterator[ShownLine]:
    """The lines, with a heading wherever another attempt's begin; `last` is whose were before."""
    for line in lines:
        name = (line.step, line.number)
        heading = "" if name == last else heading_of(name, attempts.get(name))
        last = name
        yield replace(line, heading=heading)


def heading_of(name: tuple[str, int], attempt: Attempt | None) -> str:
    """Whose lines these are."""
    step, number = name
    undo = "undo of " if attempt and attempt.undo else ""
    if attempt is None:
        return f"{step}, attempt {number}"
    end = f"{attempt.result}" if attempt.result else "goes on"
    return f"{undo}{step}, attempt {number}, began {day(attempt.started_at)}, {end}"
