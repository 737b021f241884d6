"""What the write probe has made, taken away while the run rests: in the ledger like whatever else a run changes."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from stairlift.model.effect import Effect, Intention
from stairlift.model.work import Assignment
from stairlift.ports import CloudClient
from stairlift.probe.order import GIVEN_UP, LOCK, QUIET, STILL
from stairlift.probe.writing import clean

#: Seconds that the probe has to leave off by itself, and between two looks whether it has.
_PATIENCE, _LOOK = 20.0, 0.1


class Leftovers:
    """Fills ports.Affecting for the meter of one run. `client` makes a session with a cloud of clouds.yaml.

    The meter goes on; only its write probe rests until the run is taken up again.
    """

    name = "meter"

    def __init__(self, folder: Path, client: Callable[[str], CloudClient]) -> None:
        self._folder = folder
        self._client = client

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:  # noqa: ARG002
        """Its effect is that of the run, and goes on record with its beginning."""
        return ()

    def restore(self, effect: Effect) -> str:
        """Let the probe leave off, and remove what carries the tag. Raises UsageError for a cloud that is unknown."""
        if self._folder.is_dir():
            (self._folder / STILL).unlink(missing_ok=True)
            (self._folder / QUIET).touch()
            self._await_silence()
        left = clean(self._client(str(effect.details["cloud"])), str(effect.details["tag"]))
        return f"{left} of what carries the tag {effect.details['tag']} could not be removed" if left else ""

    def _await_silence(self) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and not self._is_silent() and _held(self._folder / LOCK):
            time.sleep(_LOOK)

    def _is_silent(self) -> bool:
        return any((self._folder / sign).exists() for sign in (STILL, GIVEN_UP))


def _held(lock: Path) -> bool:
    """Whether a meter is at work."""
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
