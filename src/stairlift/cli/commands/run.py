"""`stairlift run` and `resume`: the orchestrator, in the foreground, until the run ends, pauses or waits."""

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from stairlift.cli import here
from stairlift.cli.completing import stages
from stairlift.cli.here import ask, settings, somebody_there
from stairlift.cli.leaving import EXIT, leave
from stairlift.cli.options import PlanFile, RunName
from stairlift.cli.output import say, show
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.plan import Plan
from stairlift.model.run import FINAL_RUN_STATES, Run, RunState
from stairlift.model.scope import HARMLESS, Scope

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.cli.at_server import Start
    from stairlift.cli.orchestrating import Desk
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.office import Office
    from stairlift.wiring.orders import Result

Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Approve the plan and every gate of the run, one-way steps included.")
]
_WAITS = 6


def register(app: typer.Typer) -> None:
    """Hang the commands on the app."""
    app.command(help="Carry out a plan.")(run)
    app.command(help="Take up a run where it was left; what is in flight is adopted.")(resume)


def run(  # Typer makes options of parameters  # noqa: PLR0917
    plan_file: PlanFile,
    yes: Yes = False,
    approve: Annotated[
        str | None, typer.Option(metavar="HASH", help="Approve the plan of this hash; one-way steps still ask.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Let it go on in the background.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also a plan that was carried out before.")] = False,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="S",
            help="Only this stage, then rest; prepare needs no approval. Repeatable.",
            autocompletion=stages,
        ),
    ] = None,
    stop_after: Annotated[
        str | None,
        typer.Option(
            "--stop-after", metavar="S", help="Rest once everything up to this stage is done.", autocompletion=stages
        ),
    ] = None,
) -> None:
    """Check the plan, have it approved, look at the cloud again, run."""
    from stairlift.cli.at_server import Start
    from stairlift.wiring.again import check_plan
    from stairlift.wiring.files import read_plan

    plan = read_plan(plan_file)
    wanted = _ends(plan, stage or (), stop_after)
    found = settings()
    branch = here.branch(found)
    if branch is None:  # what it froze is where it is carried out
        check_plan(plan)
    scope = _scope(wanted, approved=yes or bool(approve))
    _refuse_busy(branch or here.office(found), plan.cloud)
    if not any(step.stage in scope.within for step in plan.steps):
        named = f" of stage {' or '.join(scope.within)}" if scope.open else ""
        say(f"nothing to do: the plan has no steps{named}")
        return
    if approve:
        _demand_hash(plan, approve)
    elif not yes and scope.approved:
        _approve(plan, plan_file)
    if branch is not None:
        _at_server(plan, branch, Start(scope, yes, again, detach))
    else:
        _here(plan, _desk(approve_all=yes, again=again, scope=scope), detach=detach)


def _here(plan: Plan, desk: "Desk", *, detach: bool) -> None:
    if detach:
        _detach(plan, desk)
    else:
        leave(_in_foreground(None, plan, desk))


def _at_server(plan: Plan, branch: "Branch", start: "Start") -> None:
    from stairlift.cli.at_server import begin

    result = begin(plan, start, branch)
    if result is not None:
        leave(result)


def _ends(plan: Plan, stage: Sequence[str], stop_after: str | None) -> Scope:
    """Where the run rests: what was typed, else what the plan says. Raises UsageError (run.two_ends, plan.stage)."""
    from stairlift.wiring.planning import known_stage

    stages = tuple(map(known_stage, stage))
    if stages and stop_after:
        raise UsageError(
            code="run.two_ends", brief="--stage and --stop-after both say where to rest", resolution="give one of them"
        )
    last = known_stage(stop_after) if stop_after else plan.stop_after
    return Scope(stages, stop_after="" if stages else last or "")


def _scope(wanted: Scope, *, approved: bool) -> Scope:
    """How far the run goes; what changes nothing in the cloud goes there without approval."""
    if set(wanted.stages) != {HARMLESS}:
        return wanted
    say(f"stage {HARMLESS} changes nothing in the cloud: it is safe in working hours, and nothing else starts")
    return replace(wanted, approved=approved)


def resume(
    name: RunName = None,
    yes: Yes = False,
    approve: Annotated[
        str | None, typer.Option(metavar="HASH", help="Approve the plan of a run that was begun with --stage prepare.")
    ] = None,
    standby: Annotated[
        bool, typer.Option("--standby", help="Wait while another process carries it out; take over when that is gone.")
    ] = False,
) -> None:
    """Adopt and go on."""
    read = settings()
    branch = here.branch(read)
    office = branch or here.office(read)
    found = office.archive.run(name, read.os_cloud)
    if found.state in FINAL_RUN_STATES:
        _leave_over(found)
    if not standby:
        _refuse_busy(office, found.cloud)
    plan = office.plan(found)
    if approve:
        _demand_hash(plan, approve)
    allowed = _Leave(yes, (yes or bool(approve)) and not Scope.of(found).approved, standby)
    if branch is not None:
        leave(_taken_up(found, plan, branch, allowed))
    _taken_up_here(found, plan, office, allowed)


