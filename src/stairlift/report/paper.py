"""A report as what it says: sections of sentences, lists and tables. How it looks is the renderings' matter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

#: "before" is about a plan, "after" about a run.
PaperKind = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph. `weight` "alert" is for what nobody may miss."""

    text: str
    weight: Literal["", "alert"] = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Things of one kind, each in a sentence."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of words and numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """Lines to type."""

    lines: tuple[str, ...]


Part = Words | Listing | Grid | Typed


@dataclass(frozen=True, slots=True)
class Section:
    """What there is to say on one question; `key` names it for programs."""

    key: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole. `facts` stand at its top, `numbers` are for programs: counts, and lengths in seconds."""

    kind: PaperKind
    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    numbers: Mapping[str, float | int | None] = field(default_factory=dict)


def section(key: str, title: str, *parts: Part | None) -> Section:
    """One without the parts that there are not."""
    return Section(key, title, tuple(part for part in parts if part))


def words(text: str) -> Words | None:
    """A paragraph, where there is one."""
    return Words(text) if text else None


def listing(items: Sequence[str]) -> Listing | None:
    """A list, unless it is empty."""
    return Listing(tuple(items)) if items else None


def grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Grid | None:
    """A table, unless it is empty."""
    return Grid(tuple(columns), tuple(map(tuple, rows))) if rows else None
