"""The lifeline of a worker's attempt: a file in its folder that says when the worker was last sure that it has it.

The attempt's supervisor looks at it and stops the job when it gets too old (`supervisor.py`), whatever has become of
the worker: killed, hung, cut off from the database. So whoever waits long enough knows that nothing of it runs.
Times are on the clock that counts from the machine's start: nobody sets it, and it goes on while the machine sleeps.
"""

import os
import time
from pathlib import Path

from stairlift.execute.supervisor import LIFELINE


def instant() -> float:
    """Seconds since the machine's start."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def hang(folder: Path, stamp: float, limit: float) -> None:
    """Make the lifeline of an attempt that has not begun: it was sure at `stamp` and may get `limit` seconds old."""
    unfinished = folder / f"{LIFELINE}.new"
    unfinished.write_bytes(_text(stamp, limit))
    unfinished.rename(folder / LIFELINE)


def renew(folder: Path, stamp: float, limit: float) -> None:
    """Write it anew in its place, which needs no room on a full disk. Raises OSError where there is none."""
    descriptor = os.open(folder / LIFELINE, os.O_WRONLY)
    try:
        os.pwrite(descriptor, _text(stamp, limit), 0)
    finally:
        os.close(descriptor)


def _text(stamp: float, limit: float) -> bytes:
    """Always of one length."""
    return f"{stamp:020.3f} {limit:012.3f}\n".encode()
