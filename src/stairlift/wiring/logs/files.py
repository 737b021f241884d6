"""The log of one attempt as a file: pieces of it from any byte on, while somebody else goes on writing."""

import os
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from stairlift.execute.supervisor import LOG
from stairlift.model.run import Attempt, AttemptId
from stairlift.wiring.office import Office

#: So many bytes are given at once, at most and at least: with fewer a line without an end could never be got past.
MOST, LEAST = 2**20, 16
#: No file is so long, and the kernel bears no offset far behind it.
_FARTHEST = 2**62
#: A longer line comes in parts; so much of a log's end is looked at for its last lines. Bytes.
_LONGEST, _TAIL = 2**16, 2**18
_OPENING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DECODER = getincrementaldecoder("utf-8")


@dataclass(frozen=True, slots=True)
class LogPiece:
    """Some bytes of a log. `size` is how many there are by now; `ended` says that there will be no more.

    `here` is False where this machine has no such file: nothing was printed yet, or the attempt ran somewhere whose
    output comes to another server.
    """

    offset: int
    data: bytes
    size: int
    ended: bool
    here: bool = True

    @property
    def next_offset(self) -> int:
        """Where to go on."""
        return self.offset + len(self.data)

    @property
    def whole(self) -> bool:
        """Whether nothing comes behind it, ever."""
        return self.ended and self.next_offset >= self.size


def log_piece(office: Office, attempt: Attempt, offset: int = 0, limit: int = MOST) -> LogPiece:
    """The bytes from an offset on, up to the end of a line: one that is still being written comes with a later piece.

    A line of more than `limit` bytes comes in parts that end where a character does. All pieces together are the file.
    """
    most = max(LEAST, min(limit, MOST))
    ended = attempt.result is not None  # on record before the file is read: what it printed last is in there
    with open_log(office, attempt) as file:
        if file is None:
            return LogPiece(offset, b"", 0, ended, here=False)
        data = os.pread(file.fileno(), most, offset) if offset < _FARTHEST else b""
        size = max(os.fstat(file.fileno()).st_size, offset + len(data) if data else 0)
    last = ended and offset + len(data) >= size
    return LogPiece(offset, data if last else _cut(data, full=len(data) == most), size, ended)


def end_of_lines(office: Office, attempt: Attempt) -> tuple[int, int]:
    """Between these two offsets lie the last whole lines of a log, as far as a look at its end tells them."""
    with open_log(office, attempt) as file:
        if file is None:
            return 0, 0
        size = os.fstat(file.fileno()).st_size
        begin = max(0, size - _TAIL)
        data = os.pread(file.fileno(), size - begin, begin)
    end = begin + (len(data) if attempt.result else data.rfind(b"\n") + 1)
    return (begin + data.find(b"\n") + 1 if begin else 0), max(end, begin)


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line without its end, from the byte `offset` of its attempt's log to `end`. What is no UTF-8 is replaced."""

    attempt: AttemptId
    offset: int
    end: int
    text: str


def lines_of(attempt: AttemptId, offset: int, data: bytes) -> Iterator[LogLine]:
    """The lines of a piece that begins at an offset; a very long one comes in parts."""
    for line in BytesIO(data):
        left = line
        while left:
            part = left if len(left) <= _LONGEST else _whole_characters(left[:_LONGEST])
            text = part.removesuffix(b"\n").decode(errors="replace")
            yield LogLine(attempt, offset, offset + len(part), text)
            offset, left = offset + len(part), left[len(part) :]


def _cut(data: bytes, *, full: bool) -> bytes:
    """Up to the last end of a line; of a line that is longer than that, whole characters."""
    end = data.rfind(b"\n") + 1
    return data[:end] if end or not full else _whole_characters(data)


def _whole_characters(data: bytes) -> bytes:
    """Without the beginning of a character that does not end in it."""
    decoder = _DECODER("replace")
    decoder.decode(data)
    return data[: len(data) - len(decoder.getstate()[0])]


@contextmanager
def open_log(office: Office, attempt: Attempt) -> Iterator[BinaryIO | None]:
    """The log's file, to be read; None where there is none. It is the attempt's own, whatever was put in its place."""
    found = _opened(office.file(attempt, LOG), office.state_dir / "attempts")
    if found is None:
        yield None
        return
    with found:
        yield found


def _opened(path: Path, root: Path) -> BinaryIO | None:
    """A regular file below `root`: no link leads out of it, and nothing that would block is waited for."""
    if not path.parent.resolve().is_relative_to(root.resolve()):
        return None
    try:
        file = os.fdopen(os.open(path, _OPENING), "rb")
    except OSError:
        return None
    if S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    return None


def size_of(office: Office, attempt: Attempt) -> int:
    """How many bytes of a log there are by now."""
    with open_log(office, attempt) as file:
        return os.fstat(file.fileno()).st_size if file else 0
