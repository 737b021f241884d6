"""The upgrade itself: Stairlift's run, or the same playbooks by ansible-playbook alone."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.availability.bed import SOURCE, TARGET, Bed
from bench.measuring import Failed

#: Seconds for a whole upgrade; it takes ten minutes on an idle machine.
_PATIENCE = 5400.0
DONE, FAILED, PAUSED = 0, 5, 7


@dataclass(frozen=True)
class Journey:
    """A run of Stairlift on the testbed, in a folder of its own."""

    bed: Bed
    folder: Path

    @property
    def log(self) -> Path:
        """What Stairlift said on the way."""
        return self.folder / "stairlift.log"

    def plan(self, policy: Mapping[str, str]) -> Path:
        """The plan, made with such a policy: TOML values by key."""
        way, out = self.folder / "policy.toml", self.folder / "plan.json"
        way.write_text("".join(f"{key} = {value}\n" for key, value in policy.items()), encoding="utf-8")
        options = ("--from", SOURCE, "--to", TARGET, "--policy", str(way), "--out", str(out))
        self.bed.stairlift("plan", *self.bed.sources, *options)
        return out

    def run(self, plan: Path) -> subprocess.Popen[bytes]:
        """Start it, everything approved."""
        return self.bed.start("run", str(plan), "--yes", log=self.log)

    def resume(self) -> subprocess.Popen[bytes]:
        """Go on with it."""
        return self.bed.start("resume", log=self.log)  # --yes holds across a resume

    def ended(self, orchestrator: subprocess.Popen[bytes], *codes: int) -> int:
        """How it ended. Raises Failed where that is none of these exit codes, or it does not end."""
        code = orchestrator.wait(timeout=_PATIENCE)
        if code not in codes:
            raise Failed(f"stairlift ended with {code}: {self.log.read_text()[-4000:]}")
        return code

    def until(self, orchestrator: subprocess.Popen[bytes], reached: Callable[[Any], bool]) -> Any:
        """The first status in which something holds. Raises Failed if the orchestrator ends before."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if orchestrator.poll() is not None:
                raise Failed(f"it ended before: {self.log.read_text()[-4000:]}")
            if "✔" in self.log.read_text() and reached(status := self.bed.status()):
                return status
            time.sleep(1)
        raise Failed("it never came so far")

    def open_effects(self) -> list[Any]:
        """What the ledger says is still to be put back."""
        listed = json.loads(self.bed.stairlift("ledger", "-o", "json"))["effects"]
        return [effect for effect in listed if effect["open"]]


def by_ansible(bed: Bed, folder: Path, *, at_once: str, drain: bool) -> int:
    """The exit code of the whole upgrade by `ansible-playbook site.yml`."""
    words = {"stairlift_from": SOURCE, "stairlift_to": TARGET, "at_once": at_once, "drain": str(drain).lower()}
    extra = [word for name, value in words.items() for word in ("-e", f"{name}={value}")]
    brief = {"ANSIBLE_DISPLAY_OK_HOSTS": "no", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "no"}
    told = replace(bed, environ={**bed.environ, **brief})
    playing = told.spawn(["ansible-playbook", "ansible/site.yml", *extra], log=folder / "ansible.log")
    return playing.wait(timeout=_PATIENCE)
