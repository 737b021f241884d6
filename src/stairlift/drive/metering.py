"""What a run does about its meter: it waits for a baseline, and stops where users lose more than they may."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from stairlift.model.availability import METER
from stairlift.model.effect import Effect
from stairlift.model.plan import Action
from stairlift.model.run import RunState
from stairlift.ports import Clock, Meter
from stairlift.run import Board, Decision, Finish, Start
from stairlift.run.effects import of_the_run

#: Seconds from one look at what the meter says to the next.
_EVERY = 1.0
#: Actions that change nothing which a user could feel.
_HARMLESS: frozenset[Action] = frozenset({"prepare", "verify", "approve"})


class Metering:
    """What the meter said last. `waits` is why nothing may be changed yet, `objection` why nothing more may start.

    A run that is done is over only when what users do was tried once more, where the meter does such things.
    """

    def __init__(self, meter: Meter | None) -> None:
        self._meter = meter
        self.waits = "the meter has not begun" if meter else ""
        self.objection = ""
        self._ends, self._tried = False, not (meter and meter.makes())

    def effects(self, known: Iterable[Effect], now: datetime) -> tuple[Effect, ...]:
        """What goes on record before it makes anything in the cloud; what is open already stays."""
        return of_the_run(known, self._meter.makes() if self._meter else (), now, binding=METER)

    async def attend(self) -> None:
        """Have it measure, as long as the loop goes on."""
        if self._meter is not None:
            await self._meter.attend()

    async def watch(self, clock: Clock, then: Callable[[], None]) -> None:
        """Ask again and again, and say so where there is something new."""
        while self._meter is not None:
            found = await self._meter.baseline(), await self._meter.breach()
            tried = self._tried or (self._ends and not await self._meter.canary())
            if (*found, tried) != (self.waits, self.objection, self._tried):
                (self.waits, self.objection), self._tried = found, tried
                then()
            await clock.sleep(_EVERY)

    def allowed(self, decisions: Sequence[Decision], board: Board) -> Sequence[Decision]:
        """Those that need neither baseline nor canary; the others come again once there is one."""
        if self.waits:
            decisions = [d for d in decisions if not isinstance(d, Start) or board.step(d.step).action in _HARMLESS]
        if board.halt is not None or not any(map(_is_done, decisions)):  # who is told to rest does not wait
            return decisions
        self._ends = True
        return decisions if self._tried else [d for d in decisions if not _is_done(d)]


def _is_done(decision: Decision) -> bool:
    return isinstance(decision, Finish) and decision.state is RunState.DONE
