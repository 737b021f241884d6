"""The kernel's lock on a cloud: one orchestrator per machine, and the certainty that a dead one is dead."""

import fcntl
import os
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from stairlift.model.errors import StairliftError

#: A reader tries the lock for an instant to see whether it is held; whoever takes it in earnest rides that out.
_TRIES, _PAUSE = 5, 0.02


@dataclass(frozen=True, slots=True)
class CloudLock:
    """A lock file that this process holds. `identity` names the very file: it is drawn when the file is made.

    flock belongs to the open file, so another part of the same process is kept out as well, and what this process
    starts does not inherit it (Python opens files close-on-exec).
    """

    descriptor: int
    identity: str

    def release(self) -> None:
        """Let others in."""
        os.close(self.descriptor)


def take(folder: Path, cloud: str) -> CloudLock | None:
    """The lock of a cloud, or None while another process of this machine has it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(_file(folder, cloud), os.O_RDWR | os.O_CREAT, 0o600)
        if not _locked(descriptor):
            os.close(descriptor)
            return None
        return CloudLock(descriptor, _identity(descriptor))
    except OSError as error:
        raise _unusable(folder, error) from error


def held(folder: Path, cloud: str, identity: str) -> bool | None:
    """Whether some process holds that very lock; None where it is not a lock of this folder."""
    try:
        descriptor = os.open(_file(folder, cloud), os.O_RDWR)
    except OSError:
        return None
    try:
        if os.pread(descriptor, 64, 0).decode() != identity:
            return None
        return not _try(descriptor)
    finally:
        os.close(descriptor)


def _file(folder: Path, cloud: str) -> Path:
    return folder / f"{quote(cloud, safe='')[:200]}.lock"


def _locked(descriptor: int) -> bool:
    for _ in range(_TRIES):
        if _try(descriptor):
            return True
        time.sleep(_PAUSE)
    return False


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _identity(descriptor: int) -> str:
    found = os.pread(descriptor, 64, 0).decode()
    if found:
        return found
    drawn = uuid4().hex
    os.pwrite(descriptor, drawn.encode(), 0)
    os.fsync(descriptor)
    return drawn


def _unusable(folder: Path, error: OSError) -> StairliftError:
    return StairliftError(
        code="store.unwritable",
        brief=f"the lock of the cloud cannot be taken in {folder}",
        details=error.strerror or str(error),
        resolution="See that this user may write there and that the disk is not full.",
    )
