"""What attempts printed."""

from stairlift.web.api.shapes import Shape


class Piece(Shape):
    """Some of a log, from one byte to another. `here`: whether this server has it."""

    offset: int
    next_offset: int
    size: int
    ended: bool
    here: bool
    text: str


class Line(Shape):
    """A line; `attempt` is STEP/NUMBER, `offset` the byte at which it begins in that log."""

    attempt: str
    offset: int
    text: str


class Lines(Shape):
    """Lines of a run's logs, and how to go on."""

    lines: list[Line]
    cursor: str
    more: bool
