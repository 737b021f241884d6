"""Reports on changes, and what users are told of them."""

from typing import Literal

from stairlift.web.api.shapes import Schema, Shape


class Paragraph(Shape):
    """Words; `alert` is what nobody may miss."""

    text: str
    weight: Literal["", "alert"]


class Items(Shape):
    """Things of one kind."""

    items: list[str]


class Table(Shape):
    """Rows of words and numbers."""

    columns: list[str]
    rows: list[list[str]]


class Commands(Shape):
    """What is typed."""

    commands: list[str]


class Section(Shape):
    """What there is to say on one question."""

    key: str
    title: str
    parts: list[Paragraph | Items | Table | Commands]


class Report(Shape):
    """Of a plan before it is run, or of a run; lengths among the numbers are in seconds, what is unknown is null."""

    schema_: Schema
    kind: Literal["before", "after"]
    title: str
    facts: dict[str, str]
    numbers: dict[str, float | None]
    sections: list[Section]


class Announcement(Shape):
    """A text for users of the cloud; its first line makes a subject."""

    occasion: Literal["start", "end"]
    text: str
