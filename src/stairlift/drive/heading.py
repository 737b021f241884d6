"""Which way a run goes: on, or back once somebody has said so and nothing of the way on is in flight."""

from collections.abc import Sequence
from datetime import datetime

from stairlift.drive.tools import Tools
from stairlift.model.cause import Cause
from stairlift.model.rollback import taken_back
from stairlift.model.run import AttemptId, Change, Run, RunState, StepState, StepStatus
from stairlift.run import Board, Decision, Finish, GiveUp, Retreat, changes, decide

_TURNS = Finish(RunState.ROLLING_BACK, "")


class Heading:
    """What is next for a run. It turns round once at most, and never back again."""

    def __init__(self, board: Board, tools: Tools) -> None:
        self._board = board
        self._tools = tools
        self._retreat: Retreat | None = None
        self._barred = ""

    def move(self, status: StepStatus) -> None:
        """Take over a step's new status, which the board has already."""
        if self._retreat is not None:
            self._retreat.move(status)

    def decisions(self, age: float) -> Sequence[Decision]:
        """The next decisions, on or back. `age` is the loop's own time."""
        if self._barred:
            return [Finish(RunState.PAUSED, self._barred, cause=Cause.REMAINS)]
        if self._retreat is None:
            # that nothing is in flight any more is no end of a run that turns round: `turned` sees to it
            return [d for d in decide(self._board, age) if d != _TURNS]
        overdue = [GiveUp(self._board.id(number)) for number in self._board.overdue(age)]
        return overdue or self._retreat.decisions(self._board.halt)

    async def turned(self, run: Run, now: datetime) -> list[Change]:
        """The changes by which a run turns round, if it does so now.

        An attempt that nobody saw end may still be at work on its host. So nothing is undone before there is the proof
        that nothing of it runs; where something does, the run rests.
        """
        if self._retreat is not None or run.intent != "rollback":
            return []
        if run.state is RunState.ROLLING_BACK:
            self._turn()
            return []
        if not self._free():
            return []
        self._barred = await self._remains(run)
        if self._barred:
            return []
        self._board.halt = None
        self._turn()
        _, steps = taken_back(self._board.graph.steps, tuple(self._board.statuses()))
        return [changes.turned_round(run, steps, now)]

    def _turn(self) -> None:
        self._retreat = Retreat(self._board.graph, self._board.statuses())

    def _free(self) -> bool:
        """Whether nothing of the way on is in flight, and nobody wants the run to rest as it is."""
        halt = self._board.halt
        return not self._board.in_flight and (halt is None or halt.state is RunState.ROLLING_BACK)

    async def _remains(self, run: Run) -> str:
        """Why nothing may be undone yet: what still runs of an attempt that nobody saw end."""
        for status in self._board.statuses():
            if status.state is StepState.UNKNOWN:
                left = await self._tools.executor.remains(AttemptId(run.id, status.id, status.attempt))
                if left:
                    still = f"attempt {status.attempt} of {status.id} still runs"
                    return f"not taken back yet, since {still}: {', '.join(left)}"
        return ""
