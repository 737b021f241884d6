"""`run`, `resume` and `rollback` where a server carries runs out: it is told, and what it does is followed."""

import time
import uuid
from dataclasses import dataclass

from stairlift.cli.controlling import LOOK, PATIENCE, answered
from stairlift.cli.following import follow, newest
from stairlift.cli.orchestrating import approve_plan
from stairlift.cli.output import say, show
from stairlift.model.plan import Plan
from stairlift.model.run import Command, Run, RunState
from stairlift.model.scope import Scope
from stairlift.wiring.branch import Branch
from stairlift.wiring.files import plan_document
from stairlift.wiring.orders import Result


@dataclass(frozen=True, slots=True)
class Start:
    """How a run is to begin: `yes` approves every gate, `again` does once more what was done, `detach` leaves it."""

    scope: Scope
    yes: bool
    again: bool
    detach: bool


def begin(plan: Plan, start: Start, branch: Branch) -> Result | None:
    """Have a run of a plan begun there; how it stands once it rests, None where nobody waits for that."""
    _bring(plan, branch)
    scope = start.scope
    wanted = {
        "plan": plan.hash,
        "approve": scope.approved,
        "yes": start.yes,
        "again": start.again,
        "stages": list(scope.stages),
        "stop_after": scope.stop_after,
    }
    try:
        begun = branch.errands(_quiet).done("/v1/runs", wanted)
    except SystemExit:
        say("the server may begin it all the same; see: stairlift list")
        raise
    if begun["idle"]:
        return Result(branch.store.run(begun["run"]), idle=True)
    if not start.detach:
        return follow(begun["run"], branch)
    show(begun["run"])
    say(f"it goes on with the server; watch it: stairlift status {begun['run']} --watch")
    return None


def _quiet(_note: str) -> None:
    """What comes of it is told by the run itself."""


def _bring(plan: Plan, branch: Branch) -> None:
    """See to it that the server keeps the plan. Raises Refusal (access.plans) where it takes none from outside."""
    if not branch.keeps(plan.hash):
        branch.connection.post("/v1/plans", plan_document(plan))


def take_up(run: Run, branch: Branch, *, yes: bool = False) -> Result:
    """Have a run go on, with `yes` all of it approved, and follow it."""
    seq = newest(run.id, branch)
    branch.store.resume(run.id, uuid.uuid4().hex, yes=yes)
    return follow(run.id, branch, seq)


def approved_and_taken_up(run: Run, plan: Plan, branch: Branch) -> Result:
    """Approve the plan of a run that was begun to prepare, and follow it: a server goes on by itself with an answer."""
    seq = newest(run.id, branch)
    approve_plan(run, plan, branch, "--approve")
    return take_up(run, branch) if run.state is RunState.PAUSED else follow(run.id, branch, seq, moved=True)


def taken_back(told: Command, branch: Branch, seq: int) -> Result:
    """Follow a run that was told to be taken back, from behind event `seq` on. Raises Refusal where it is refused."""
    end = time.monotonic() + PATIENCE
    while told.result is None and not answered(branch, told) and time.monotonic() < end:
        time.sleep(LOOK)
    return follow(told.run, branch, seq)
