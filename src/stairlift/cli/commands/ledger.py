"""`stairlift ledger`: what a run has changed beside the upgrade, and putting that back."""

from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.here import actor, settings
from stairlift.cli.options import Columns, Output, Reason
from stairlift.cli.output import Format, say, show_document, show_table
from stairlift.model.errors import UsageError

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.effect import Effect
    from stairlift.model.run import Event, Run
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.office import Office

_HELP = (
    "What a run has changed that is not the upgrade: disabled services, drained backends, silenced alerts. It puts all "
    "of that back by itself when it rests; `--restore` does what it could not, or has kept for a person to look at; "
    "`--settle` takes your word that nothing is left."
)
_WHERE = "Type it there; a run puts back by itself what it has changed when it rests."
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
    found = settings()
    name, wanted = run_and_effects(words or [])
    if settle or reason:
        demand_word(wanted, reason, alone=settle and not restore)
    if settle or restore:
        here.on_this_machine(found, "`ledger --restore` and `--settle`", _WHERE)
    office = here.office(found)
    run = office.run(name, found.os_cloud)
    left = _changed(run, wanted, settle=settle, restore=restore, reason=reason) if settle or restore else ()
    _show(run, office, output)
    if left:
        raise _left(run, left)


def _changed(run: "Run", wanted: list[str], *, settle: bool, restore: bool, reason: str) -> "tuple[Effect, ...]":
    """Those that could not be put back."""
    from stairlift.wiring.office import open_office

    office = open_office(settings())
    if settle:
        _settled(run, office, wanted, reason)
    return _restored(run, office, wanted) if restore else ()


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


def demand_word(wanted: list[str], reason: str, *, alone: bool) -> None:
    """Raises UsageError where it is not said of what, or why, nothing is left: all that is open is never meant."""
    if alone and wanted and reason:
        return
    raise UsageError(
        code="ledger.settle",
        brief="--settle goes with --reason and the ids of side effects, and not with --restore",
        resolution="stairlift ledger RUN KIND:SUBJECT --settle --reason 'how you know that nothing of it is left'",
    )


def _restored(run: "Run", office: "Office", wanted: list[str]) -> "tuple[Effect, ...]":
    from stairlift.wiring.ledgering import put_back

    return put_back(run, office, wanted, actor(), _tell)


def _settled(run: "Run", office: "Office", wanted: list[str], reason: str) -> None:
    from stairlift.wiring.ledgering import settle

    settle(run, office, wanted, actor=actor(), reason=reason, on_event=_tell)


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


def _left(run: "Run", left: "tuple[Effect, ...]") -> Exception:
    from stairlift.model.errors import Refusal

    return Refusal(
        code="ledger.left",
        brief=f"{len(left)} of the side effects of run {run.id} could not be put back",
        details="; ".join(f"{effect.id}: {effect.note}" for effect in left),
        resolution=f"See to what is named, then `stairlift ledger {run.id} --restore` again. "
        f"Where you have put it back yourself: `stairlift ledger {run.id} {left[0].id} --settle --reason TEXT`.",
    )
