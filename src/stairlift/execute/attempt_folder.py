"""What the folder of an attempt says: whether it was begun, who runs it, how it ended. Its files are all the truth."""

import fcntl
import json
import os
import struct
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psutil

from stairlift.execute.supervisor import LOCK, LOG, RESULT, SESSION, STARTED
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ended, Ending, Lost, NotStarted
from stairlift.model.work import Outcome

PROGRESS = "progress.jsonl"
#: How much of a log a verdict gets to see, and of a progress file at most, in bytes from the end.
LOG_TAIL, PROGRESS_TAIL = 16 * 1024, 64 * 1024 * 1024
#: By the reason that its supervisor left: what is told of an attempt that was stopped.
_STOPPED = {
    "asked": "it was stopped by force half-way",
    "cut off": "it was stopped by force half-way, since its worker had lost the database for too long",
}
#: struct flock on 64 bit Linux: type, whence, start, length, pid.
_FLOCK = "hhqqi"
#: Where /proc/PID/stat has the start of a process, counted from behind its name (proc_pid_stat(5): field 22).
_STARTED_AT = 19


@dataclass(frozen=True, slots=True)
class AttemptFolder:
    """The files of one attempt, which may or may not be there yet."""

    path: Path

    def ending(self) -> Ending | None:
        """How the attempt ended; None where it runs or was not begun.

        A result that is torn is none: whoever wrote it never came to its end.
        """
        ended = self._result()
        if ended is not None or self.supervisor() is not None:
            return ended
        ended = self._result()  # it may have come to its end between the two looks
        if ended is not None or not self.has_begun():
            return ended
        return Lost("it was begun and left no result: its process or its machine died half-way")

    def has_begun(self) -> bool:
        """Whether anything of it may have been done."""
        return (self.path / STARTED).exists()

    def supervisor(self) -> int | None:
        """The process that runs it, as the kernel knows it from its lock; asking does not disturb the lock."""
        try:
            descriptor = os.open(self.path / LOCK, os.O_RDWR)
        except OSError:
            return None
        try:
            wanted = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, *_, pid = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, wanted))
            return None if kind == fcntl.F_UNLCK else pid
        finally:
            os.close(descriptor)

    def age(self) -> float | None:
        """For how many seconds its supervisor has run at least; None where it does not.

        Both clocks count from the boot and cannot be set. That of the process goes on while the machine is suspended,
        ours does not: all suspensions since the boot are taken off, since nobody knows which were before it.
        """
        pid = self.supervisor()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            return None
        started = (int(fields[_STARTED_AT]) + 1) / os.sysconf("SC_CLK_TCK")  # it counts in whole ticks
        return max(0.0, time.monotonic() - started)

    def processes(self) -> Iterator[tuple[int, str]]:
        """Every process that has this attempt in its environment, or is of its job's session, with its command line.

        Either alone may fail: sudo clears the environment, setsid leaves the session. The masters that ssh leaves
        behind for the next connection are not its work (OpenSSH, ControlPersist).
        """
        mark, session = str(self.path / PROGRESS), self._session()
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and _is_part(process, mark, session):
                    command = " ".join(process.cmdline())
                    if not (command.startswith("ssh: ") and command.endswith("[mux]")):
                        yield process.pid, command
            except psutil.Error:  # it has ended, or belongs to somebody else
                continue

    def prepare(self, files: Mapping[str, str]) -> None:
        """Make the folder and put the job's files into it. Raises OSError, ValueError for a name with a path in it."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in files.items():
            if name != Path(name).name or name in ("", ".", ".."):
                raise ValueError(f"{name!r} is not the name of a file")
            unfinished = self.path / f"{name}.new"
            unfinished.write_text(text)
            unfinished.rename(self.path / name)

    def outcome(self, returncode: int) -> Outcome:
        """What a strategy is told of a job that ended so."""
        return Outcome(returncode, _tail(self.path / PROGRESS, PROGRESS_TAIL), _tail(self.path / LOG, LOG_TAIL))

    def _result(self) -> Ending | None:
        try:
            result = json.loads((self.path / RESULT).read_bytes())
            ended_at = datetime.fromtimestamp(result["ended_at"], UTC)
            if "error" in result:
                return NotStarted(str(result["error"]))
            if result["stopped"]:
                return Lost(_STOPPED.get(result.get("why"), _STOPPED["asked"]), ended_at)
            return Ended(self.outcome(int(result["returncode"])), ended_at)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(self.path, error) from error
        except (ValueError, KeyError, TypeError):
            return Lost("its result is torn, so that nobody knows how it ended") if self.supervisor() is None else None

    def _session(self) -> int | None:
        """The session of its job; None where it is not known, or the machine has rebooted since.

        Sessions 0 (the kernel's threads) and 1 (init's) are never a job's.
        """
        file = self.path / SESSION
        try:
            found = int(file.read_text()) if file.stat().st_mtime > psutil.boot_time() else 0
        except (OSError, ValueError):
            return None
        return found if found > 1 else None


def _unreadable(path: Path, error: OSError) -> StairliftError:
    return StairliftError(
        code="execute.unreadable",
        brief=f"how an attempt ended cannot be read from {path}: {error.strerror}",
        resolution="See to that disk, then `stairlift resume`: nothing is lost, nothing runs twice.",
    )


def run_folder(root: Path, run_id: str) -> Path:
    """The folder of all attempts of a run."""
    return root / _safe(run_id)


def folder_of(root: Path, attempt: AttemptId) -> AttemptFolder:
    """The folder of an attempt below `root`; whatever a step is called makes a legal name, and its own."""
    return AttemptFolder(run_folder(root, attempt.run) / _safe(attempt.step) / str(attempt.number))


def _safe(name: str) -> str:
    encoded = quote(name, safe=" +@=,:")
    if encoded.startswith("."):
        encoded = "%2E" + encoded[1:]
    return encoded if len(encoded) <= 200 else f"{encoded[:160]}-{sha256(name.encode()).hexdigest()[:16]}"


def _is_part(process: psutil.Process, mark: str, session: int | None) -> bool:
    if session is not None and _session_of(process.pid) == session:
        return True
    return process.environ().get("STAIRLIFT_PROGRESS") == mark


def _session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _tail(file: Path, size: int) -> str:
    """The end of a file, from the beginning of a line where it is not whole."""
    try:
        with file.open("rb") as stream:
            whole = stream.seek(0, os.SEEK_END) <= size
            stream.seek(0 if whole else -size, os.SEEK_SET if whole else os.SEEK_END)
            found = stream.read()
    except OSError:
        return ""
    return (found if whole else found.partition(b"\n")[2]).decode(errors="replace")
