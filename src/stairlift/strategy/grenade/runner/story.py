"""What the driver's lines say: how far it has come, which projects it began and finished, why it died.

The summary says nothing on failure, it just ends; the reason and the projects' ends are in the full log only.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from .task import SHUTDOWN, Task

Phase = Literal["start", "base", "shutdown", "prepare", "projects", "after", "closed"]

_STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| ?(.*)$")
_UPGRADING = re.compile(r"^Upgrading (\S+?)\.\.\.")
_FULL_LOG = re.compile(r"Full logs found at => (\S+)")
_LOOKING = re.compile(r"^Looking for (\S+)$")
_PROJECT = re.compile(r"^Upgrading project: (\S+)$")
_SUCCESS = re.compile(r"^SUCCESS: End \S+")
_ERROR = re.compile(r"^\[ERROR\] (.+)$")
_CLOSING = "Grenade has completed the pre-programmed upgrade scripts."
#: What a summary line begins with, and the phase that it opens.
_PHASES: tuple[tuple[str, Phase], ...] = (
    ("grenade.sh log", "start"),
    ("grenade.sh completed", "closed"),
    (_CLOSING, "closed"),
    (SHUTDOWN, "shutdown"),
    ("Running resource phase: verify_noapi", "shutdown"),
    ("Preparing the target devstack environment", "prepare"),
    ("Installing package prerequisites", "prepare"),
    ("Upgrading ", "projects"),
    ("Running upgrade-tempest", "after"),
    ("Running resource phase: verify post-upgrade", "after"),
    ("Running tempest smoke tests", "after"),
    ("Dumping ", "after"),
    ("TODO: save state", "after"),
    ("Running resource phase: destroy", "after"),
)
#: What the driver passes over in silence: its errexit option is misspelt in prep-target (SEEN there), and a command
#: that does not exist is hidden by the substitution around it (keystone's `create`).
_PASSED_OVER = re.compile(r"command not found|cannot stat|No such file or directory|^E: |^ERROR: (?!Abort)")
_MISSING_COMMAND = re.compile(r"command not found")
_MOST_WARNINGS = 20
_LINE = 300


@dataclass(slots=True)
class Story:
    """Grows line by line. `stopped` are projects whose shutdown began; `succeeded` whose upgrade is proven."""

    task: Task
    phase: Phase = "start"
    full_log: str | None = None
    shut_down: bool = False
    closed: bool = False
    stopped: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    succeeded: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    _step: int = 0
    _traced: str = ""
    _traced_phase: Phase = "start"

    def summary(self, line: str) -> str | None:
        """Take in a line of the driver's own output; what it says, where that is a step forward."""
        if (named := _FULL_LOG.search(line)) is not None:
            self.full_log = named[1]
        stamped = _STAMP.match(line.rstrip())
        if stamped is None:
            return None
        said = stamped[1].strip()
        self._move(said)
        return said

    def _move(self, said: str) -> None:
        self.phase = _phase(said, self.phase)
        self._step = max([self._step, *(n for n, step in enumerate(expected(self.task), 1) if said.startswith(step))])
        self.shut_down |= said.startswith(SHUTDOWN)
        self.closed |= said == _CLOSING
        if self.started and self.phase in ("after", "closed"):
            self._succeed(self.started[-1])
        if (found := _UPGRADING.match(said)) is not None:
            self._start(found[1])

    def _start(self, project: str) -> None:
        if self.started and self.started[-1] != project:
            self._succeed(self.started[-1])
        if project not in self.started:
            self.started.append(project)

    def _succeed(self, project: str) -> None:
        """Its script said so, or the driver went on, which it does only after an end with 0."""
        if project not in self.succeeded:
            self.succeeded.append(project)

    def full(self, line: str) -> None:
        """Take in a line of the full log. It may lag behind the summary, so it tells by itself what a line is about."""
        stamped = _STAMP.match(line.rstrip())
        said = (stamped[1] if stamped else line).strip()
        if said.startswith("#"):
            self._traced_phase = _phase(said.strip("# "), self._traced_phase)
        elif not said.startswith("+"):  # bash's trace repeats what others say
            self._hear(said)

    def _hear(self, said: str) -> None:
        if (found := _PROJECT.match(said)) is not None:
            self._traced = found[1]
        if (found := _LOOKING.match(said)) is not None and found[1] not in self.stopped:
            self.stopped.append(found[1])
        if _SUCCESS.match(said) and self._traced:
            self._succeed(self._traced)
        if not self.error and (found := _ERROR.match(said)) is not None:
            self.error = found[1][:_LINE]
        self._watch(said)

    def _watch(self, said: str) -> None:
        pattern = _PASSED_OVER if self._traced_phase == "prepare" else _MISSING_COMMAND
        if pattern.search(said) and len(self.warnings) < _MOST_WARNINGS and said[:_LINE] not in self.warnings:
            self.warnings.append(said[:_LINE])

    def place(self) -> tuple[int, int]:
        """Step k of n; k never falls."""
        steps = len(expected(self.task))
        return (steps if self.closed else self._step, steps)


def _phase(said: str, now: Phase) -> Phase:
    """The phase that a summary line opens; other lines than those of the table belong to the base half's beginning."""
    return next((phase for start, phase in _PHASES if said.startswith(start)), "base" if now == "start" else now)


def expected(task: Task) -> tuple[str, ...]:
    """The summary lines of an attempt that goes well, in order."""
    return (*(_base(task) if task.half == "base" else _target(task)), _CLOSING)


def _base(task: Task) -> list[str]:
    steps = [] if task.external else ["Running base stack.sh", "Running post-stack.sh"]
    steps += ["Caching downloaded images", *(["Running base smoke test"] if task.smoke else [])]
    phases = ("early_create", "create", "verify pre-upgrade")
    steps += [f"Running resource phase: {phase}" for phase in phases if task.verify]
    steps += ["Saving current state information", SHUTDOWN]
    return [*steps, *(["Running resource phase: verify_noapi pre-upgrade"] if task.verify else [])]


def _target(task: Task) -> list[str]:
    steps = ["Preparing the target devstack environment", "Installing package prerequisites"]
    steps += [f"Upgrading {project}..." for project in (*(("stairlift",) if task.rest else ()), *task.upgrade)]
    steps += ["Running upgrade-tempest"] if task.tempest else []
    steps += ["Running resource phase: verify post-upgrade"] if task.verify else []
    steps += ["Running tempest smoke tests"] if task.smoke else []
    steps += [f"Dumping {task.target_release} databases"]
    return [*steps, *(["Running resource phase: destroy"] if task.verify else [])]
