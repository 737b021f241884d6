"""`stairlift replan`: what has drifted since a run was planned, and a run of a new plan in its place."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.failing import tell_findings
from stairlift.cli.here import actor, ask, settings, somebody_there
from stairlift.cli.options import Columns, Inventory, OsCloud, Output, RunName
from stairlift.cli.output import Format, say, show, show_document, show_table
from stairlift.cli.shaping import shape
from stairlift.model.errors import Refusal
from stairlift.model.finding import Waiver
from stairlift.model.plan import Plan

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.model.difference import Difference
    from stairlift.model.policy import Policy
    from stairlift.model.run import Run
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.config.settings import Settings
    from stairlift.wiring.office import Office

_WAITS = 6
_STYLES = {"gone": "red", "new": "green", "again": "yellow", "changed": "yellow", "plan": "yellow"}


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(
        help="Plan anew what remains of a run that rests, and show what has drifted. Once the new plan is approved a "
        "run of it takes the place of the old one, which ends as cancelled; what is done stays done. Nothing starts: "
        "`stairlift resume` goes on."
    )(replan)


@dataclass(frozen=True, slots=True)
class _Word:
    """What somebody said beforehand: yes to everything, or to the plan of this hash.

    `asks`: whether anybody can be asked. `typed` are the options that led to the plan.
    """

    yes: bool
    approve: str | None
    asks: bool
    typed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _New:
    """A new plan for a run. `refused` is what speaks against a run of it, beside that nobody has approved it.

    `take_place` puts that run on record in place of the old one, with every gate approved if so said.
    """

    run: "Run"
    plan: Plan
    difference: "Difference"
    refused: Refusal | None
    take_place: "Callable[[bool], Run]"


#: What `--os-cloud`, `--inventory`, `--policy` and `--waive` say.
_By = tuple[str | None, Sequence[str], Path | None, Sequence[str]]


def replan(  # Typer makes options of parameters  # noqa: PLR0917
    name: RunName = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Approve the new plan and every gate of its run, one-way steps included."),
    ] = False,
    approve: Annotated[
        str | None, typer.Option(metavar="HASH", help="Approve the new plan, if it has this hash; gates still ask.")
    ] = None,
    os_cloud: OsCloud = None,
    inventory: Inventory = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="A policy other than stairlift.toml's.")] = None,
    waive: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE[:SUBJECT]", help="Go on in spite of a finding, beside those waived already."),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the new plan there, to be read.")] = None,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Look, plan, compare, ask. Leaves with 0 where nothing has drifted, with 6 where nobody has approved."""
    from stairlift.wiring.files import write_plan

    found = settings()
    office = here.office(found)
    run = office.archive.run(name, os_cloud or found.os_cloud)
    new = _anew(run, office, found, (os_cloud, inventory or (), policy, waive or ()))
    if out:
        write_plan(new.plan, out)
    if output is Format.TABLE:
        _tell(new)
    typed = _typed(("--os-cloud", [os_cloud]), ("--inventory", inventory), ("--policy", [policy]), ("--waive", waive))
    word = _Word(yes, approve, output is Format.TABLE, typed)
    successor = None if new.refused else _take_place(new, word)
    if output is not Format.TABLE:
        _document(new, successor, office, output)
    if new.refused:
        raise new.refused
    if successor is None and not new.difference.empty:
        raise typer.Exit(_WAITS)


def _anew(run: "Run", office: "Office | Branch", found: "Settings", by: _By) -> _New:
    """The new plan, made by whoever has the journal."""
    from stairlift.wiring.office import Office

    return _made_here(run, office, found, by) if isinstance(office, Office) else _made_there(run, office, by)


def _made_here(run: "Run", office: "Office", found: "Settings", by: _By) -> _New:
    from stairlift.wiring.replanning import Wanted, replan, take_place

    os_cloud, inventory, policy, waive = by
    wanted = Wanted(_policy(policy, found), tuple(inventory), os_cloud, tuple(map(Waiver.parse, waive)))
    new = replan(run, office, found, wanted)

    def take(approve_all: bool) -> "Run":
        return take_place(new, office, found, actor(), approve_all=approve_all)

    return _New(run, new.plan, new.difference, _refusal(new.plan), take)


def _made_there(run: "Run", branch: "Branch", by: _By) -> _New:
    from stairlift.wiring.commissioning import replan_there, take_place_there

    os_cloud, inventory, policy, waive = by
    where = (os_cloud, inventory, policy)
    new = replan_there(run, branch, where, waive)

    def take(approve_all: bool) -> "Run":
        return take_place_there(new, branch, where, waive, approve_all=approve_all)

    return _New(run, new.plan, new.difference, new.refused, take)


def _typed(*options: tuple[str, Sequence[object] | None]) -> tuple[str, ...]:
    return tuple(word for flag, values in options for value in values or () if value for word in (flag, str(value)))


def _policy(file: Path | None, found: "Settings") -> "Policy":
    from stairlift.wiring.config.policy import read_policy_file

    return read_policy_file(file) if file else found.policy


def _refusal(plan: Plan) -> Refusal | None:
    """See `_New`."""
    from stairlift.wiring.again import check_plan

    try:
        check_plan(plan)
    except Refusal as refused:
        return refused
    return None


def _tell(new: _New) -> None:
    from stairlift.report.plan_difference import difference_lines
    from stairlift.report.text import count

    kept, left = len(new.difference.kept), len(new.plan.steps) - len(new.difference.kept)
    way = f"run {new.run.id}: {new.plan.cloud} {new.plan.source} -> {new.plan.target}, {new.run.state}"
    show(f"{way}; {count(kept, 'step')} settled, {left} left", style="bold")
    lines = difference_lines(new.difference)
    for line in lines:
        show(line.text, style=_STYLES[line.kind])
    if shape():
        show_table(("CHANGE", "WHAT"), [(line.kind, line.text) for line in lines])
    if not new.difference.empty:
        show(f"hash {new.plan.hash}", style="dim")
        tell_findings(new.plan.findings, new.plan.waivers, all_in="-o json")


def _document(new: _New, successor: "Run | None", office: "Office | Branch", output: Format) -> None:
    from stairlift.report.plan_difference import difference_document

    plans, runs = (office.plan(new.run), new.plan), (new.run.id, successor.id if successor else None)
    show_document(difference_document(new.difference, plans, runs), output)


def _take_place(new: _New, word: _Word) -> "Run | None":
    """The run of the new plan, once that is approved; None where nothing has drifted, or nobody approves."""
    if new.difference.empty:
        say(f"nothing has drifted; it goes on with: stairlift resume {new.run.id}")
        return None
    if not _approved(new, word):
        return None
    run = new.take_place(word.yes)
    say(f"run {run.id} takes the place of {new.run.id}; it goes on with: stairlift resume {run.id}")
    return run


def _approved(new: _New, word: _Word) -> bool:
    from stairlift.run.commands import other_hash

    if word.approve and word.approve != new.plan.hash:
        raise other_hash(word.approve, new.plan.hash)
    if word.yes or word.approve:
        return True
    if not (word.asks and somebody_there()):
        command = shlex.join(("stairlift", "replan", new.run.id, *word.typed, "--approve", new.plan.hash))
        say(f"the new plan waits for approval; who has read it types: {command}")
        return False
    if ask(f"Type the cloud's name ({new.plan.cloud}) to approve the new plan:") == new.plan.cloud:
        return True
    say("not approved; the run stays as it is")
    return False
