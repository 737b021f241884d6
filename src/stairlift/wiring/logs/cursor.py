"""Where somebody is in the log of a whole run, as a text that is handed out and comes back."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from stairlift.model.run import AttemptId
from stairlift.store.refusals import unknown_marker

#: No cursor of ours is longer when it is unpacked: one that is was made to fill our memory.
_LONGEST = 2**22
#: The offset of an attempt of which nothing more comes.
OVER = -1


@dataclass(frozen=True, slots=True)
class LogCursor:
    """Up to where it was read: every attempt that began by event `seq`, but for those of `offsets` to their end.

    `asked` tells which lines were asked for: another question has other cursors.
    """

    asked: str = ""
    seq: int = 0
    offsets: Mapping[AttemptId, int] = field(default_factory=dict)

    def __str__(self) -> str:
        offsets = [[attempt.step, attempt.number, offset] for attempt, offset in self.offsets.items()]
        packed = zlib.compress(orjson.dumps([self.asked, self.seq, offsets]))
        return urlsafe_b64encode(packed).decode().rstrip("=")


def read_cursor(text: str, run: str, asked: str) -> LogCursor:
    """What a text says that was handed out. UsageError (page.unknown_marker) where it is none, or of other lines."""
    if not text:
        return LogCursor(asked)
    try:
        found = _unpacked(text, run)
    except (ValueError, TypeError, zlib.error) as wrong:
        raise unknown_marker(text) from wrong
    if found.asked != asked:
        raise unknown_marker(text)
    return found


def _unpacked(text: str, run: str) -> LogCursor:
    """ValueError, TypeError or zlib.error for what we did not write."""
    unpacking = zlib.decompressobj()
    asked, seq, offsets = orjson.loads(unpacking.decompress(urlsafe_b64decode(text + "=" * (-len(text) % 4)), _LONGEST))
    return LogCursor(_text(asked), _whole(seq), {_attempt(run, one): _whole(one[2], OVER) for one in offsets})


def _attempt(run: str, one: Any) -> AttemptId:
    step, number, _ = one
    return AttemptId(run, _text(step), _whole(number, 1))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: Any, least: int = 0) -> int:
    """A number that fits into what databases and files call one."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**63:
        raise TypeError
    return value
