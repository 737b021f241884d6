"""Who takes up the room that others wait for: the hosts that are out, and the one process that a strategy bears."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from stairlift.model.run import SETTLED, StepState, StepStatus
from stairlift.run.board import Board

_AT_WORK = frozenset({StepState.RUNNING, StepState.UNDOING, StepState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Occupant:
    """The step that a unit is at, the hosts of the unit, and since when these are out."""

    step: str
    hosts: tuple[str, ...]
    since: datetime | None


def of_window(board: Board, key: str) -> list[Occupant]:
    """Whose hosts take places of a window."""
    return [
        _occupant(board, numbers)
        for unit, numbers in enumerate(board.graph.units)
        if any(key == slot for slot, _ in board.graph.unit_places[unit]) and board.units.is_open(unit)
    ]


def of_binding(board: Board, key: str) -> list[Occupant]:
    """Who keeps a strategy busy that bears one process at a time."""
    steps = zip(board.graph.exclusive, board.statuses(), strict=True)
    at_work = (status for exclusive, status in steps if exclusive == key and status.state in _AT_WORK)
    return [Occupant(status.id, board.step(status.id).hosts, status.started_at) for status in at_work]


def _occupant(board: Board, numbers: Iterable[int]) -> Occupant:
    statuses = list(_statuses(board, numbers))
    left = [s for s in statuses if s.state not in SETTLED]
    at = next((s for s in left if s.state is not StepState.PENDING), left[0])
    hosts = {host: None for status in statuses for host in board.step(status.id).hosts}
    return Occupant(at.id, tuple(hosts), min((s.started_at for s in statuses if s.started_at), default=None))


def _statuses(board: Board, numbers: Iterable[int]) -> Iterator[StepStatus]:
    return (board.status(board.id(number)) for number in numbers)
