"""Where in a TOML file the tables of a list stand: `tomllib` does not tell, and who has to mend one wants to know."""

import re

#: Strings first, since all else may stand in them; a multi-line one may end with up to five quotes (TOML 1.0).
_TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?""""{0,2}|\'\'\'.*?\'\'\'\'{0,2}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|\n|[\[\]{}]|[^\S\n]+|.''',
    re.DOTALL,
)


def header_lines(text: str, table: str) -> tuple[int, ...]:
    """The lines of the headers `[[table]]`, from 1; of a file that is TOML. Tables written in line have none."""
    header = re.compile(rf"\[\[[ \t]*([\"']?){re.escape(table)}\1[ \t]*\]\]")
    found: list[int] = []
    line, depth, at, begins = 1, 0, 0, True
    while at < len(text):
        if begins and depth == 0 and (match := header.match(text, at)):
            found.append(line)
            at, begins = match.end(), False
            continue
        piece = _next(text, at)
        depth += (piece in "[{") - (piece in "]}")
        line += piece.count("\n")
        begins = piece == "\n" or (begins and piece.isspace())
        at += len(piece)
    return tuple(found)


def _next(text: str, at: int) -> str:
    match = _TOKEN.match(text, at)
    return match[0] if match else text[at]
