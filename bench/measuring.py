"""What a process costs. Processor time is user and system together, children included."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """A bench could not be carried out."""


@dataclass(frozen=True)
class Cost:
    """Seconds."""

    wall: float
    cpu: float

    def __add__(self, other: "Cost") -> "Cost":
        """One after the other."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu)


Subject = Callable[[], Cost]


def cost_of(argv: Sequence[str], env: Mapping[str, str], *, out: Path = Path(os.devnull)) -> Cost:
    """What a program costs from its start to its end, its imports included. Failed where it does not end with 0."""
    began = time.perf_counter()
    with out.open("wb") as stdout:
        process = subprocess.Popen(argv, env=dict(env), stdin=subprocess.DEVNULL, stdout=stdout)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(argv)} ended with {process.returncode}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)


def cheapest(subjects: Mapping[str, Subject], rounds: int) -> dict[str, Cost]:
    """The least of each, by wall clock and by processor time; the subjects take turns.

    The least counts because whatever else runs on the machine can only add to it.
    """
    found: dict[str, list[Cost]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            found[name].append(subject())
    return {name: Cost(min(c.wall for c in costs), min(c.cpu for c in costs)) for name, costs in found.items()}


def machine() -> str:
    """What it was measured on."""
    model = next((line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")), "?")
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}"


def _cpuinfo() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []
