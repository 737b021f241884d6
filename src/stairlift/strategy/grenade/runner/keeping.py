"""Copies of the driver's logs in the attempt's folder, without passwords: the driver deletes its own after a day."""

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .masking import Mask

_LARGEST = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Before:
    """What was there when the attempt began: error.log is appended to, by every run, for ever."""

    logs: Path
    error_size: int
    at: float

    @classmethod
    def look(cls, stack_root: Path) -> "Before":
        """Look now."""
        logs = stack_root / "logs"
        with suppress(OSError):
            return cls(logs, (logs / "error.log").stat().st_size, time.time())
        return cls(logs, 0, time.time())

    def new_errors(self) -> str:
        """What this attempt has added to error.log."""
        with suppress(OSError), (self.logs / "error.log").open("rb") as file:
            file.seek(self.error_size)
            return file.read(64 * 1024).decode(errors="replace")
        return ""


def keep(folder: Path, before: Before, full_log: str | None, mask: Mask) -> None:
    """Put them into the folder, as far as they are there; a disk that is full costs copies, not the verdict."""
    with suppress(OSError):
        (folder / "error.log").write_text(mask.line(before.new_errors()))
    if full_log is not None:
        _copy(Path(full_log), folder / "grenade.sh.log", mask)
    dumps = before.logs.glob("worlddump-2*.txt") if before.logs.is_dir() else ()
    for dump in sorted(dumps):
        with suppress(OSError):
            if dump.stat().st_mtime >= before.at - 1:
                _copy(dump, folder / "worlddump.txt", mask)


def _copy(source: Path, target: Path, mask: Mask) -> None:
    with suppress(OSError), source.open(errors="replace") as lines:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", errors="replace") as copied:
            written = 0
            for line in lines:
                written += copied.write(mask.line(line))
                if written > _LARGEST:
                    copied.write("... cut here\n")
                    return
