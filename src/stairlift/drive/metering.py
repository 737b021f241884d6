"""What a run does about its meter: it waits for a baseline, and stops where users lose more than they may."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from stairlift.model.availability import METER
from stairlift.model.effect import Effect
from stairlift.model.plan import Action
from stairlift.ports import Clock, Meter
from stairlift.run import Board, Decision, Start

#: Seconds from one look at what the meter says to the next.
_EVERY = 1.0
#: Actions that change nothing which a user could feel.
_HARMLESS: frozenset[Action] = frozenset({"prepare", "verify", "approve"})


class Metering:
    """What the meter said last. `waits` is why nothing may be changed yet, `objection` why nothing more may start."""

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter
        self.waits = "the meter has not begun" if meter else ""
        self.objection = ""

    def effects(self, known: Iterable[Effect], now: datetime) -> tuple[Effect, ...]:
        """What goes on record before it makes anything in the cloud; what is open already stays."""
        there = {effect.id for effect in known if effect.open}
        made = self._meter.makes() if self._meter else ()
        return tuple(
            Effect(i.id, i.kind, i.subject, "", METER, "intended", now, i.details) for i in made if i.id not in there
        )

    async def attend(self) -> None:
        """Have it measure, as long as the loop goes on."""
        if self._meter is not None:
            await self._meter.attend()

    async def watch(self, clock: Clock, then: Callable[[], None]) -> None:
        """Ask again and again, and say so where there is something new."""
        while self._meter is not None:
            found = await self._meter.baseline(), await self._meter.breach()
            if found != (self.waits, self.objection):
                self.waits, self.objection = found
                then()
            await clock.sleep(_EVERY)

    def allowed(self, decisions: Sequence[Decision], board: Board) -> Sequence[Decision]:
        """Those that need no baseline; the others come again once it is there."""
        if not self.waits:
            return decisions
        return [d for d in decisions if not isinstance(d, Start) or board.step(d.step).action in _HARMLESS]
