"""The standard streams, made fit: they are there, no character breaks them, and a reader may leave early."""

import codecs
import io
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TextIO

_PLAIN = {
    "✔": "+",
    "✘": "x",
    "▶": ">",
    "…": "...",
    "·": "-",
    "↷": "~",
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
    **dict.fromkeys("─━", "-"),
    **dict.fromkeys("│┃", "|"),
}
_ERRORS = "stairlift.plain"
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def prepare() -> None:
    """Make streams and signals what the commands expect of them; once, before anything is printed."""
    codecs.register_error(_ERRORS, _plain)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever called us
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # for good  # noqa: PTH123, SIM115
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ERRORS)
    for number in _STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or the background of a shell
            signal.signal(number, _leave)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What a terminal without our characters shows instead of them; bytes of a file name as they are."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_spelt, error.object[error.start : error.end])), error.end


def _spelt(character: str) -> str:
    escaped = ord(character) - 0xDC00
    return f"\\x{escaped:02x}" if 0x80 <= escaped <= 0xFF else _PLAIN.get(character, "?")


def _leave(number: int, _frame: FrameType | None) -> None:
    """Leave with the code that a shell gives for the signal; whatever is open is closed on the way."""
    sys.exit(128 + number)


def close(code: int) -> int:
    """Let out what is still held back; the exit code, which a full disk behind stdout turns into 1."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        code = code or 1
        with suppress(OSError):
            print(f"error: the output cannot be written: {error.strerror}", file=sys.stderr)  # noqa: T201  # last words
    try:
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)
    return code


def _discard(stream: TextIO) -> None:
    """Nobody wants the rest; Python would complain, and change the exit code, when it lets it out at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
