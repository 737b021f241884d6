"""The project's Markdown pages as tests read them: sections, links, blocks, and the commands that are shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"^(?:#!.*\n)?# ([\w./-]*\.?[\w-]+)\n")
#: A question at a terminal, and what the reader answers.
_QUESTION = re.compile(r"(.*(?:\[y/N\]:?|to (?:approve it|take it back):) )(\S+)")
#: Where an output is shortened.
OMISSION = "..."


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that the reader is to write, told by the block's first comment."""
        found = _FILE.match(self.text) if self.language not in {"", "console"} else None
        return found[1] if found else None


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it, with the output that it is said to give."""

    command: str
    output: tuple[str, ...]

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """The questions that the command asks, and what the page answers."""
        return tuple((found[1], found[2]) for line in self.output if (found := _QUESTION.fullmatch(line)))


def pages() -> list[Path]:
    """Every Markdown page of the project, wherever it lies."""
    return sorted(path for path in ROOT.rglob("*.md") if not _hidden(path.relative_to(ROOT)))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in {"build", "dist"} for part in path.parts)


def read(path: str) -> str:
    """A page by its path in the project."""
    return (ROOT / path).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(language, content) for language, content in _FENCE.findall(text)]


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """Where the links of a page lead to."""
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """The anchors that a page's headings make, as GitHub and most others name them."""
    titles = (title.lower() for _, title in _HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", title).strip().replace(" ", "-") for title in titles}


def section(text: str, title: str) -> str:
    """A section with all below it, without its heading; AssertionError where the page has none."""
    bare = prose(text)
    headings = list(_HEADING.finditer(bare))
    for n, heading in enumerate(headings):
        if heading[2].replace("`", "") == title:
            later = (h.start() for h in headings[n + 1 :] if len(h[1]) <= len(heading[1]))
            return bare[heading.end() : next(later, len(bare))]
    raise AssertionError(f"no section {title!r}")


def in_code(text: str) -> set[str]:
    """Everything that a page has between backticks, whole and word by word."""
    spans = re.findall(r"`([^`\n]+)`", prose(text))
    return {*spans, *(word.strip("\"'=,;:()[]{}") for span in spans for word in span.split())}


def shown(text: str) -> Iterator[Block | Shown]:
    """The files that a page has its reader write and the commands that it has them type, in order."""
    for one in blocks(text):
        if one.file:
            yield one
        elif one.language == "console":
            yield from _commands(one.text)


def _commands(text: str) -> Iterator[Shown]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.rstrip("\n").split("\n")
        typed = 1
        while lines[typed - 1].endswith("\\"):
            typed += 1
        yield Shown("\n".join(lines[:typed]), tuple(line for line in lines[typed:] if line.strip()))
