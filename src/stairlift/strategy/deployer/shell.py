"""The command lines of one step: as one script that a run starts, and as lines that a person pastes."""

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stairlift.model.errors import Refusal
from stairlift.model.work import Assignment, Job
from stairlift.strategy.ansible.settings import AnsibleSettings
from stairlift.strategy.deployer.hops import DeployerHop

_CALLBACK_FOLDER = str(Path(__file__).parents[1] / "ansible" / "callback")
_SCRIPT = "step.sh"


@dataclass(frozen=True, slots=True)
class Commands:
    """Command lines of a hop's deployer that follow each other, each only if the one before went well.

    `env` is set for all of them, in a run as at a person's prompt. `then` are those of another deployer behind them.
    """

    hop: DeployerHop[Any]
    lines: tuple[tuple[str, ...], ...]
    env: Mapping[str, str] = field(default_factory=dict)
    then: "Commands | None" = None

    def runbook(self) -> tuple[str, ...]:
        """What a person would paste, line by line."""
        return tuple(self.script())

    def job(self, assignment: Assignment, settings: AnsibleSettings, env: Mapping[str, str] | None = None) -> Job:
        """The script of an attempt, with our callback plug-in added to those of the operator.

        Its first line names services and hosts, as `ps` and a log would not.
        """
        step = assignment.step
        about = f"# {step.id}: {step.action} {', '.join(step.services)} on {', '.join(step.hosts)}"
        callbacks = os.pathsep.join((*settings.callbacks, _CALLBACK_FOLDER))
        return Job(
            argv=("/bin/sh", "-e", str(assignment.folder / _SCRIPT)),
            cwd=str(self.hop.directory),
            env={"ANSIBLE_CALLBACK_PLUGINS": callbacks, **(env or {})},
            files={_SCRIPT: "\n".join((about, *self.script(), ""))},
        )

    def script(self) -> Iterator[str]:
        """The lines for a shell."""
        yield from self._before()
        yield from (shlex.join(line) for line in self.lines)
        yield from self.then.script() if self.then else ()

    def _before(self) -> Iterator[str]:
        """Where the commands run, and that they find the other programs of their virtual environment."""
        path = f' && export PATH={shlex.quote(str(self.hop.bin))}:"$PATH"' if self.hop.bin else ""
        yield f"cd {shlex.quote(str(self.hop.directory))}{path}"
        config = {"ANSIBLE_CONFIG": str(self.hop.ansible_config)} if self.hop.ansible_config else {}
        settings = [f"{key}={shlex.quote(value)}" for key, value in sorted({**config, **self.env}.items())]
        yield from (f"export {' '.join(settings)}",) if settings else ()


def demand_forward(use: str, assignment: Assignment) -> None:
    """Raise Refusal for an undo: no deployer has a way back."""
    if assignment.undo:
        raise Refusal(
            code="strategy.no-undo",
            brief=f"step {assignment.step.id} cannot be undone: {use} has no way back",
            resolution="Restore from a backup by hand, or go on.",
        )
