"""The orchestrator's answers to what people told its run."""

from collections.abc import Sequence
from datetime import datetime

from stairlift.drive.tools import Tools
from stairlift.model.cause import Cause
from stairlift.model.run import AttemptId, Change, Command, Run, RunState
from stairlift.run import Board, Halt, changes
from stairlift.run.commands import ComeTrue, is_about_run, plan_refusal, run_judgement, stage_refusal, step_judgement
from stairlift.run.undoing import rollback_refusal

#: Where a run rests that is told so.
_LEADS_TO = {"pause": RunState.PAUSED, "cancel": RunState.CANCELLED}
#: States of a run in which nothing of it is in flight.
_AT_REST = frozenset({RunState.PENDING, RunState.WAITING, RunState.PAUSED, RunState.FAILED})


def needs_no_loop(command: Command, run: Run) -> bool:
    """Whether a command comes true by a line in the journal alone, as nothing of the run has to end first."""
    return command.kind == "stop-after" or (command.kind in _LEADS_TO and run.state in _AT_REST)


class Answers:
    """What each command makes of a run. Each is looked at as the run then stands, so one after the other."""

    def __init__(self, board: Board, tools: Tools) -> None:
        self._board = board
        self._tools = tools

    def due(self, run_id: str) -> Sequence[Command]:
        """What nobody has answered yet, in the order in which it came."""
        return self._tools.store.commands(run_id, unsettled=True)

    async def to(self, command: Command, run: Run, now: datetime) -> Change:
        """The change that a command makes, or its refusal."""
        if is_about_run(command):
            return self._about_run(command, run, now)
        if command.step == run.plan_hash:
            return _about_plan(command, run, now)
        return await self._about_step(command, run, now)

    def _about_run(self, command: Command, run: Run, now: datetime) -> Change:
        met = run_judgement(command.kind, run)
        if met is None and command.kind == "stop-after":
            stage = str(command.details["stage"])
            met = stage_refusal(stage, run, self._board.graph.plan, tuple(self._board.statuses()))
        if met is None and command.kind == "rollback":
            met = rollback_refusal(self._board.graph.plan, run, tuple(self._board.statuses()))
        if isinstance(met, ComeTrue):
            return changes.needless(command, met.words, now)
        if met is not None:
            return changes.refused(command, met.brief, now)
        return self._applied_to_run(command, run, now)

    def _applied_to_run(self, command: Command, run: Run, now: datetime) -> Change:
        if command.kind == "rollback":
            return changes.turning_round(run, command, now)
        if command.kind == "stop-after":
            return changes.stopping_after(run, command, now)
        if self._is_so(command, run):
            return changes.needless(command, f"run {run.id} is {run.reason or 'halted'} already", now)
        if run.state in _AT_REST:
            return changes.laid_down(run, _LEADS_TO[command.kind], command, now)
        if command.kind == "cancel":
            return changes.cancelling(run, command, now)
        self._board.halt = Halt(RunState.PAUSED, changes.as_said(command), cause=Cause.PERSON)
        return changes.pausing(run, command, now)

    def _is_so(self, command: Command, run: Run) -> bool:
        """Whether a run that moves does what it is told already. A drain can still be cut short."""
        if command.kind == "cancel":
            halt = Halt.of(run)
            return halt is not None and (halt.now or not command.details.get("now"))
        return self._board.halt is not None

    async def _about_step(self, command: Command, run: Run, now: datetime) -> Change:
        status = self._board.status(command.step)
        met = step_judgement(command.kind, self._board.step(command.step), status, run.state)
        if isinstance(met, ComeTrue):
            return changes.needless(command, met.words, now)
        if met is not None:
            return changes.refused(command, met.brief, now)
        if command.kind != "approve" and status.attempt:
            left = await self._tools.executor.remains(AttemptId(run.id, status.id, status.attempt))
            if left:
                return changes.refused(command, f"attempt {status.attempt} still runs: {', '.join(left)}", now)
        return changes.commanded(status, command, now)


def _about_plan(command: Command, run: Run, now: datetime) -> Change:
    forbidden = plan_refusal(command.kind, run)
    if forbidden is not None:
        return changes.refused(command, forbidden.brief, now)
    return changes.plan_approved(run, command, now)
