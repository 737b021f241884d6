"""How a process ended, in words."""

import re
import signal

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_LINE_CHARACTERS = 200
#: A shell reports a child that a signal ended as 128 plus its number; there are 64 signals.
_SHELL_SIGNALS = range(129, 129 + 64)


def ending(returncode: int) -> str:
    """The return code, negative for a signal, as a person says it."""
    if returncode < 0:
        return f"ended by {signal_name(-returncode)}"
    by_signal = f" ({signal_name(returncode - 128)})" if returncode in _SHELL_SIGNALS else ""
    return f"exit status {returncode}{by_signal}"


def signal_name(number: int) -> str:
    """SIGTERM for 15."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def without_colours(log: str) -> str:
    """A log as it would read in a file."""
    return _ESCAPES.sub("", log)


def last_line(log: str, most: int = _LINE_CHARACTERS) -> str:
    """The last line of a log that says something, at most so many characters of it."""
    lines = (line.strip() for line in reversed(without_colours(log).splitlines()))
    return next((line[:most] for line in lines if line), "")
