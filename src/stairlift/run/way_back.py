"""What a step that is to be taken back waits for: what was built on it goes back first, and windows hold both ways."""

from collections.abc import Iterator
from functools import cached_property

from stairlift.model.release import Release
from stairlift.model.rollback import current_hop, must_go_back
from stairlift.model.run import StepState
from stairlift.run.board import Board
from stairlift.run.retreat import Retreat

_AT_IT = frozenset({StepState.UNDOING, StepState.UNDO_FAILED})


class WayBackOf:
    """The way back of a run as its board stands now."""

    def __init__(self, board: Board) -> None:
        self._board = board

    @cached_property
    def _hop(self) -> Release | None:
        return current_hop(self._board.graph.steps, self._board.statuses())

    def takes(self, step_id: str) -> bool:
        """Whether it has yet to take this step back."""
        step = self._board.step(step_id)
        return step.target == self._hop and must_go_back(step, self._board.status(step_id))

    def built_on(self, step_id: str) -> list[str]:
        """The steps that go back before this one: those that needed it or came after it, directly or through others."""
        graph = self._board.graph
        found: list[int] = []
        seen: set[int] = set()
        todo = [graph.number[step_id]]
        while todo:
            current = todo.pop()
            for later in {*graph.needed_by[current], *graph.before[current]} - seen:
                seen.add(later)
                (found if self.takes(self._board.id(later)) else todo).append(later)
        return [self._board.id(number) for number in sorted(found, reverse=True)]

    def full_windows(self, step_id: str) -> Iterator[tuple[str, list[str]]]:
        """The windows without room for the step's unit, each with the steps that are being taken back in it."""
        board, graph = self._board, self._board.graph
        retreat = Retreat(graph, board.statuses())
        for key, hosts in graph.unit_places[graph.unit_of[graph.number[step_id]]]:
            if retreat.windows.room(key) < hosts:
                at_it = (s.id for s in board.statuses() if s.state in _AT_IT and key in board.step(s.id).slots)
                yield key, [other for other in at_it if other != step_id]
