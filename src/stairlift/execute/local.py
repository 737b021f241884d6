"""Attempts as processes of this machine. They outlive the orchestrator, and the next one adopts them."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from stairlift.execute import supervisor
from stairlift.execute.attempt_folder import PROGRESS, AttemptFolder, folder_of, run_folder
from stairlift.model.errors import StairliftError
from stairlift.model.run import AttemptId, Ended, Ending, NotStarted
from stairlift.model.work import Job

_SUPERVISOR = str(Path(supervisor.__file__))
#: How often to look where the kernel cannot tell us that a process has gone (before Linux 5.3), in seconds.
_POLL = 0.2


class LocalExecutor:
    """Starts one supervisor per attempt below `root`, a folder on a local disk (its locks are the kernel's).

    `grace` is how many seconds a job that is stopped by force has to end by itself. `environ` is what jobs see beside
    their own variables: this process's environment, unless something else is given.
    """

    def __init__(self, root: Path, *, grace: float = 10.0, environ: Mapping[str, str] | None = None) -> None:
        self._root = root.absolute()
        self._grace = grace
        self._environ = os.environ if environ is None else environ
        self._left_behind: set[int] = set()

    def folder(self, attempt: AttemptId) -> Path:
        """Where its log and its progress are."""
        return self._at(attempt).path

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """Make the folder of a run that begins; miss that of one that was begun with another machine or folder."""
        folder = run_folder(self._root, run_id)
        if begun and not folder.is_dir():
            raise _gone_elsewhere(run_id, folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StairliftError(
                code="execute.unwritable",
                brief=f"the folder for the attempts cannot be made in {self._root}: {error.strerror}",
                resolution="Set STAIRLIFT_STATE_DIR to a folder on a local disk that this user may write.",
            ) from error

    def has(self, attempt: AttemptId) -> bool:
        """Whether an attempt was begun here, or is about to be."""
        folder = self._at(attempt)
        return folder.has_begun() or folder.supervisor() is not None

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Start or adopt it, and wait for its end. Cancelled, the attempt goes on."""
        self._bury()
        folder = self._at(attempt)
        while True:
            ending = folder.ending()
            if ending is not None:
                return ending
            pid = folder.supervisor()
            refused = await (self._start(folder, job()) if pid is None else _gone(pid, folder))
            if refused is not None:
                return refused

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """What of it still runs."""
        folder = self._at(attempt)
        if isinstance(folder.ending(), Ended | NotStarted):
            return ()  # what it left running on purpose, such as a daemon that it started, is not the attempt
        found = await asyncio.to_thread(lambda: sorted(folder.processes()))
        return tuple(f"process {pid} ({command:.80})" for pid, command in found)

    def age(self, attempt: AttemptId) -> float | None:
        """Since its supervisor was started, without the time in which this machine was suspended."""
        return self._at(attempt).age()

    async def end(self, attempt: AttemptId) -> None:
        """Stop it by force: through its supervisor, or one by one where that has died."""
        folder = self._at(attempt)
        while (pid := folder.supervisor()) is not None:
            _signal(pid, signal.SIGTERM, folder)
            await _gone(pid, folder)
        sent = signal.SIGTERM
        deadline = asyncio.get_running_loop().time() + self._grace
        while left := await asyncio.to_thread(lambda: list(folder.processes())):
            for other, _ in left:
                with suppress(ProcessLookupError):
                    os.kill(other, sent)
            await asyncio.sleep(_POLL)
            if asyncio.get_running_loop().time() >= deadline:
                sent = signal.SIGKILL

    def _at(self, attempt: AttemptId) -> AttemptFolder:
        return folder_of(self._root, attempt)

    async def _start(self, folder: AttemptFolder, job: Job) -> NotStarted | None:
        """Start a supervisor and wait for it; None where the folder tells the rest."""
        try:
            folder.prepare(job.files)
            pid = _spawn(folder, job, self._grace, self._environ)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return NotStarted(f"the attempt cannot be prepared in {folder.path}: {reason}")
        try:
            code = await _exit_code(pid)
        except asyncio.CancelledError:
            self._left_behind.add(pid)
            raise
        if code in (0, supervisor.BUSY, supervisor.BEGUN) or folder.has_begun():
            return None
        if code == supervisor.CUT_OFF:
            return NotStarted("its worker had lost the database for too long to begin it")
        why = os.strerror(code) if code > 0 else f"ended by signal {-code}"
        return NotStarted(f"its supervisor did not start it: {why}")

    def _bury(self) -> None:
        """Children that ended after nobody waited for them any more."""
        for pid in list(self._left_behind):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            self._left_behind.discard(pid)


def _gone_elsewhere(run_id: str, folder: Path) -> StairliftError:
    return StairliftError(
        code="execute.attempts_gone",
        brief=f"run {run_id} was begun elsewhere: what became of its attempts is not in {folder}",
        details="to go on without them would start again what may still run",
        resolution="Resume it on the machine, and with the STAIRLIFT_STATE_DIR, that it was begun with.",
    )


def _spawn(folder: AttemptFolder, job: Job, grace: float, environ: Mapping[str, str]) -> int:
    """Start a supervisor in a session of its own, so that no terminal and no signal of ours reaches it."""
    argv = [sys.executable, "-I", "-S", _SUPERVISOR, str(folder.path), str(grace), job.cwd, *job.argv]
    log = str(folder.path / supervisor.LOG)
    return os.posix_spawn(
        sys.executable,
        argv,
        {**environ, **job.env, "STAIRLIFT_PROGRESS": str(folder.path / PROGRESS)},
        setsid=True,
        setsigmask=supervisor.TERMINAL,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
        ],
    )


async def _exit_code(pid: int) -> int:
    """Wait for a child and bury it; negative for the signal that killed it."""
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)  # noqa: ASYNC222
        if found:
            return os.waitstatus_to_exitcode(status)
        await _gone(pid)


async def _gone(pid: int, folder: AttemptFolder | None = None) -> None:
    """Wait until a process has gone; may return early, so look again.

    With `folder`, only while it is that attempt's supervisor: once we have a handle on the process and it still holds
    the lock, its number cannot have passed to another one.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    except OSError:
        await asyncio.sleep(_POLL)
        return
    try:
        if folder is None or folder.supervisor() == pid:
            await _readable(handle)
    finally:
        os.close(handle)


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


def _signal(pid: int, number: signal.Signals, folder: AttemptFolder) -> None:
    """Signal the attempt's supervisor, and no other process that may have got its number since."""
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if folder.supervisor() == pid:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return
    finally:
        os.close(handle)