def _leave_over(run: Run) -> NoReturn:
    never = "; it never goes on: make a new plan" if run.state is RunState.CANCELLED else ""
    say(f"run {run.id} is {run.state}: nothing to do{never}")
    raise typer.Exit(EXIT[run.state])


@dataclass(frozen=True, slots=True)
class _Leave:
    """What a run that goes on is allowed: every gate, or the plan that waits for its approval."""

    yes: bool
    plan: bool
    standby: bool


def _taken_up(run: Run, plan: Plan, branch: "Branch", allowed: _Leave) -> "Result":
    """With the server as it is here; one that carries the run out already is what `--standby` waits behind."""
    from stairlift.cli.at_server import approved_and_taken_up, take_up
    from stairlift.cli.following import follow

    attended = allowed.standby and branch.store.orchestrator(run.cloud) is not None
    if allowed.plan and (attended or not allowed.yes):
        return approved_and_taken_up(run, plan, branch)
    if attended:
        return follow(run.id, branch)
    return take_up(run, branch, yes=allowed.yes)


def _taken_up_here(run: Run, plan: Plan, office: "Office | Branch", allowed: _Leave) -> NoReturn:
    from stairlift.cli.orchestrating import approve_plan

    if allowed.plan:
        approve_plan(run, plan, office, "--yes" if allowed.yes else "--approve")
    desk = _desk(approve_all=allowed.yes)
    if allowed.standby:
        _stand_by(run, plan, desk)
    leave(_in_foreground(run, plan, desk))


def _stand_by(run: Run, plan: Plan, desk: "Desk") -> NoReturn:
    """Take the run up as soon as nobody carries it out, and as often as somebody else was quicker."""
    from stairlift.drive.standby import AT_WORK, Standby

    standby = Standby(desk.office.store, time.sleep, say)
    while (run := standby.await_turn(run.id)).state in AT_WORK:
        try:
            leave(_in_foreground(run, plan, desk))
        except Refusal as refused:
            if refused.code != "run.cloud_busy":
                raise
    say(f"run {run.id} is {run.state}: there is nothing to take over")
    raise typer.Exit(EXIT[run.state])


def _desk(*, approve_all: bool, again: bool = False, scope: Scope | None = None) -> "Desk":
    from stairlift.cli.orchestrating import Desk
    from stairlift.wiring.office import open_office

    found = settings()
    return Desk(open_office(found), found, approve_all, again, scope or Scope())


def _refuse_busy(office: "Office | Branch", cloud: str) -> None:
    """At once, before anybody is asked anything."""
    from stairlift.store.refusals import busy

    holder = office.store.orchestrator(cloud)
    if holder is not None:
        raise busy(holder)


def _approve(plan: Plan, file: Path) -> None:
    """The plan's approval by a word on a terminal. Leaves with 6 where nobody can be asked."""
    from stairlift.cli.orchestrating import tell_plan

    tell_plan(plan)
    if not somebody_there():
        command = shlex.join(("stairlift", "run", str(file), "--approve", plan.hash))
        say(f"it waits for approval; who has read it types: {command}")
        raise typer.Exit(_WAITS)
    if ask(f"Type the cloud's name ({plan.cloud}) to approve it:") != plan.cloud:
        say("not approved; nothing was started")
        raise typer.Exit(_WAITS)


def _demand_hash(plan: Plan, approve: str) -> None:
    from stairlift.run.commands import other_hash

    if approve != plan.hash:
        raise other_hash(approve, plan.hash)


def _detach(plan: Plan, desk: "Desk") -> None:
    """Put the run on record here, so that every refusal is heard, and leave its orchestration to another process."""
    from stairlift.wiring.background import orchestrate_in_background
    from stairlift.wiring.running import record_only

    recorded = record_only(plan, desk.office, desk.settings, desk.orders(lambda _: None))
    if recorded.idle:
        leave(recorded)
        return
    log = orchestrate_in_background(desk.office, recorded.run, approve_all=desk.approve_all)
    show(recorded.run.id)
    say(f"it goes on in the background; watch it: stairlift status {recorded.run.id} --watch; its talk is in {log}")


def _in_foreground(begun: Run | None, plan: Plan, desk: "Desk") -> "Result":
    from stairlift.cli.orchestrating import orchestrate

    return orchestrate(begun, plan, desk)
