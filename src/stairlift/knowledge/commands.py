"""What is typed for a database step, one command after the other, and after which exit codes to go on."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stairlift.knowledge.procedures import DbStep, Procedure, meaning_of, procedure
from stairlift.model.plan import Step

#: Where the configuration of a further cell goes, and how many cells there may be.
_CELL, _CELLS = "{cell.conf}", "{cells}"
#: cell0 and the cell of the configuration that a command reads by itself.
_OWN_CELLS = 2


@dataclass(frozen=True, slots=True)
class Command:
    """A command line. `accepts` are the exit codes after which to go on; empty where its meanings tell."""

    text: str
    accepts: tuple[int, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The command line as a shell would cut it."""
        return tuple(shlex.split(self.text))

    def good(self, codes: Iterable[int]) -> tuple[int, ...]:
        """Of these exit codes those after which to go on: a warning does, its words are in the log."""
        if self.accepts:
            return tuple(code for code in codes if code in self.accepts)
        return tuple(code for code in codes if meaning_of(self.text, code)[0] in ("ok", "warning"))

    def again(self, codes: Iterable[int]) -> tuple[int, ...]:
        """Of these exit codes those after which it is run once more, since it made progress."""
        return tuple(code for code in codes if meaning_of(self.text, code)[0] == "again")


def database_commands(step: Step, cells: Sequence[str]) -> tuple[Command, ...]:
    """The commands of a plan's database step, its status check and its gate; empty where none are known.

    `cells` are the configuration files of Nova's further cells.
    """
    known = procedure(step.project or "")
    one = known.database_step(step.action, step.stage) if known else None
    return tuple(_all(known, one, step.action == "db-expand", cells)) if known and one else ()


def _all(known: Procedure, step: DbStep, expanding: bool, cells: Sequence[str]) -> Iterator[Command]:
    check = [Command(known.check)] if known.check and (expanding or step is _offline(known)) else []
    if not known.check_after:
        yield from check
    for text in step.commands:
        yield from map(Command, [text.replace(_CELL, cell) for cell in cells] if _CELL in text else [text])
    if step.gate:
        yield Command(step.gate.command.replace(_CELLS, str(_OWN_CELLS + len(cells))), step.gate.accepts)
    if known.check_after:
        yield from check


def _offline(known: Procedure) -> DbStep | None:
    return known.offline.step if known.offline else None
