"""What may keep a run from starting what is ready: files that have changed, users who suffer, what surrounds it."""

from collections.abc import Sequence

from stairlift.drive.errands import Errands
from stairlift.drive.gatekeeping import Gatekeeping
from stairlift.drive.guard import StartGuard
from stairlift.drive.ledger import Ledger
from stairlift.drive.metering import Metering
from stairlift.drive.surrounding import Surrounding
from stairlift.drive.tools import Tools
from stairlift.model.cause import Cause
from stairlift.model.run import Run, RunState
from stairlift.run import Decision, Halt


class Holding:
    """All of them. Each looks by itself, beside the loop; nothing starts before each that is concerned has agreed."""

    def __init__(self, ledger: Ledger, tools: Tools, errands: Errands) -> None:
        self.guard = StartGuard(tools.frozen)
        self.metering = Metering(tools.meter)
        self.keeping = Gatekeeping(tools.keeper, tools.clock)
        self.surrounding = Surrounding(tools.surroundings, ledger, errands.ring)
        self._board = ledger.board
        self._errands = errands

    def halt(self, run: Run) -> Halt | None:
        """What one of them found out. A run is taken back whatever users feel, and whoever is alerted."""
        said = [(Cause.FILES, self.guard.objection)]
        if run.intent == "go":
            said += [(Cause.METER, self.metering.objection), (Cause.CHECK, self.keeping.objection)]
            said += [(Cause.SURROUNDINGS, self.surrounding.objection)]
        return next((Halt(RunState.PAUSED, words, cause=cause) for cause, words in said if words), None)

    def allowed(self, decisions: Sequence[Decision]) -> Sequence[Decision]:
        """Those that all let pass; the others come again."""
        background, ring = self._errands.begin, self._errands.ring
        decisions = self.metering.allowed(decisions, self._board)
        decisions = self.keeping.allowed(decisions, self._board, background, ring)
        decisions = self.surrounding.allowed(decisions)
        return self.guard.allowed(decisions, self._board, background, ring)
