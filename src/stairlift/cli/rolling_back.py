"""A run that is taken back: by its orchestrator where there is one, else here, with the progress of a resume."""

import time

from stairlift.cli.at_server import taken_back
from stairlift.cli.controlling import LOOK, PATIENCE, answered
from stairlift.cli.following import newest
from stairlift.cli.leaving import leave
from stairlift.cli.orchestrating import Desk, orchestrate
from stairlift.cli.output import say
from stairlift.drive.commands import tell
from stairlift.model.errors import Refusal
from stairlift.model.run import FINAL_RUN_STATES, Command, Run
from stairlift.report.rollback import way_back_lines
from stairlift.run.commands import ComeTrue, run_judgement
from stairlift.run.undoing import rollback_refusal, superseded, way_back
from stairlift.store.refusals import busy
from stairlift.wiring.branch import Branch
from stairlift.wiring.office import Office


def way_back_of(run: Run, office: Office | Branch, *, whole: bool) -> tuple[str, ...]:
    """What is to be undone, in lines; nothing of a run that is taken back. Raises Refusal where that cannot be."""
    if run.state in FINAL_RUN_STATES and isinstance(run_judgement("rollback", run), ComeTrue):
        return ()
    plan, statuses = office.plan(run), office.store.steps(run.id)
    against = superseded(run, office.store.runs(run.cloud)), rollback_refusal(plan, run, statuses)
    for refused in (run_judgement("rollback", run), *against):
        if isinstance(refused, Refusal):
            raise refused
    return way_back_lines(plan, way_back(plan, statuses), whole=whole)


def roll_back(run: Run, desk: Desk, command: Command) -> None:
    """Tell it, and see to it that somebody acts on it. Leaves with the Contract's code. Raises as `tell` does."""
    office = desk.office
    plan, holder = office.plan(run), office.store.orchestrator(run.cloud)
    if holder is not None and holder.run not in (None, run.id):
        raise busy(holder)
    told = tell(office.store, plan, command)
    if told.result == "applied":
        say(told.answer)
    if run.state in FINAL_RUN_STATES:
        return
    if office.store.orchestrator(run.cloud) is None:
        leave(orchestrate(office.store.run(run.id), plan, desk))
    elif told.result is None:
        _await_answer(office, command)
    say(f"its orchestrator takes it back; watch it: stairlift status {run.id} --watch")


def roll_back_there(run: Run, branch: Branch, command: Command) -> None:
    """Tell a server's run, and follow it until it is taken back. Leaves and raises as `roll_back` does."""
    seq = newest(run.id, branch)
    told = tell(branch.store, branch.plan(run), command)
    if told.result == "applied":
        say(told.answer)
    if run.state not in FINAL_RUN_STATES:
        leave(taken_back(told, branch, seq))


def _await_answer(office: Office, command: Command) -> None:
    """Give the orchestrator at work a moment to say no. Raises Refusal where it does."""
    end = time.monotonic() + PATIENCE
    while not answered(office, command) and time.monotonic() < end:
        time.sleep(LOOK)
