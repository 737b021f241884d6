"""Runs one attempt to its end, whatever becomes of who asked for it. A program: standard library only.

    python -I -S supervisor.py FOLDER GRACE CWD ARGV...

It holds the attempt's lock as long as it lives, marks that the attempt has begun before it starts anything, and
leaves a result that is whole or not there at all. SIGTERM asks it to stop the attempt: SIGTERM to the job's process
group, GRACE seconds to obey, then SIGKILL to every descendant, also to those that made a session of their own.

Where FOLDER holds a lifeline (see `execute.lifeline`) and it is older than it may be, nothing is begun, and what runs
is stopped in the same way, with nobody asking for it.

It leaves with 0 when a result is there, BUSY or BEGUN when another one has this attempt, CUT_OFF where its lifeline
is too old, or with the errno that kept it from beginning.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable

LOCK, STARTED, SESSION, RESULT, LOG = "lock", "started", "session", "result.json", "log"
LIFELINE = "lifeline"
BUSY, BEGUN, CUT_OFF = 200, 201, 202

_PR_SET_CHILD_SUBREAPER = 36
_WATCHED = (signal.SIGCHLD, signal.SIGTERM)
#: What a terminal sends to all that it has started. Whoever starts us blocks them: see `_leave_the_terminal`.
TERMINAL = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
#: The result is written over a block that was put by when there was room, so that a disk which is full at the end
#: does not turn a finished attempt into a lost one.
_RESERVED = 1024
#: How often to look who is left of a job that was stopped, in seconds.
_GLANCE = 0.2
#: How often to look at the lifeline, in seconds.
_LOOK = 1.0


def main(folder: str, grace: float, cwd: str, argv: list[str]) -> int:
    """Run the attempt in `folder`; the code to leave with."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # whoever started us may have chosen to ignore it
    _leave_the_terminal()
    signal.pthread_sigmask(signal.SIG_SETMASK, _WATCHED)
    os.chdir(folder)
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return BUSY
    if os.path.exists(STARTED):
        return BEGUN
    lifeline = _lifeline(None)
    if lifeline is not None and _age(lifeline) > lifeline[1]:
        return CUT_OFF
    _reserve()
    _mark()
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, *(ctypes.c_ulong(n) for n in (1, 0, 0, 0)))
    try:
        job = _start(cwd, argv)
    except OSError as error:
        _leave_result({"error": _why(error, cwd, argv[0])})
        return 0
    returncode, why = _wait(job, grace, lifeline)
    _leave_result({"returncode": returncode, "stopped": bool(why), "why": why})
    return 0


def _leave_the_terminal() -> None:
    """Forget a Ctrl-C of the moment in which we were not yet in a session of our own; it is meant for who started us.

    To ignore a signal discards one that is pending (signal(7), sigaction(2)).
    """
    for number in TERMINAL:
        before = signal.signal(number, signal.SIG_IGN)
        signal.signal(number, before)


def _reserve() -> None:
    descriptor = os.open(RESULT + ".tmp", os.O_WRONLY | os.O_CREAT, 0o600)
    if os.write(descriptor, b" " * _RESERVED) < _RESERVED:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)
    os.close(descriptor)


def _mark() -> None:
    descriptor = os.open(STARTED, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.fsync(descriptor)
    os.close(descriptor)
    _sync_folder()


def _sync_folder() -> None:
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)


def _start(cwd: str, argv: list[str]) -> "subprocess.Popen[bytes]":
    with open(LOG, "ab") as log, open(SESSION, "wb") as session:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: _become_the_job(session.fileno()),  # safe: this process has one thread
        )


