"""The header Range, for one range of bytes (RFC 9110, 14)."""

import re
from dataclasses import dataclass

from stairlift.model.errors import UsageError

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from `begin`, as many as `length`, of `size`; `partial` where somebody asked for just these."""

    begin: int
    length: int
    size: int
    partial: bool = False

    @property
    def told(self) -> str:
        """The header Content-Range."""
        return f"bytes {self.begin}-{self.begin + self.length - 1}/{self.size}"


class NotThere(UsageError):
    """A range behind the end; `told` is the header Content-Range, which says where that is."""

    def __init__(self, size: int) -> None:
        super().__init__(
            code="request.range",
            brief=f"there are {size} bytes by now, and nothing of the range that was asked for",
            resolution="Ask for what comes behind what you have, once there is more.",
        )
        self.told = f"bytes */{size}"


def span_of(header: str | None, size: int) -> Span:
    """What is asked for of so many bytes: all of it where the header is not one that we know.

    Raises NotThere.
    """
    found = _ONE.fullmatch(header.replace(" ", "")) if header else None
    if found is None or found[0] == "bytes=-":
        return Span(0, size, size)
    first, last = found.groups()
    begin = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if begin >= end:
        raise NotThere(size)
    return Span(begin, end - begin, size, partial=True)
