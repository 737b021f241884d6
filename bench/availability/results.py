"""What came of a scenario: a file each, so that the proof can be left and taken up again."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from bench.availability.bed import ROOT

FOLDER = ROOT / "docs" / "proof" / "availability"


@dataclass(frozen=True)
class Result:
    """Figures of one scenario. Times in seconds; `downtime` and `failed` by API, for those that failed at all.

    `unknown` are requests that say nothing of the cloud, `silence` is the longest of a guest that no move explains.
    `expected` is whether all came as it should for this scenario, and `notes` say what did not, or is worth knowing.
    """

    scenario: str
    balancer: str
    order: str
    expected: bool
    seconds: float
    requests: int
    failed: Mapping[str, int] = field(default_factory=dict)
    downtime: Mapping[str, float] = field(default_factory=dict)
    slowest_ms: float | None = None
    creates: int = 0
    failed_creates: int = 0
    reasons: tuple[str, ...] = ()
    silence: float = 0.0
    unknown: int = 0
    notes: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)

    def write(self) -> None:
        """Keep it; it appears whole or not at all."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        new = FOLDER / f"{self.scenario}.new"
        new.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        new.rename(FOLDER / f"{self.scenario}.json")


def kept(scenario: str) -> Result | None:
    """What came of a scenario, if it has been carried out."""
    file = FOLDER / f"{scenario}.json"
    return Result(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def circumstances() -> dict[str, str]:
    """The commit, the date and the machine, as every raw output of the proof begins."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = " and uncommitted changes" if _git("status", "--porcelain", "src", "testbed", "bench") else ""
    return {
        "commit": f"{commit}{changed}",
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
        "machine": f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
    }


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
