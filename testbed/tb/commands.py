"""Starting other programs and waiting for things: the two ways in which the testbed meets the machine."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from tb.errors import TestbedError

Item = TypeVar("Item")
_STARTED = time.monotonic()


def say(text: str) -> None:
    """One line of progress on stderr, with the seconds since the command began."""
    print(f"{time.monotonic() - _STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def run(argv: Sequence[str], feed: str = "", env: dict[str, str] | None = None) -> str:
    """What the program wrote to stdout. Raises TestbedError with the end of its output if it fails."""
    done = subprocess.run(argv, input=feed, env=env, text=True, capture_output=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise TestbedError(f"exit code {done.returncode} of: {' '.join(argv)}\n{tail}")
    return done.stdout


def side_by_side(work: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Does the work for every item at the same time; the first error is raised once all have ended."""
    items = list(items)
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()


def wait_until(what: str, ready: Callable[[], bool], seconds: float, pause: float = 0.2) -> None:
    """Asks until the answer is yes. Raises TestbedError, naming `what` was waited for, when time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TestbedError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(pause)
