"""`use = "command"`: a step becomes a command line of the operator's own."""

import os
import shutil
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any, ClassVar, cast

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Concurrency, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Verdict
from stairlift.strategy.endings import ending, last_line
from stairlift.strategy.files import named_files
from stairlift.strategy.options import OptionReader
from stairlift.strategy.words import required_hosts, required_services, shell_line

#: How each placeholder reads for a step; `{run}` is known only to a run.
_PLACEHOLDERS: Mapping[str, Callable[[Step], str]] = {
    "action": lambda step: step.action,
    "service": lambda step: ",".join(required_services(step)),
    "host": lambda step: ",".join(required_hosts(step)),
    "from": lambda step: str(step.source),
    "to": lambda step: str(step.target),
    "project": lambda step: step.project or "",
    "stage": lambda step: step.stage,
    "step": lambda step: step.id,
}


class CommandUpgradeStrategy:
    """Any program that takes the step's words on its command line and says by its exit status how it went.

    0 is done, 75 (EX_TEMPFAIL of sysexits.h) failed for now and worth another attempt, everything else failed.
    """

    name: ClassVar[str] = "command"

    def __init__(self, options: Mapping[str, Any]) -> None:
        reader = OptionReader(self.name, options)
        self._folder = reader.folder()
        self._argv = _template(reader, "argv")
        self._undo = _template(reader, "undo")
        self._concurrency = cast(Concurrency, reader.choice("concurrency", ("host", "batch", "cloud")))
        reader.close()
        if not self._argv:
            raise reader.wrong("argv", "is missing", 'For example argv = ["./step", "{action}", "{host}"].')

    def capabilities(self) -> Capabilities:
        """Undo only where the operator vouched for it by giving a command."""
        return Capabilities(concurrency=self._concurrency, undo=bool(self._undo))

    def freeze(self) -> Frozen:
        """The scripts and files that the command lines name.

        Raises UsageError where a program does not exist or cannot be executed.
        """
        programs = (self._program(template[0]) for template in (self._argv, self._undo) if template)
        literals = map(_literal, (*self._argv, *self._undo))
        words = [word for word in (*programs, *literals) if word is not None]
        return Frozen(files=tuple(str(path) for path in named_files(words, self._folder)))

    def job(self, assignment: Assignment) -> Job:
        """The command line for the step, run in the folder of stairlift.toml.

        Raises Refusal for a step without hosts, a name that would be read as an option, or an undo that nobody gave.
        """
        if assignment.undo and not self._undo:
            raise Refusal(
                code="strategy.no-undo",
                brief=f"step {assignment.step.id} cannot be undone: its strategy gives no undo command",
                resolution="Take it back by hand, or add undo to the [[strategy]] entry and make a new plan.",
            )
        template = self._undo if assignment.undo else self._argv
        return Job(argv=self._render(template, assignment.step, assignment.run), cwd=str(self._folder))

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The command line in a shell's quoting. `{run}` reads RUN, since a person's hands are no run."""
        return (shell_line(str(self._folder), self._render(self._argv, step, "RUN")),)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:  # noqa: ARG002
        """The exit status, and the last line of the log for people."""
        if outcome.returncode == 0:
            return Verdict("done")
        said = last_line(outcome.log_tail)
        reason = ending(outcome.returncode) + (f": {said}" if said else "")
        return Verdict("failed", reason, temporary=outcome.returncode == os.EX_TEMPFAIL)

    def _render(self, template: tuple[str, ...], step: Step, run: str) -> tuple[str, ...]:
        required_hosts(step)
        program, *words = (_render(word, step, run) for word in template)
        return (self._located(program), *words)

    def _located(self, program: str) -> str:
        return os.path.normpath(self._folder / program) if "/" in program else program

    def _program(self, word: str) -> str | None:
        """Where the program lies that a word names; None where that depends on the step."""
        name = _literal(word)
        if name is None:
            return None
        if (found := shutil.which(self._located(name))) is not None:
            return found
        raise UsageError(
            code="strategy.program",
            brief=f"strategy {self.name!r}: {name} is not a program that can be executed",
            details=f"Looked for {self._located(name)}.",
            resolution="Correct the path in argv or undo, or make the file executable.",
        )


def _template(reader: OptionReader, key: str) -> tuple[str, ...]:
    words = reader.command(key)
    reader.refuse_secrets(key, words, "Let the program read it from a file that only its account can read.")
    for field in (field for word in words for field in _fields(reader, key, word)):
        if field != "run" and field not in _PLACEHOLDERS:
            known = ", ".join(f"{{{name}}}" for name in (*_PLACEHOLDERS, "run"))
            raise reader.wrong(key, f"holds the unknown placeholder {{{field}}}", f"Known are {known}.")
    return words


def _fields(reader: OptionReader, key: str, word: str) -> tuple[str, ...]:
    hint = "A placeholder is a name in braces; {{ and }} are braces that are meant as such."
    try:
        parsed = tuple(Formatter().parse(word))
    except ValueError as wrong:
        raise reader.wrong(key, f"holds {word!r}: {wrong}", hint) from wrong
    if any(spec or conversion for _, _, spec, conversion in parsed):
        raise reader.wrong(key, f"holds {word!r}, whose placeholder asks for a format", hint)
    return tuple(field for _, field, _, _ in parsed if field is not None)


def _render(word: str, step: Step, run: str) -> str:
    return "".join(literal + _value(field, step, run) for literal, field, _, _ in Formatter().parse(word))


def _value(field: str | None, step: Step, run: str) -> str:
    if field is None:
        return ""
    return run if field == "run" else _PLACEHOLDERS[field](step)


def _literal(word: str) -> str | None:
    """What the word says at any step, or None where that depends on the step."""
    parsed = list(Formatter().parse(word))
    return "".join(literal for literal, *_ in parsed) if all(field is None for _, field, *_ in parsed) else None
