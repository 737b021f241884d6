"""Nothing starts with other files or tools than those that were approved: they are compared before each start."""

from collections.abc import Callable, Iterable, Sequence

from stairlift.drive.background import in_background
from stairlift.drive.gatekeeping import Background
from stairlift.ports import FrozenGuard
from stairlift.run import Board, Decision, Start, TakeBack

_NAMED = 3


class StartGuard:
    """Which strategies were compared since the last turn of the loop, and what was found to be different.

    A comparison is good for the turn that follows it, so no step starts on one that is older than its turn.
    """

    def __init__(self, frozen: FrozenGuard | None) -> None:
        self._frozen = frozen
        self._compared: frozenset[str] = frozenset()
        self._busy = False
        self.objection = ""

    def allowed(
        self, decisions: Sequence[Decision], board: Board, background: Background, then: Callable[[], None]
    ) -> Sequence[Decision]:
        """Those whose files are as the plan froze them; the others come again once they are compared."""
        if self._frozen is None:
            return decisions
        starts = {d.step: board.step(d.step).strategy or "" for d in decisions if isinstance(d, Start | TakeBack)}
        unknown = self._unknown(self._frozen, starts.values())
        if unknown and not self._busy:
            self._busy = True
            background(self._compare(self._frozen, unknown, then))
        return [d for d in decisions if not isinstance(d, Start | TakeBack) or starts[d.step] not in unknown]

    def turned(self) -> None:
        """The loop's turn is over."""
        self._compared = frozenset()

    def _unknown(self, frozen: FrozenGuard, bindings: Iterable[str]) -> frozenset[str]:
        """Those that have something to compare and were not compared just now."""
        return frozenset(b for b in bindings if b not in self._compared and frozen.watches(b))

    async def _compare(self, frozen: FrozenGuard, bindings: frozenset[str], then: Callable[[], None]) -> None:
        differences = await in_background(lambda: frozen.changed(bindings), "compare files")
        self._busy = False
        self._compared = bindings
        if differences:
            self.objection = _objection(differences)
        then()


def _objection(differences: tuple[str, ...]) -> str:
    left = len(differences) - _NAMED
    named = "; ".join(differences[:_NAMED]) + (f"; and {left} more" if left > 0 else "")
    return f"nothing more starts, since what the plan froze has changed: {named}; put it back, or make a new plan"
