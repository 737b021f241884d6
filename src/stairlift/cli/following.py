"""A run that a server carries out, shown as if it were carried out here. Whoever leaves it leaves it going."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from stairlift.cli.orchestrating import all_answered
from stairlift.cli.output import say
from stairlift.cli.progress import Progress
from stairlift.model.plan import Plan
from stairlift.model.run import FINAL_RUN_STATES, Event, Run, RunState
from stairlift.report.status import status_lines
from stairlift.report.tally import Tally
from stairlift.run.unattended import need_of
from stairlift.wiring.branch import Branch
from stairlift.wiring.clock import now
from stairlift.wiring.orders import Result

_AT_REST = FINAL_RUN_STATES | {RunState.FAILED, RunState.WAITING, RunState.PAUSED}
#: Seconds between two looks, and without an event until the server is asked what troubles it.
_LOOK, _SILENCE = 0.5, 5.0


@dataclass
class _Sight:
    """What was seen of a run: events up to `seq`, and whether it has `moved` since it was told something."""

    run: str
    branch: Branch
    seq: int
    moved: bool

    def news(self) -> tuple[Event, ...]:
        """The events since the last look."""
        found = self.branch.store.events(self.run, self.seq)
        if found:
            self.seq, self.moved = found[-1].seq, True
        return found

    def rests(self) -> bool:
        """Whether nobody moves it any more: what it was told has been taken up, and has come to its end."""
        run = self.branch.store.run(self.run)
        if not self.moved or run.state not in _AT_REST:
            return False
        told = {command.kind for command in self.branch.store.commands(run.id, unsettled=True)}
        if need_of(run, told) is not None:  # that it was told is an event, too
            return False
        holder = self.branch.store.orchestrator(run.cloud)
        return holder is None or holder.run != run.id


def newest(run_id: str, branch: Branch) -> int:
    """The number of a run's newest event: what is to be seen of it comes behind."""
    event = branch.store.latest(run_id)
    return event.seq if event else 0


def follow(run_id: str, branch: Branch, seq: int = 0, *, moved: bool = False) -> Result:
    """Show what happens behind event `seq` until the run rests; ask on a terminal and go on, as a run here does.

    `moved`: what it was told is on record, so that it rests once it has been acted on; else something has to happen.

    Raises what keeps the server from carrying it out, and SystemExit of who leaves.
    """
    plan = branch.plan(branch.store.run(run_id))
    try:
        run = _rested(_Sight(run_id, branch, seq, moved), plan)
        while run.state is RunState.WAITING and all_answered(run, plan, branch):
            run = _rested(_Sight(run_id, branch, newest(run_id, branch), moved=True), plan)
    except SystemExit:
        say(f"run {run_id} goes on with the server; watch it: stairlift status {run_id} --watch")
        raise
    for line in status_lines(branch.archive.standing_of_all(run, plan), now()):
        say(line)
    return Result(run)


def _rested(sight: _Sight, plan: Plan) -> Run:
    branch = sight.branch
    states = {status.id: status.state for status in branch.store.steps(sight.run)}
    with Progress(Tally(plan.steps, states, now()), branch.doing) as progress:
        _until_rest(sight, progress.hear)
    return branch.store.run(sight.run)


def _until_rest(sight: _Sight, hear: Callable[[Event], None]) -> None:
    rests, heard = False, time.monotonic()
    while True:
        events = sight.news()
        for event in events:
            hear(event)
        if rests and not events:
            return
        rests = sight.rests()
        heard = time.monotonic() if events else heard
        if not rests:
            if time.monotonic() - heard > _SILENCE:
                heard = time.monotonic()
                _demand_untroubled(sight)
            time.sleep(_LOOK)


def _demand_untroubled(sight: _Sight) -> None:
    trouble = sight.branch.trouble(sight.run)
    if trouble is not None:
        raise trouble
