"""Which units of a plan are open, and so hold their places in its windows."""

from stairlift.run.graph import Graph
from stairlift.run.windows import Places, Windows


class OpenUnits:
    """The steps of one unit share its places. It takes them once, when it opens, and gives them back when it closes.

    A unit is *open* as long as something of it counts and not all of it is settled. What makes a step count is whose
    units these are: that it was begun, or that it has to be taken back. A step of a binding that bears one process
    takes a place by itself while it is at work, also in a unit that is open.
    """

    def __init__(self, graph: Graph) -> None:
        self.windows = Windows(graph.windows)
        self._graph = graph
        self._alone: list[Places] = [((key, 1),) if key else () for key in graph.exclusive]
        self._counting = [0] * len(graph.units)
        self._unsettled = [len(unit) for unit in graph.units]
        self._open = [False] * len(graph.units)

    def is_open(self, unit: int) -> bool:
        """Whether a unit has its places."""
        return self._open[unit]

    def places(self, number: int) -> Places:
        """What a step takes if it starts now: its unit's places, where that has none yet, and its own."""
        unit = self._graph.unit_of[number]
        return self._alone[number] if self._open[unit] else (*self._graph.unit_places[unit], *self._alone[number])

    def places_of_its_own(self, number: int) -> Places:
        """What a step takes once its unit has its places."""
        return self._alone[number]

    def move(self, number: int, *, counting: int, settled: int) -> bool:
        """A step begins or ceases (1, -1) to count, and to be settled. True: that has opened or closed its unit."""
        unit = self._graph.unit_of[number]
        self._counting[unit] += counting
        self._unsettled[unit] -= settled
        is_open = self._counting[unit] > 0 and self._unsettled[unit] > 0
        if is_open == self._open[unit]:
            return False
        self._open[unit] = is_open
        (self.windows.take if is_open else self.windows.give_back)(self._graph.unit_places[unit])
        return True

    def work(self, number: int, by: int) -> None:
        """A step's process begins its work (1), or has ended it (-1)."""
        if by and self._alone[number]:
            (self.windows.take if by > 0 else self.windows.give_back)(self._alone[number])
