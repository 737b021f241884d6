"""Nothing starts with other files or tools than those that were approved: they are compared before each start."""

from collections.abc import Callable, Iterable

from stairlift.drive.background import in_background
from stairlift.ports import FrozenGuard

_NAMED = 3


class StartGuard:
    """Which strategies were compared since the last turn of the loop, and what was found to be different.

    A comparison is good for the turn that follows it, so no step starts on one that is older than its turn.
    """

    def __init__(self, frozen: FrozenGuard | None) -> None:
        self._frozen = frozen
        self._compared: frozenset[str] = frozenset()
        self.busy = False
        self.objection = ""

    def unknown(self, bindings: Iterable[str]) -> frozenset[str]:
        """Those that have something to compare and were not compared just now."""
        frozen = self._frozen
        if frozen is None:
            return frozenset()
        return frozenset(b for b in bindings if b not in self._compared and frozen.watches(b))

    def turned(self) -> None:
        """The loop's turn is over."""
        self._compared = frozenset()

    async def compare(self, bindings: frozenset[str], then: Callable[[], None]) -> None:
        """Compare them beside the loop, then say so."""
        frozen = self._frozen
        if frozen is None:
            return
        self.busy = True
        differences = await in_background(lambda: frozen.changed(bindings), "compare files")
        self.busy = False
        self._compared = bindings
        if differences:
            self.objection = _objection(differences)
        then()


def _objection(differences: tuple[str, ...]) -> str:
    left = len(differences) - _NAMED
    named = "; ".join(differences[:_NAMED]) + (f"; and {left} more" if left > 0 else "")
    return f"nothing more starts, since what the plan froze has changed: {named}; put it back, or make a new plan"
