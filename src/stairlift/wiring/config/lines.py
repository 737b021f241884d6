"""Where in a TOML file tables and keys stand: `tomllib` does not tell, and who has to mend one wants to know."""

import re
from collections.abc import Iterator

#: Strings first, since all else may stand in them; a multi-line one may end with up to five quotes (TOML 1.0).
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?""""{0,2}|\'\'\'.*?\'\'\'\'{0,2}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|\n|[\[\]{}]|[^\S\n]+|.''',
    re.DOTALL,
)
_HEADER = re.compile(r"(\[\[?)([^\]\n]+)\]\]?")
_KEY = re.compile(r"((?:\"[^\"\n]*\"|'[^'\n]*'|[\w.\- \t])+?)[ \t]*=")
_PART = re.compile(r"\"[^\"]*\"|'[^']*'|[^.\s]+")
#: The way to a value: keys, and the numbers of tables of a list, from 1.
Path = tuple[str | int, ...]


def header_lines(text: str, table: str) -> tuple[int, ...]:
    """The lines of the headers `[[table]]`, from 1; of a file that is TOML. Tables written in line have none."""
    header = re.compile(rf"\[\[[ \t]*([\"']?){re.escape(table)}\1[ \t]*\]\]")
    return tuple(line for line, at in _beginnings(text) if header.match(text, at))


def key_lines(text: str) -> dict[Path, int]:
    """The line of each table and key, from 1; of a file that is TOML. What stands in line has that of its table."""
    found: dict[Path, int] = {}
    prefix: Path = ()
    counts: dict[Path, int] = {}
    for line, at in _beginnings(text):
        if header := _HEADER.match(text, at):
            prefix = _opened(_parts(header[2]), counts, listed=header[1] == "[[")
            found[prefix] = line
        elif key := _KEY.match(text, at):
            for end in range(1, len(_parts(key[1])) + 1):
                found.setdefault((*prefix, *_parts(key[1])[:end]), line)
    return found


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _opened(name: Path, counts: dict[Path, int], *, listed: bool) -> Path:
    """The way to a table: below lists, to the one that was opened last."""
    path: Path = ()
    for part in name[:-1]:
        path = (*path, part)
        path = (*path, counts[path]) if path in counts else path
    path = (*path, name[-1])
    if listed:
        counts[path] = counts.get(path, 0) + 1
    return (*path, counts[path]) if path in counts else path


def _beginnings(text: str) -> Iterator[tuple[int, int]]:
    """Each line on which something begins, and where, beside what is inside of strings and brackets."""
    line, depth, at, begins = 1, 0, 0, True
    while at < len(text):
        piece = _next(text, at)
        if begins and depth == 0 and not piece.isspace() and not piece.startswith("#"):
            yield line, at
        depth += (piece in "[{") - (piece in "]}")
        line += piece.count("\n")
        begins = piece == "\n" or (begins and piece.isspace())
        at += len(piece)


def _next(text: str, at: int) -> str:
    match = _TOKEN.match(text, at)
    return match[0] if match else text[at]
