"""The upgrade itself: Stairlift's run, or the same playbooks by ansible-playbook alone."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.availability.bed import SOURCE, TARGET, Bed
from bench.measuring import Failed
from stairlift.probe.meter import end_meter

#: Seconds for a whole upgrade, which takes ten minutes on an idle machine, and for an orchestrator that was cancelled.
_PATIENCE, _TO_LEAVE = 5400.0, 120.0
DONE, FAILED, PAUSED = 0, 5, 7


@dataclass(frozen=True)
class Journey:
    """A run of Stairlift on the testbed, in a folder of its own."""

    bed: Bed
    folder: Path
    _begun: list[subprocess.Popen[bytes]] = field(default_factory=list)

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
        return self._begin("run", str(plan), "--yes")

    def resume(self) -> subprocess.Popen[bytes]:
        """Go on with it."""
        return self._begin("resume")  # --yes holds across a resume

    def _begin(self, *words: str) -> subprocess.Popen[bytes]:
        self._begun.append(self.bed.start(*words, log=self.log))
        return self._begun[-1]

    def ended(self, orchestrator: subprocess.Popen[bytes], *codes: int) -> int:
        """How it ended. Raises Failed where that is none of these exit codes, if any are named, or it does not end."""
        code = waited(orchestrator)
        if codes and code not in codes:
            raise Failed(f"stairlift ended with {code}: {self.log.read_text()[-4000:]}")
        return code

    def give_up(self) -> None:
        """Leave nothing at work that could reach into what comes next: no orchestrator, no attempt, no meter."""
        with suppress(Failed):  # there is none, or it is over
            self.bed.stairlift("cancel", "--now", "--yes", "--reason", "the scenario is over")
        for orchestrator in self._begun:
            with suppress(subprocess.TimeoutExpired):
                orchestrator.wait(timeout=_TO_LEAVE)
            orchestrator.kill()
        for folder in self.bed.state.glob("meter/*"):
            end_meter(folder)

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
    return waited(playing)


def waited(process: subprocess.Popen[bytes]) -> int:
    """Its exit code. Raises Failed where it does not end: then it is ended."""
    try:
        return process.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired as late:
        process.terminate()
        raise Failed(f"{process.args!r} had not ended after {_PATIENCE:.0f} s") from late