def _become_the_job(session: int) -> None:
    """What is left to do before the job's program begins.

    The session is named here, since the supervisor may be killed as soon as the job is there: whoever comes later finds
    by it what the job has left. Without room for that, it is found by its environment alone.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    with contextlib.suppress(OSError):
        os.write(session, str(os.getpid()).encode())


def _why(error: OSError, cwd: str, program: str) -> str:
    what = f"the working directory {cwd}" if error.filename == cwd else program
    return f"cannot start {what}: {error.strerror}"[: _RESERVED // 4]  # may grow when it is written as JSON


def _wait(job: "subprocess.Popen[bytes]", grace: float, lifeline: "tuple[float, float] | None") -> tuple[int, str]:
    """The job's return code, negative for a signal, and why it was stopped by force, if it was."""
    while True:
        heard = _heard(lifeline)
        if heard == signal.SIGTERM:
            return _stop(job, grace), "asked"
        ended = _reap(job.pid) if heard else None
        if ended is not None:
            return ended, ""
        lifeline = _lifeline(lifeline)
        if lifeline is not None and _age(lifeline) > lifeline[1]:
            return _stop(job, grace), "cut off"


def _heard(lifeline: "tuple[float, float] | None") -> int | None:
    """The next signal; None where it is time to look at the lifeline."""
    if lifeline is None:
        return signal.sigwait(_WATCHED)
    heard = signal.sigtimedwait(_WATCHED, _LOOK)
    return None if heard is None else heard.si_signo


def _lifeline(last: "tuple[float, float] | None") -> "tuple[float, float] | None":
    """When a worker was last sure of its attempt, in seconds since the machine's start, and how old that may get.

    One that cannot be read, half written as it may be, leaves it at the last one.
    """
    try:
        with open(LIFELINE, "rb") as file:
            stamp, limit = map(float, file.read().split())
    except (OSError, ValueError):
        return last
    return stamp, limit


def _age(lifeline: tuple[float, float]) -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) - lifeline[0]  # goes on while the machine sleeps


def _reap(wanted: int) -> int | None:
    """Bury every child that has ended; the return code of the wanted one if it was among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == wanted:
            found = os.waitstatus_to_exitcode(status)


def _stop(job: "subprocess.Popen[bytes]", grace: float) -> int:
    """End the job and all that comes from it. Orphans become our children, so without a child there is nothing left.

    The job ends its own children first if it wants to. Who is left when it has gone, such as a child that was born just
    before its end, was never asked, and is asked then.
    """
    _signal_group(job.pid)
    deadline = time.monotonic() + grace
    returncode: int | None = None
    asked: set[int] = set()
    while _has_children():
        left = deadline - time.monotonic()
        if left <= 0:
            _tell(_descendants(), signal.SIGKILL)
        elif returncode is not None:
            orphans = set(_descendants())
            _tell(orphans - asked, signal.SIGTERM)
            asked |= orphans
        signal.sigtimedwait(_WATCHED, max(min(left, _GLANCE), 0.02))
        ended = _reap(job.pid)
        returncode = ended if ended is not None else returncode
    return returncode or 0


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _signal_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGTERM)
    except ProcessLookupError:
        pass


def _tell(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def _descendants() -> list[int]:
    """Everything that comes from this process and has not ended; orphans among it are its own children by now."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            parent = _living_parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry))
    found = list(children.get(os.getpid(), ()))
    for pid in found:
        found += children.get(pid, ())
    return found


def _living_parent(pid: str) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, parent = file.read().rpartition(b") ")[2].split()[:2]
    except OSError:
        return None
    return None if state in (b"Z", b"X") else int(parent)


def _leave_result(result: dict[str, object]) -> None:
    text = json.dumps({**result, "ended_at": time.time()}).encode()
    descriptor = os.open(RESULT + ".tmp", os.O_WRONLY)
    os.write(descriptor, text.ljust(_RESERVED))
    os.fsync(descriptor)
    os.close(descriptor)
    os.rename(RESULT + ".tmp", RESULT)
    _sync_folder()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3], sys.argv[4:]))
    except OSError as error:
        sys.exit(error.errno if error.errno and error.errno < BUSY else 1)
