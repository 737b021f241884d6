"""Which processes an attempt has, and how it is ended so that its log is whole and nothing of it goes on.

SIGTERM to grenade.sh alone orphans the project's upgrade.sh, which goes on upgrading; to the whole group it ends the
log's filters first, and the reason is lost. So everything but these is asked first: bash runs its trap once its
foreground child has ended, prints where it was, and the driver says its last words through living filters.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_POLL = 0.1
#: Scripts of the driver that go on by themselves when it has died.
_SCRIPTS = frozenset({"grenade.sh", "prep-target", "save-state", "upgrade.sh", "shutdown.sh", "resources.sh"})


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc (proc(5)). `started` is in clock ticks since boot, which with the number names it for good."""

    pid: int
    parent: int
    session: int
    started: int
    command: str


def running() -> dict[int, Process]:
    """Every process that has not ended."""
    found = (_process(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208
    return {process.pid: process for process in found if process is not None}


def _process(pid: int) -> Process | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    return Process(pid, int(fields[1]), int(fields[3]), int(fields[19]), words)


def of_attempt(driver: int) -> list[Process]:
    """What belongs to this program's attempt: the driver's session, and all that descends from this program.

    Orphans are its children (PR_SET_CHILD_SUBREAPER); what made a session of its own is found by its parents.
    """
    everything = running()
    wanted = {os.getpid()}
    grew = True
    while grew:
        more = {p.pid for p in everything.values() if p.parent in wanted or p.session == driver} - wanted
        wanted |= more
        grew = bool(more)
    return [p for p in everything.values() if p.pid in wanted and p.pid != os.getpid()]


def still_driven(session: int) -> list[Process]:
    """Scripts of a driver's session that still run: an earlier attempt, though whoever watched it has died."""
    return [p for p in running().values() if p.session == session and not _SCRIPTS.isdisjoint(_names(p))]


def filters(session: int) -> list[Process]:
    """What writes the logs of a driver. They end when nothing holds the driver's output any more."""
    return [p for p in running().values() if p.session == session and "outfilter.py" in _names(p)]


def _log_keepers(found: Sequence[Process]) -> set[int]:
    """The driver, its filters with what they start (python3 may be a script), and what is about to become a filter."""
    keepers = {p.pid for p in found if not {"grenade.sh", "outfilter.py", "tee", ""}.isdisjoint(_names(p))}
    below = {p.pid for p in found if "outfilter.py" in _names(p)}
    while more := {p.pid for p in found if p.parent in below} - below:
        below |= more
    return keepers | below


def _names(process: Process) -> list[str]:
    return [word.rpartition("/")[2] for word in process.command.split(" ")]


def end(driver: int, reap: Callable[[], None]) -> list[str]:
    """End the attempt, asking more and more firmly; what could not be ended, one sentence each.

    The workers are asked twice, since one may have been born while the first were asked. Not more often: the driver
    starts programs of its own to write down the state of the machine.
    """
    for seconds, ask in _ROUNDS:
        ask(of_attempt(driver))
        deadline = time.monotonic() + seconds
        while of_attempt(driver) and time.monotonic() < deadline:
            time.sleep(_POLL)
            reap()
    return [f"process {p.pid} ({p.command:.80})" for p in of_attempt(driver)]


def _ask_workers(found: Sequence[Process]) -> None:
    keepers = _log_keepers(found)
    _send([p for p in found if p.pid not in keepers], signal.SIGTERM)


def _ask_all(found: Sequence[Process]) -> None:
    _send(found, signal.SIGTERM)


def _kill_all(found: Sequence[Process]) -> None:
    _send(found, signal.SIGKILL)


#: How long each round waits, in seconds; together less than the executor's grace of 10.
_ROUNDS: tuple[tuple[float, Callable[[Sequence[Process]], None]], ...] = (
    (4.0, _ask_workers),
    (2.5, _ask_workers),
    (1.0, _ask_all),
    (0.5, _kill_all),
    (0.5, _kill_all),
)


def _send(found: Iterable[Process], number: signal.Signals) -> None:
    for process in found:
        with suppress(ProcessLookupError):
            try:
                os.kill(process.pid, number)
            except PermissionError:  # what sudo started is root's
                _sudo_kill(process.pid, number)


def _sudo_kill(pid: int, number: signal.Signals) -> None:
    words = ["sudo", "-n", "kill", f"-{int(number)}", str(pid)]
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=5, check=False)


def children_ended() -> Iterator[tuple[int, int]]:
    """Every child that has ended since the last look, with its return code, negative for a signal."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)
