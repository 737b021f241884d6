"""What goes on in the cloud while it is upgraded: servers come and go, and guests are heard of."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path
from typing import Any

from bench.availability.bed import ROOT, Bed
from bench.availability.pinging import PATIENCE
from bench.measuring import Failed

#: A create that is under way at the end gets as long as it may take, deletion included.
_LAST_CREATE = 300.0
#: Seconds until a guest that was just plugged in is wired, and answers.
_TO_ANSWER = 60.0


@dataclass(frozen=True)
class Silence:
    """A guest that did not answer, for so many seconds from that moment on (of the epoch)."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Tenants:
    """What they left in writing."""

    folder: Path

    @property
    def creates(self) -> list[dict[str, Any]]:
        """A row for every server that was asked for."""
        return _rows(self.folder / "creates.jsonl")

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Those that did not become ACTIVE."""
        return [row for row in self.creates if not row["ok"]]

    def answers(self, server: str) -> bool:
        """Whether its guest has ever answered."""
        return not all(map(_is_lost, _rows(self.folder / f"{server}.pings")))

    def moves(self, server: str) -> list[float]:
        """When the server's guest was plugged in on another host: the first is where it began."""
        return [row["at"] for row in _rows(self.folder / f"{server}.moves")[1:]]

    def silences(self, server: str) -> list[Silence]:
        """When the guest did not answer any more, from the first echo that was lost to the next that was not."""
        found: list[Silence] = []
        lost: float | None = None
        rows = list(dropwhile(_is_lost, _rows(self.folder / f"{server}.pings")))
        for row in rows:
            if _is_lost(row):
                lost = row["at"] if lost is None else lost
            elif lost is not None:
                found.append(Silence(lost, round(row["at"] - lost, 1)))
                lost = None
        return found if lost is None else [*found, Silence(lost, round(rows[-1]["at"] + PATIENCE - lost, 1))]

    def unmoved_silences(self, server: str, around: float = 20.0) -> list[Silence]:
        """Those that no move of the guest explains: one explains so many seconds before it, and thrice as many after."""
        moves = self.moves(server)
        lost = [silence for silence in self.silences(server) if silence.seconds > PATIENCE]
        return [s for s in lost if not any(m - around <= s.at and s.at + s.seconds <= m + 3 * around for m in moves)]


def _is_lost(echo: dict[str, Any]) -> bool:
    return echo["ms"] is None


def _rows(file: Path) -> list[dict[str, Any]]:
    """What is whole; the last line may be under way."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line[0] == "{" and line[-1] == "\n"]


@contextmanager
def at_work(bed: Bed, folder: Path, guests: tuple[str, ...] = ()) -> Iterator[Tenants]:
    """Tenants at work, until the block ends; the server that is under way then is waited for.

    Raises Failed where one of them has left before: who is not there notices nothing.
    """
    log = folder / "tenants.log"
    creating = _program(bed, log, "creating", str(folder))
    others: list[subprocess.Popen[bytes]] = []
    try:
        for server in guests:
            address = bed.testbed("guest", server).strip()
            others += [
                _follow(bed, folder, server),
                _program(bed, log, "pinging", address, str(folder / f"{server}.pings")),
            ]
        tenants = Tenants(folder)
        _wait_for(tenants, guests)
        yield tenants
        if any(process.poll() is not None for process in (creating, *others)):
            raise Failed(f"who was to notice something has left: {log.read_text()[-2000:]}")
        (folder / "enough").touch()
        if creating.wait(timeout=_LAST_CREATE):
            raise Failed(f"who creates servers ended with {creating.returncode}: {log.read_text()[-2000:]}")
    finally:
        for process in (creating, *others):
            process.terminate()
            process.wait()


def _wait_for(tenants: Tenants, guests: tuple[str, ...]) -> None:
    """A guest that has not come up yet is not one whom the upgrade has silenced."""
    end = time.monotonic() + _TO_ANSWER
    while missing := [server for server in guests if not tenants.answers(server)]:
        if time.monotonic() > end:
            raise Failed(f"no answer from the guests of {', '.join(missing)}")
        time.sleep(0.2)


def _program(bed: Bed, log: Path, name: str, *arguments: str) -> subprocess.Popen[bytes]:
    return bed.spawn([sys.executable, "-m", f"bench.availability.{name}", *arguments], log=log, cwd=ROOT)


def _follow(bed: Bed, folder: Path, server: str) -> subprocess.Popen[bytes]:
    return bed.spawn([str(ROOT / "testbed" / "testbed"), "guest", "--follow", server], log=folder / f"{server}.moves")
