"""A plan played through without doing anything: when each step would begin and end, by the run's own decisions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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
        while chosen := [one for one in decide(board, now) if isinstance(one, Start | PassGate)]:
            for one in chosen:
                _begin(board, one, ends, now + lengths.get(one.step, 0.0))
                found[one.step] = Played(now, now if isinstance(one, PassGate) else now + lengths.get(one.step, 0.0))
        if not ends:
            return found
        now, _, step = heappop(ends)
        board.move(replace(board.status(step), state=StepState.DONE))


def _anew(status: StepStatus) -> StepStatus:
    keeps = status.state in (StepState.DONE, StepState.SKIPPED)
    return status if keeps else StepStatus(status.id, approved=True)


def _begin(board: Board, one: Start | PassGate, ends: list[tuple[float, int, str]], end: float) -> None:
    status = board.status(one.step)
    if isinstance(one, PassGate):
        board.move(replace(status, state=StepState.DONE))
        return
    board.move(replace(status, state=StepState.RUNNING, attempt=status.attempt + 1))
    heappush(ends, (end, board.graph.number[one.step], one.step))
