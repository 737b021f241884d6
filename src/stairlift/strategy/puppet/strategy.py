"""Steps carried out by the operator's Puppet code, host by host."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from stairlift.model.cloud import Cloud
from stairlift.model.errors import Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.remote.lacking import lacking_ssh
from stairlift.strategy.acts import Act, job_of
from stairlift.strategy.asking import ask
from stairlift.strategy.files import files_below
from stairlift.strategy.on_host import Guard
from stairlift.strategy.puppet import verdict
from stairlift.strategy.puppet.doings import Doing, doings, not_here
from stairlift.strategy.puppet.options import read_options
from stairlift.strategy.words import shell_line

_LOCK = "stairlift-puppet"
#: A line of --evaltrace. Containers and what is skipped count, so that the total is more than the summary's.
_TRACE = r"^Info: (?P<text>.+): Starting to evaluate the resource \((?P<done>\d+) of (?P<total>\d+)\)"
_TIMEOUT_SECONDS = 60


class PuppetUpgradeStrategy:
    """`puppet agent` or `puppet apply`, over SSH or on this machine, in the environment of the step's release.

    Puppet knows no order over hosts, and its database steps are lost where they fail; both are Stairlift's. On a host,
    one run at a time: `puppet apply` has no lock of its own.
    """

    name: ClassVar[str] = "puppet"
    traits: ClassVar[Traits] = Traits(("host",), dry_run="always", repeatable="always")

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = read_options(self.name, options)

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """The way to other hosts; Puppet itself is theirs."""
        return tuple(f"{lack}; or set local = true" for lack in lacking_ssh())

    def capabilities(self) -> Capabilities:
        """Many hosts side by side. A dry run is Puppet's noop; there is no way back."""
        return Capabilities(concurrency="host", dry_run=True, repeatable=True)

    def freeze(self) -> Frozen:
        """What lies on this machine: ssh's configuration and, with `local`, Puppet's version and the code it applies.

        Raises UsageError where one of them is not there. Code on a server or on other hosts is named by its
        environment only.
        """
        if self._options.reach is not None:
            return Frozen(files=self._options.reach.files())
        named = (("manifest", self._options.manifest), ("hiera_config", self._options.hiera_config))
        modules = (("modulepath", path) for path in (self._options.modulepath or "").split(":") if path)
        files = sorted({file for key, path in (*named, *modules) for file in self._existing(key, path)})
        return Frozen(files=tuple(files), versions={"puppet": _version(self._options.command, self._options.folder)})

    def job(self, assignment: Assignment) -> Job:
        """Runs and commands of the step, host by host; Refusal for what `doings` refuses, and for an undo."""
        if assignment.undo:
            raise Refusal(
                code="strategy.no-undo",
                brief=f"step {assignment.step.id} cannot be undone: Puppet only goes where its code says",
                resolution="Take it back by hand.",
            )
        planned = doings(self._options, assignment.step, attempt=assignment.attempt)
        return job_of(assignment, tuple(map(self._act, planned)), self._options.folder)

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The same commands without the lock, the summary and the watch over the connection."""
        return tuple(self._typed(doing) for doing in doings(self._options, step, attempt=1))

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """See `verdict.judge`."""
        return verdict.judge(doings(self._options, assignment.step, attempt=assignment.attempt), outcome)

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:  # noqa: ARG002
        """What would be refused in the run: a hop without an environment, a step without a command.

        And what could not be noticed there: `local` for the steps of several hosts.
        """
        refused: dict[tuple[str, str], Finding] = {}
        for step in steps:
            try:
                doings(self._options, step, attempt=1)
            except StairliftError as error:
                refused.setdefault((error.code, error.resolution), _finding(step, error))
        return (*self._elsewhere(steps), *refused.values())

    def _elsewhere(self, steps: Sequence[Step]) -> Iterator[Finding]:
        """A step for one host looks the same on any machine, so that each would be carried out on this one."""
        other = next((step for step in steps if step.hosts != steps[0].hosts), None)
        if self._options.reach is None and other is not None:
            yield _finding(other, not_here(f"the entry has steps for {', '.join((*steps[0].hosts, *other.hosts))}"))

    def _act(self, doing: Doing) -> Act:
        guarded = Guard(_LOCK, self._options.wait).words(*doing.words)
        reach = self._options.reach
        return Act(
            host=doing.host,
            argv=reach.words(doing.host, *guarded) if reach else guarded,
            text=doing.text,
            good=doing.good,
            again=doing.again,
            progress=_TRACE if doing.is_run else "",
            telling=verdict.TELLING if doing.is_run else "",
        )

    def _typed(self, doing: Doing) -> str:
        reach = self._options.reach
        words = reach.words(doing.host, *doing.typed) if reach else doing.typed
        return shell_line(str(self._options.folder), words)

    def _existing(self, key: str, path: str | None) -> Iterator[str]:
        if path is None:
            return
        found = Path(self._options.path(path))
        if not found.exists():
            raise UsageError(
                code="strategy.file",
                brief=f"strategy {self.name!r}: {key} names {found}, which does not exist",
                resolution="Paths are relative to the folder of stairlift.toml.",
            )
        yield from map(str, files_below(found)) if found.is_dir() else (str(found),)


def _finding(step: Step, error: StairliftError) -> Finding:
    return Finding(error.code, "error", step.id, error.brief, error.resolution)


def _version(command: Sequence[str], folder: Path) -> str:
    """What the program says of itself, asked from where a job starts it."""
    try:
        asked = ask([*command, "--version"], folder, os.environ, _TIMEOUT_SECONDS)
        asked.check_returncode()
    except (OSError, subprocess.SubprocessError) as wrong:
        raise UsageError(
            code="strategy.program",
            brief=f"strategy 'puppet': {command[0]} does not tell its version",
            details=str(wrong),
            resolution="Install puppet-agent, or name the program with command.",
        ) from wrong
    return asked.stdout.strip()
