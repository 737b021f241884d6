"""A plan played through without doing anything: when each step would begin and end, by the run's own decisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush

from stairlift.model.plan import Plan
from stairlift.model.run import StepState, StepStatus
from stairlift.run.board import Board
from stairlift.run.decide import PassGate, Start, decide
from stairlift.run.graph import graph


@dataclass(frozen=True, slots=True)
class Played:
    """When a step would begin and end, in seconds from now."""

    begin: float
    end: float


def play(plan: Plan, lengths: Mapping[str, float], statuses: Iterable[StepStatus] = ()) -> Mapping[str, Played]:
    """Of each step that is not settled, as if everything went well and nobody kept anything waiting.

    `lengths` are seconds by step; a step that is not named takes none. What is unwell, waits or is in flight in
    `statuses` is begun anew. Windows, batches, barriers and deployers that bear one process are kept. What could never
    start is left out. Raises Refusal (run.plan_impossible).
    """
    board = Board(graph(plan), [_anew(status) for status in statuses], approve_all=True)
    found: dict[str, Played] = {}
    ends: list[tuple[float, int, str]] = []
    now = 0.0
    while True:
        gates = True
        while gates:  # nothing else lets more begin before one of these has ended
            chosen = [one for one in decide(board, now) if isinstance(one, Start | PassGate)]
            gates = any(isinstance(one, PassGate) for one in chosen)
            for one in chosen:
                found[one.step] = _begin(board, one, ends, Played(now, now + lengths.get(one.step, 0.0)))
        if not ends:
            return found
        now, _, step = heappop(ends)
        board.move(StepStatus(step, StepState.DONE, board.status(step).attempt))


def _anew(status: StepStatus) -> StepStatus:
    keeps = status.state in (StepState.DONE, StepState.SKIPPED)
    return status if keeps else StepStatus(status.id, approved=True)


def _begin(board: Board, one: Start | PassGate, ends: list[tuple[float, int, str]], played: Played) -> Played:
    """As it goes; a gate is passed at once."""
    attempt = board.status(one.step).attempt
    if isinstance(one, PassGate):
        board.move(StepStatus(one.step, StepState.DONE, attempt))
        return Played(played.begin, played.begin)
    board.move(StepStatus(one.step, StepState.RUNNING, attempt + 1))
    heappush(ends, (played.end, board.graph.number[one.step], one.step))
    return played
