"""`stairlift plan`: a plan to read, approve and run."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stairlift.cli import here
from stairlift.cli.completing import hosts as hosts_on_record
from stairlift.cli.completing import series, stages
from stairlift.cli.failing import tell_findings
from stairlift.cli.here import settings
from stairlift.cli.options import Columns, Inventory, OsCloud, Output
from stairlift.cli.output import Format, say, show, show_document, show_shape, show_table, words
from stairlift.cli.shaping import shape
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Plan

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.plan import Request
    from stairlift.report.plan_tree import Branch
    from stairlift.wiring.branch import Branch as Server
    from stairlift.wiring.commissioning import By
    from stairlift.wiring.config.settings import Settings
    from stairlift.wiring.look import Where
    from stairlift.wiring.planning import Wishes

Globs = list[str] | None
_LEFT_OUT = 10


def register(app: typer.Typer) -> None:
    """Hang the command on the app."""
    app.command(help="Work out how to get the cloud to a release, and print it as a tree, JSON or a runbook.")(plan)


def plan(  # Typer makes options of parameters  # noqa: PLR0917
    to: Annotated[
        str, typer.Option("--to", metavar="SERIES", help="Number or codename: 2026.1, gazpacho.", autocompletion=series)
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="SERIES", help="Only where the evidence leaves several candidates.", autocompletion=series
        ),
    ] = None,
    os_cloud: OsCloud = None,
    inventory: Inventory = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="A policy other than stairlift.toml's.")] = None,
    stage: Annotated[
        Globs, typer.Option("--stage", metavar="S", help="Only this stage; may be repeated.", autocompletion=stages)
    ] = None,
    hosts: Annotated[
        Globs,
        typer.Option(
            "--hosts", metavar="GLOB", help="Only these hosts; may be repeated.", autocompletion=hosts_on_record
        ),
    ] = None,
    exclude: Annotated[
        Globs, typer.Option(metavar="GLOB", help="Not these hosts; may be repeated.", autocompletion=hosts_on_record)
    ] = None,
    waive: Annotated[
        Globs, typer.Option(metavar="CODE[:SUBJECT]", help="Go on in spite of a finding; on record in the plan.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the plan there.")] = None,
    commands: Annotated[bool, typer.Option("--commands", help="Print what would be typed, step by step.")] = False,
    output: Output = Format.TABLE,
    _columns: Columns = None,
) -> None:
    """Look, plan, print. Leaves with 4 where findings refuse the plan; it is not written then."""
    from stairlift.wiring.planning import Wishes

    if commands and (shape() or output is not Format.TABLE):
        raise UsageError(code="usage.options", brief="--commands prints a script; -o json and -o yaml print the plan")
    wishes = Wishes(to, source, stage or (), hosts or (), exclude or (), waive or ())
    made = _planned(wishes, (os_cloud, inventory or (), policy), output)
    refusal = _refusal(made)
    if out and not refusal:
        _write(made, out)
    if output is not Format.TABLE:
        _document(made, output)
    _tell_idle_waivers(made)
    if refusal:
        raise refusal
    if output is Format.TABLE:
        (_runbook if commands else _rows if shape() else _tree)(made)
        tell_findings(made.findings, made.waivers, all_in="-o json")
    _tell_next(made, out, commands=commands)


def _planned(wishes: "Wishes", by: "By", output: Format) -> Plan:
    found = settings()
    if (branch := here.branch(found)) is not None:
        return _made_there(wishes, by, branch, output)
    return _made_here(wishes, by, found, output)


def _made_here(wishes: "Wishes", by: "By", found: "Settings", output: Format) -> Plan:
    from stairlift.wiring.clock import today
    from stairlift.wiring.config.policy import read_policy_file
    from stairlift.wiring.config.waivers import expired, in_force
    from stairlift.wiring.look import Where

    os_cloud, inventory, policy = by
    request = wishes.request(read_policy_file(policy) if policy else found.policy, in_force(found.waivers, today()))
    for sentence in expired(found.waivers, today()):
        say(sentence, style="yellow")
    return _made(request, Where.by(found, inventory, os_cloud), found, output)


def _made_there(wishes: "Wishes", by: "By", branch: "Server", output: Format) -> Plan:
    """The plan that a server makes of its own sources and settings; it keeps it, to be run there."""
    from stairlift.wiring.commissioning import NoPlan, plan_there

    made = plan_there(branch, wishes, by, lambda note: say(note, style="yellow"))
    if not isinstance(made, NoPlan):
        return made
    if made.document and output is not Format.TABLE:
        show_document(made.document, output)
    raise made.wrong


def _made(request: "Request", where: "Where", found: "Settings", output: Format) -> Plan:
    from stairlift.wiring.look import look
    from stairlift.wiring.planning import make_plan, no_plan, with_findings

    seen = look(where)
    try:
        return make_plan(seen, request, where, found)
    except Refusal as refused:
        told = with_findings(refused, seen)
        if output is not Format.TABLE:
            show_document(no_plan(seen, request, told), output)
        raise told from refused


def _refusal(made: Plan) -> Refusal | None:
    from stairlift.plan import refuse

    try:
        refuse(made)
    except Refusal as refused:
        return refused
    return None


def _write(made: Plan, out: Path) -> None:
    from stairlift.wiring.files import write_plan

    write_plan(made, out)


def _document(made: Plan, output: Format) -> None:
    from stairlift.wiring.files import plan_document

    show_document(plan_document(made), output)


def _runbook(made: Plan) -> None:
    from stairlift.wiring.runbooks import runbook_lines

    for line in runbook_lines(made):
        show(line)


def _rows(made: Plan) -> None:
    from stairlift.report.bare import STEP_COLUMNS, plan_rows

    show_table(STEP_COLUMNS, plan_rows(made))


def _tree(made: Plan) -> None:
    from rich.tree import Tree

    from stairlift.report.plan_tree import plan_tree

    def grown(one: "Branch") -> Tree:
        style = "bold yellow" if one.one_way else "dim" if one.why else ""
        tree = Tree(words(one.text, style), guide_style="dim")
        for child in one.children:
            tree.children.append(grown(child))
        return tree

    show_shape(grown(plan_tree(made)))
    show(f"hash {made.hash}", style="dim")
    for waiver in made.waivers:
        show(f"waived: {waiver.told}", style="yellow")
    for text in made.left_out[:_LEFT_OUT]:
        show(f"left out: {text}", style="yellow")
    if len(made.left_out) > _LEFT_OUT:
        show(f"left out: {len(made.left_out) - _LEFT_OUT} more; -o json has all", style="yellow")


def _tell_idle_waivers(made: Plan) -> None:
    """A word that fits nothing may be meant for something."""
    from stairlift.drive.check_registry import codes

    asked = codes()  # these are judged once the run begins
    for waiver in made.waivers:
        if waiver.code not in asked and not waiver.who and not any(waiver.covers(finding) for finding in made.findings):
            say(f"--waive {waiver} waives nothing", style="yellow")


def _tell_next(made: Plan, out: Path | None, *, commands: bool) -> None:
    bare = any(step.strategy is None and step.action != "approve" for step in made.steps)
    if out and bare:
        say(f"the plan is in {out}; it can be run once every step has a strategy")
    elif out:
        say(f"the plan is in {out}; run it with: {shlex.join(('stairlift', 'run', str(out)))}")
    elif not commands:
        say("nothing was written; --out FILE keeps the plan, --commands shows what would be typed")
