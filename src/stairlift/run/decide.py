"""What to do next: plain data in, decisions out. The loop performs them and asks again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from stairlift.model.plan import STAGES
from stairlift.model.run import SETTLED, UNWELL, RunState, StepState
from stairlift.run.board import Board
from stairlift.run.graph import Places


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

    `within_scope`: it has gone as far as it was told to, and may now go on.
    """

    state: RunState
    reason: str
    within_scope: bool = False


Decision = Start | TakeBack | AskApproval | PassGate | GiveUp | Finish

#: What failures make of a run that cannot go on for them; "ask" waits for a person's word on what has failed.
_STOPPED: Mapping[str, RunState] = {"stop": RunState.FAILED, "pause": RunState.PAUSED, "ask": RunState.WAITING}


#: Marks a step in the heap that stands for itself and not for a file.
_ALONE = -1


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
    if any(_fits(board, board.places_in_open_unit(number), Counter()) for number in board.retrying):
        return []
    return [_finish(board)]


def _choose(board: Board, now: float) -> list[Decision]:
    asks = [AskApproval(board.id(n)) for n in sorted(board.asking)]
    passes = [PassGate(board.id(n)) for n in sorted(board.passing)]
    return [*asks, *passes, *_starts(board, now)]


def _starts(board: Board, now: float) -> list[Decision]:
    """List scheduling over the files of ready steps: the first in the plan goes first, if it fits.

    A file is left where its first step does not fit, as then none in it does. The other steps of a unit that opens
    now need its places no more, so they get a second look by themselves. So do those that start again, which
    have theirs.
    """
    taken: Counter[str] = Counter()
    chosen: dict[int, Start] = {}
    heads = [(file[0], 0, places) for places, file in board.ready.items()]
    heads += [(number, _ALONE, board.places_in_open_unit(number)) for number in board.due_again(now)]
    heapify(heads)
    while heads:
        number, at, places = heappop(heads)
        if number not in chosen:
            if not _fits(board, places, taken):
                continue
            for key, hosts in places:
                taken[key] += hosts
            chosen[number] = Start(board.id(number))
            for other in board.freed_by(number, places):
                heappush(heads, (other, _ALONE, board.places_in_open_unit(other)))
        if at != _ALONE and at + 1 < len(board.ready[places]):
            heappush(heads, (board.ready[places][at + 1], at + 1, places))
    return list(chosen.values())


def _fits(board: Board, places: Places, taken: Counter[str]) -> bool:
    return all(board.room(key) - taken[key] >= hosts for key, hosts in places)


def _stop(board: Board, overspent: list[tuple[str, int, list[str]]]) -> Finish:
    """Nothing is in flight any more of a run that may not go on. One that is over is over, whatever halts it."""
    halt = board.halt
    if _over(board):
        return _finish(board)
    if halt is not None and (halt.over_failure or not overspent):
        return Finish(halt.state, halt.reason)
    return Finish(_stopped(board), _spent(overspent))


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
    return f"nothing can start: {_plural(len(left), 'step waits', 'steps wait')} for each other's places: {_some(left)}"


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


def _spent(overspent: list[tuple[str, int, list[str]]]) -> str:
    key, allowed, hosts = overspent[0]
    return f"failed: {_some(hosts)}; the failure budget{' of ' + key if key else ''} is {allowed}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
