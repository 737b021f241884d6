"""`use = "command"`: a step becomes a command line of the operator's own, here or on the host that it is about."""

import os
import shutil
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Concurrency, Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Traits, Verdict
from stairlift.strategy.command_on_host import HostCommand, judge_on_host
from stairlift.strategy.endings import ending, last_line
from stairlift.strategy.files import named_files
from stairlift.strategy.options import OptionReader
from stairlift.strategy.reaching import read_reach
from stairlift.strategy.templates import literal, read_template, render
from stairlift.strategy.words import located, shell_line, with_program


class CommandUpgradeStrategy:
    """Any program that takes the step's words on its command line and says by its exit status how it went.

    0 is done, 75 (EX_TEMPFAIL of sysexits.h) failed for now and worth another attempt, everything else failed. With
    `run_on = "host"` it runs over SSH on each host of the step, one after the other.
    """

    name: ClassVar[str] = "command"
    traits: ClassVar[Traits] = Traits(("host", "batch", "cloud"), undo="undo", repeatable="repeatable")

    def __init__(self, options: Mapping[str, Any]) -> None:
        reader = OptionReader(self.name, options)
        self._folder = reader.folder()
        self._argv = read_template(reader, "argv")
        self._undo = read_template(reader, "undo")
        self._concurrency = cast(Concurrency, reader.choice("concurrency", ("host", "batch", "cloud")))
        self._repeatable = reader.flag("repeatable")
        self._there = self._read_there(reader, options)
        reader.close()
        if not self._argv:
            raise reader.wrong("argv", "is missing", 'For example argv = ["./step", "{action}", "{host}"].')

    def capabilities(self) -> Capabilities:
        """Undo only where the operator vouched for it by giving a command, repetition only where they said so."""
        return Capabilities(concurrency=self._concurrency, undo=bool(self._undo), repeatable=self._repeatable)

    def freeze(self) -> Frozen:
        """The scripts and files that the command lines name; those of other hosts are not seen, only how to get there.

        Raises UsageError where a program does not exist or cannot be executed.
        """
        if self._there is not None:
            return Frozen(files=self._there.files())
        programs = (self._program(template[0]) for template in (self._argv, self._undo) if template)
        literals = map(literal, (*self._argv, *self._undo))
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
        if self._there is not None:
            return self._there.job(template, assignment, self._folder)
        return Job(argv=self._render(template, assignment.step, assignment.run), cwd=str(self._folder))

    def runbook(self, step: Step) -> tuple[str, ...]:
        """The command line in a shell's quoting. `{run}` reads RUN, since a person's hands are no run."""
        typed = self._there.typed(self._argv, step, "RUN") if self._there else (self._render(self._argv, step, "RUN"),)
        return tuple(shell_line(str(self._folder), words) for words in typed)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:  # noqa: ARG002
        """The exit status, and the last line of the log for people."""
        if outcome.returncode == 0:
            return Verdict("done")
        if self._there is not None:
            return judge_on_host(outcome)
        said = last_line(outcome.log_tail)
        reason = ending(outcome.returncode) + (f": {said}" if said else "")
        return Verdict("failed", reason, temporary=outcome.returncode == os.EX_TEMPFAIL)

    def _read_there(self, reader: OptionReader, options: Mapping[str, Any]) -> HostCommand | None:
        on_host = reader.choice("run_on", ("here", "host")) == "host"
        reach, folder = read_reach(reader, self._folder), reader.text("cwd")
        if not on_host and (needless := next((key for key in ("ssh", "names", "cwd") if key in options), None)):
            raise reader.wrong(needless, 'has no meaning without run_on = "host"')
        if folder is not None and not folder.startswith("/"):
            raise reader.wrong("cwd", "must be an absolute path: it is one of the host")
        return HostCommand(reach, folder) if on_host else None

    def _render(self, template: tuple[str, ...], step: Step, run: str) -> tuple[str, ...]:
        return with_program(render(template, step, run), self._folder)

    def _program(self, word: str) -> str | None:
        """Where the program lies that a word names; None where that depends on the step."""
        name = literal(word)
        if name is None:
            return None
        if (found := shutil.which(located(name, self._folder))) is not None:
            return found
        raise UsageError(
            code="strategy.program",
            brief=f"strategy {self.name!r}: {name} is not a program that can be executed",
            details=f"Looked for {located(name, self._folder)}.",
            resolution="Correct the path in argv or undo, or make the file executable.",
        )
