"""How names look to people: cmp2 before cmp10, and nothing in them that a terminal would obey."""

import re

_DIGITS = re.compile(r"(\d+)")
#: What moves a cursor, ends a line or turns the direction of writing, but for tabs and ends of lines as we set them.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """A sort key that reads runs of digits as numbers."""
    parts = (part for part in _DIGITS.split(name) if part)
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)


def printable(text: str) -> str:
    """The text with a question mark for each character that a terminal would obey: hosts and clouds choose names."""
    return _OBEYED.sub("?", text)
