"""From a step to the words of a command line: which names may stand there, and how a person would type it."""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from stairlift.model.errors import Refusal
from stairlift.model.plan import Step

#: A name that no program takes for an option and that stays one item of a comma-separated list.
_ONE_WORD = re.compile(r"[^\s,\x00-\x1f\x7f-][^\s,\x00-\x1f\x7f]*")


def required_hosts(step: Step) -> tuple[str, ...]:
    """The hosts of a step as words; Refusal where there is none, since to many tools "nobody" means everybody."""
    if not step.hosts:
        raise Refusal(
            code="strategy.no-host",
            brief=f"step {step.id} names no host",
            details="To many tools an empty list of hosts means all of them.",
            resolution="Make a new plan.",
        )
    return _words(step, "host", step.hosts)


def required_services(step: Step) -> tuple[str, ...]:
    """The services of a step as words."""
    return _words(step, "service", step.services)


def _words(step: Step, kind: str, names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if not _ONE_WORD.fullmatch(name):
            raise refused_name(step, kind, name)
    return tuple(names)


def refused_name(step: Step, kind: str, name: str) -> Refusal:
    """The error for a name that a command line would read as something else."""
    return Refusal(
        code="strategy.name",
        brief=f"step {step.id}: {name!r} cannot be passed on as the name of a {kind}",
        details="The program that carries out the step would read it as an option, a list or a pattern.",
        resolution=f"Correct the name of the {kind} in the cloud or in the inventory, or exclude it.",
    )


def shell_line(folder: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """What a person would paste into a shell to do the same."""
    settings = [f"{key}={shlex.quote(value)}" for key, value in sorted((env or {}).items())]
    return f"cd {shlex.quote(folder)} && {' '.join([*settings, shlex.join(argv)])}"


def located(program: str, folder: Path) -> str:
    """A program with a slash in its name is one of this folder, one without is looked for on PATH."""
    return os.path.normpath(folder / program) if "/" in program else program


def with_program(argv: Sequence[str], folder: Path) -> tuple[str, ...]:
    """A command line whose program is found from any folder."""
    return (located(argv[0], folder), *argv[1:])
