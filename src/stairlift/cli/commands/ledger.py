"""`stairlift ledger`: what a run has changed beside the upgrade, and putting that back."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import actor, settings
from stairlift.cli.options import Columns, Output, Reason
from stairlift.cli.output import Format, say, show_document, show_table
from stairlift.model.errors import StairliftError, UsageError

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.run import Event, Run
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.office import Office

_HELP = (
    "What a run has changed that is not the upgrade: disabled services, drained backends, silenced alerts. It puts all "
    "of that back by itself when it rests; `--restore` does what it could not, or has kept for a person to look at; "
    "`--settle` takes your word that nothing is left."
)
Words = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RUN] [ID]...", help="The run (default: the active one, else the newest), and effects."),
]


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help=_HELP)(ledger)


def ledger(
    words: Words = None,
    restore: Annotated[
        bool, typer.Option("--restore", help="Put back these effects, or all that are open. Nobody may orchestrate.")
    ] = False,
    settle: Annotated[
        bool, typer.Option("--settle", help="You have looked: nothing is left of these effects. Needs --reason.")
    ] = False,
    reason: Reason = "",
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Show it; with `--restore` first put back what was named, or everything; with `--settle` take a person's word."""
    from stairlift.wiring.ledgering import demand_word

    name, wanted = run_and_effects(words or [])
    demand_word(wanted, reason, settle=settle, restore=restore)
    found = settings()
    office = here.office(found)
    run = office.archive.run(name, found.os_cloud)
    left = _seen_to(run, office, wanted, _Word(restore, settle, reason)) if settle or restore else None
    _show(run, office, output)
    if left:
        raise left


@dataclass(frozen=True, slots=True)
class _Word:
    """What is to be done of side effects."""

    restore: bool
    settle: bool
    reason: str


def _seen_to(run: "Run", office: "Office | Branch", wanted: list[str], word: _Word) -> StairliftError | None:
    """What is said of those that could not be put back."""
    from stairlift.wiring.ledgering import left_over, put_back, settle
    from stairlift.wiring.office import Office

    if not isinstance(office, Office):
        from stairlift.wiring.commissioning import settled_there

        return settled_there(run, office, wanted, asdict(word), say)
    if word.settle:
        settle(run, office, wanted, actor=actor(), reason=word.reason, on_event=_tell)
    left = put_back(run, office, wanted, actor(), _tell) if word.restore else ()
    return left_over(run, left) if left else None


def run_and_effects(words: list[str]) -> tuple[str | None, list[str]]:
    """The run, if one is named, and the effects. Raises UsageError: what is neither must not mean all that is open."""
    runs = [word for word in words if ":" not in word]
    if len(runs) > 1:
        raise UsageError(
            code="ledger.unknown",
            brief=f"{runs[1]!r} is no side effect: its id has a kind, a colon and a subject",
            resolution=f"`stairlift ledger {runs[0]}` names them.",
        )
    return (runs[0] if runs else None), [word for word in words if ":" in word]


def _tell(event: "Event") -> None:
    from stairlift.report.events import event_line

    say(event_line(event, {}))


def _show(run: "Run", office: "Office | Branch", output: Format) -> None:
    from stairlift.report.ledger import COLUMNS, ledger_document, ledger_rows
    from stairlift.wiring.ledgering import elsewhere

    effects = office.store.effects(run.id)
    if output is not Format.TABLE:
        show_document(ledger_document(run, effects), output)
        return
    if effects:
        show_table(COLUMNS, ledger_rows(effects))
    else:
        say(f"run {run.id} has changed nothing beside the upgrade")
    for other in elsewhere(run, office.store):
        say(f"run {other} has left something as well: stairlift ledger {other}")
