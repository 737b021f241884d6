"""A report as Markdown, as it is pasted into a change record, and as a document for programs."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from stairlift.model.naming import printable
from stairlift.report.paper import Grid, Listing, Paper, Part, Section, Typed, Words

SCHEMA = "stairlift.report/1"
#: So much of a list or a table is shown to people; programs get all of it.
SHOWN = 15
#: What Markdown, or HTML in it, would take for more than text.
_MARKS = re.compile(r"[\\`*<|&]|\[|\]|(?<!\w)_|_(?!\w)")
#: What it would take at the beginning of a line for a heading or a list.
_LEADING = re.compile(r"^(\d+(?=[.)])|(?=[#+=~>-]))")
_T = TypeVar("_T")


def cut(items: Sequence[_T]) -> tuple[Sequence[_T], str]:
    """As much as is shown, and how to see the rest; one more than are shown is shown."""
    left = len(items) - SHOWN
    return (items, "") if left <= 1 else (items[:SHOWN], f"... and {left} more; -o json has all")


def markdown(paper: Paper) -> str:
    """The whole as CommonMark with tables; names in it stay names, whatever characters they have."""
    facts = "\n".join(f"- **{_inside(label)}:** {_inside(value)}" for label, value in paper.facts)
    blocks = [f"# {_inside(paper.title)}", facts, *(block for one in paper.sections for block in _section(one))]
    return "\n\n".join(blocks) + "\n"


def plain(text: str) -> str:
    """A text on one line in which nothing is markup."""
    return _LEADING.sub(r"\1\\", _inside(text))


def _inside(text: str) -> str:
    """The same where no line begins with it."""
    return _MARKS.sub(lambda found: "\\" + found.group(), printable(" ".join(text.split())))


def _section(one: Section) -> Iterable[str]:
    yield f"## {_inside(one.title)}"
    for part in one.parts:
        yield from _part(part)


def _part(part: Part) -> Iterable[str]:
    match part:
        case Words():
            yield f"**{_inside(part.text)}**" if part.weight else plain(part.text)
        case Listing():
            items, more = cut(part.items)
            yield "\n".join(f"- {plain(item)}" for item in [*items, *filter(None, [more])])
        case Grid():
            rows, more = cut(part.rows)
            yield "\n".join((_row(part.columns), _row(["---"] * len(part.columns), raw=True), *map(_row, rows)))
            yield from filter(None, [more])
        case Typed():
            yield "\n".join(f"    {printable(' '.join(line.splitlines()))}" for line in part.lines)


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    return f"| {' | '.join(cells if raw else map(_inside, cells))} |"


def report_document(paper: Paper) -> dict[str, Any]:
    """The whole for programs, nothing cut."""
    return {
        "schema": SCHEMA,
        "kind": paper.kind,
        "title": paper.title,
        "facts": dict(paper.facts),
        "numbers": dict(paper.numbers),
        "sections": [
            {"key": one.key, "title": one.title, "parts": [_part_document(part) for part in one.parts]}
            for one in paper.sections
        ],
    }


def _part_document(part: Part) -> dict[str, Any]:
    match part:
        case Words():
            return {"text": part.text, "weight": part.weight}
        case Listing():
            return {"items": list(part.items)}
        case Grid():
            return {"columns": list(part.columns), "rows": [list(row) for row in part.rows]}
        case Typed():
            return {"commands": list(part.lines)}
