"""A run of a large cloud from its plan to its end, while another process asks again and again how it stands.

What is looked for is growth: of the orchestrator's memory over time, of the database beyond its events, of the price of
an answer. `scale_run.py` is the run; its attempts do nothing for a moment, so that the run lasts long enough to watch.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson

from bench.measuring import Cost, Failed, cost_of
from bench.table import Ratio, Table

HOSTS, QUICK_HOSTS = 10_000, 30
#: How long an attempt takes. With a window of a hundred hosts the run then lasts about a minute.
SECONDS, QUICK_SECONDS = 0.1, 0.01
#: Between two questions, so that asking is not what the machine is busy with.
PAUSE = 0.5
MOST_MB, MOST_STATUS = 500.0, 0.3
STATUS = (str(Path(sys.executable).with_name("stairlift")), "status")


@dataclass(frozen=True)
class Sample:
    """At one moment: how far the run was, what the orchestrator held, and what an answer cost."""

    events: int
    resident_mb: float
    status: Cost


@dataclass(frozen=True)
class Told:
    """What the run said of itself, and what the database held when it was over."""

    steps: int
    plan_cpu: float
    run_cpu: float
    peak_mb: float
    bytes_of: Mapping[str, int]
    rows_of: Mapping[str, int]
    rows_before: Mapping[str, int]


def measure(quick: bool = False) -> Table:
    """The table: one run, since what counts is how it ends beside how it began."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples, told = _watched(folder, *((QUICK_HOSTS, QUICK_SECONDS) if quick else (HOSTS, SECONDS)))
        samples.append(_sample(folder, samples[-1].resident_mb if samples else told.peak_mb))
    return _table(samples, told)


def _watched(folder: Path, hosts: int, seconds: float) -> tuple[list[Sample], Told]:
    """Start the run and ask until it has ended. Failed where it does not end well."""
    samples: list[Sample] = []
    peak, before = 0.0, None
    out = folder / "told.json"
    with out.open("wb") as stdout:
        argv = [sys.executable, "-m", "bench.scale_run", str(folder), str(hosts), str(seconds)]
        process = subprocess.Popen(argv, stdout=stdout, cwd=Path(__file__).parents[1])
        while process.poll() is None:
            peak = max(peak, _resident(process.pid, "VmHWM"))
            if _events(folder) > 1:
                before = before or _rows(folder)
                samples.append(_sample(folder, _resident(process.pid, "VmRSS")))
            time.sleep(PAUSE)
    if process.returncode:
        raise Failed(f"scale: the run ended with {process.returncode}")
    said = orjson.loads(out.read_bytes())
    return samples, Told(**said, peak_mb=peak, rows_before=before or {}, rows_of=_rows(folder), bytes_of=_bytes(folder))


def _sample(folder: Path, resident_mb: float) -> Sample:
    return Sample(_events(folder), resident_mb, cost_of(STATUS, {**os.environ, "STAIRLIFT_STATE_DIR": str(folder)}))


def _resident(pid: int, key: str) -> float:
    """In MB; 0 where the process has just gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:")), 0.0)


def _events(folder: Path) -> int:
    """How many there are; 0 as long as there is no journal."""
    try:
        with closing(sqlite3.connect(f"file:{_journal(folder)}?mode=ro", uri=True)) as database:
            count: int = database.execute("SELECT count(*) FROM event").fetchone()[0]
            return count
    except sqlite3.OperationalError:
        return 0


def _rows(folder: Path) -> dict[str, int]:
    """How many each table has."""
    with closing(sqlite3.connect(_journal(folder))) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def _bytes(folder: Path) -> dict[str, int]:
    """How large each table is."""
    with closing(sqlite3.connect(_journal(folder))) as database:
        return dict(database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").fetchall())


def _journal(folder: Path) -> Path:
    return folder / "stairlift.sqlite"


def _table(samples: list[Sample], told: Told) -> Table:
    early, late = samples[len(samples) // 4], samples[max(len(samples) - 2, 0)]
    dearest = max(sample.status.cpu for sample in samples)
    facts = {
        "steps": f"{told.steps:,}",
        "planning, CPU s": f"{told.plan_cpu:.2f}",
        "the run, CPU us per step": f"{1e6 * told.run_cpu / told.steps:.0f}",
        "resident after a quarter, MB": f"{early.resident_mb:.0f}",
        "resident before the end, MB": f"{late.resident_mb:.0f}",
        "peak, planning included, MB": f"{told.peak_mb:.0f}",
        f"`stairlift status`, dearest of {len(samples)}, CPU s": f"{dearest:.2f}",
        "`stairlift status`, median, CPU s": f"{median(sample.status.cpu for sample in samples):.2f}",
        **{f"{name}: rows": f"{told.rows_of[name]:,}" for name in ("step", "attempt", "event", "command")},
        **{f"{name}: bytes per row": _bytes_per_row(told, name) for name in ("step", "attempt", "event")},
    }
    return Table(
        title=f"scale: {told.steps:,} steps planned, run and watched",
        heads=("", "measured"),
        rows=tuple(facts.items()),
        ratios=(
            Ratio("peak memory / 500 MB", told.peak_mb / MOST_MB, 1.0),
            Ratio("resident before the end / after a quarter", late.resident_mb / early.resident_mb, 1.25),
            Ratio("dearest status / 0.3 s CPU", dearest / MOST_STATUS, 1.0),
            Ratio("rows that came while it ran / attempts and events", _came(told) / _work(told), 1.0),
        ),
    )


def _bytes_per_row(told: Told, name: str) -> str:
    return f"{told.bytes_of[name] / told.rows_of[name]:.0f}" if told.rows_of[name] else "-"


def _came(told: Told) -> int:
    """Rows that the whole journal has more than when the run had begun."""
    return sum(told.rows_of.values()) - sum(told.rows_before.values())


def _work(told: Told) -> int:
    """What a run may leave behind: its attempts and its events."""
    return told.rows_of["attempt"] + told.rows_of["event"]
