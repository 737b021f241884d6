"""How names sort for people: cmp2 before cmp10."""

import re

_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> tuple[tuple[bool, int, str], ...]:
    """A sort key that reads runs of digits as numbers."""
    parts = (part for part in _DIGITS.split(name) if part)
    return tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
