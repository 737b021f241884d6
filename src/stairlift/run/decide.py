"""What to do next: plain data in, decisions out. The loop performs them and asks again."""

from collections.abc import Mapping
from dataclasses import dataclass

from stairlift.model.cause import Cause
from stairlift.model.plan import STAGES
from stairlift.model.run import SETTLED, UNWELL, RunState, StepState
from stairlift.run.board import Board
from stairlift.run.budgets import Overspent, some


@dataclass(frozen=True, slots=True)
class Start:
    """Begin an attempt at this step."""

    step: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Begin an attempt at undoing this step."""

    step: str


@dataclass(frozen=True, slots=True)
class AskApproval:
    """This step's turn has come and a person has to agree."""

    step: str


@dataclass(frozen=True, slots=True)
class PassGate:
    """This gate is approved; there is no work behind it."""

    step: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """This step's services had their time and did not report."""

    step: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing runs and nothing can start: the run ends, or waits for a person.

    `within_scope`: it has gone as far as it was told to, and may now go on. `cause`: it could, and was stopped.
    """

    state: RunState
    reason: str
    within_scope: bool = False
    cause: Cause | None = None


Decision = Start | TakeBack | AskApproval | PassGate | GiveUp | Finish

#: What failures make of a run that cannot go on for them; "ask" waits for a person's word on what has failed.
_STOPPED: Mapping[str, RunState] = {"stop": RunState.FAILED, "pause": RunState.PAUSED, "ask": RunState.WAITING}


def decide(board: Board, now: float) -> list[Decision]:
    """The next decisions; none as long as there is nothing to do but wait.

    `now` is in seconds on the clock of the board's deadlines: the loop's own, which stands still while a laptop
    sleeps and knows nothing of a clock that is set.

    The same statuses give the same decisions. Once the failure budget is spent, or the run is halted, nothing new
    starts and what is in flight comes to its end. Starts are in the order of the plan, as many as the windows have room
    for. What starts again by itself keeps a run from its end, but neither one that is halted nor one that has failed.
    """
    overdue = board.overdue(now)
    if overdue:
        return [GiveUp(board.id(n)) for n in overdue]
    overspent = board.overspent()
    if not overspent and board.halt is None:
        chosen = _choose(board, now)
        if chosen:
            return chosen
    if board.in_flight:
        return []
    if overspent or board.halt is not None:
        return [_stop(board, overspent)]
    if any(board.windows.fit(board.units.places_of_its_own(number)) for number in board.retrying):
        return []
    return [_finish(board)]


def _choose(board: Board, now: float) -> list[Decision]:
    asks = [AskApproval(board.id(n)) for n in sorted(board.asking)]
    passes = [PassGate(board.id(n)) for n in sorted(board.passing)]
    return [*asks, *passes, *_starts(board, now)]


def _starts(board: Board, now: float) -> list[Decision]:
    """As many as fit, the first of the plan first. Those that start again have the places of their unit."""
    again = [(number, board.units.places_of_its_own(number)) for number in board.due_again(now)]
    return [Start(board.id(number)) for number in board.ready.fitting(board.windows, again, board.eased)]


def _stop(board: Board, overspent: list[Overspent]) -> Finish:
    """Nothing is in flight any more of a run that may not go on. One that is over is over, whatever halts it."""
    halt = board.halt
    if _over(board):
        return _finish(board)
    if halt is not None and (halt.over_failure or not overspent):
        return Finish(halt.state, halt.reason, cause=halt.cause)
    return Finish(_stopped(board), f"failed: {overspent[0]}")


def _stopped(board: Board) -> RunState:
    return _STOPPED.get(board.graph.plan.on_failure, RunState.FAILED)


def _finish(board: Board) -> Finish:
    counts = board.counts
    if _over(board):
        return Finish(RunState.DONE, "")
    if counts[StepState.WAITING]:
        return Finish(
            RunState.WAITING, _plural(counts[StepState.WAITING], "step waits", "steps wait") + " for approval"
        )
    if board.parked:
        return _rest(board)
    unwell = sum(counts[state] for state in UNWELL)
    if unwell:
        left = _plural(counts[StepState.PENDING] + counts[StepState.RETRYING], "step", "steps")
        return Finish(
            _stopped(board),
            f"{_plural(unwell, 'step', 'steps')} failed and nothing else can start ({left} left)",
        )
    return Finish(RunState.FAILED, _stuck(board))


def _stuck(board: Board) -> str:
    """No plan that Stairlift makes gets there: a host holds its places while it waits for one that waits for them."""
    left = [status.id for status in board.statuses() if status.state is StepState.PENDING]
    return f"nothing can start: {_plural(len(left), 'step waits', 'steps wait')} for each other's places: {some(left)}"


def _over(board: Board) -> bool:
    return sum(board.counts[state] for state in SETTLED) == len(board.graph.steps)


def _rest(board: Board) -> Finish:
    """As far as it may go for now: what comes next needs the plan's approval, or somebody's word."""
    named = f"everything up to stage {board.scope.stop_after}"
    if not board.scope.stop_after:
        named = f"stage {' and '.join(stage for stage in STAGES if stage in board.scope.open)}"
    done = f"{named} is done as far as it can be"
    if not board.scope.approved:
        return Finish(RunState.WAITING, f"{done}; what comes next waits for the plan's approval")
    return Finish(RunState.PAUSED, f"{done}, and no more was asked for", within_scope=True)


def _plural(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
