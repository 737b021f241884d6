"""Before a one-way step, and before the first that changes anything, the cloud is looked at once more."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from stairlift.drive.background import in_background
from stairlift.model.errors import StairliftError
from stairlift.model.plan import Step
from stairlift.ports import Assent, Clock, Gatekeeper
from stairlift.run import AskApproval, Board, Decision, PassGate, Start

#: Seconds for which what was found holds: a person may need some minutes to say yes.
FRESH = 600.0
Background = Callable[[Coroutine[Any, Any, None]], object]


class Gatekeeping:
    """What was found before which step, and when; nothing that is watched goes on without a fresh look.

    Neither does a gate that was approved beforehand: what it covers is not looked at again behind it.

    Looks are taken beside the loop, one at a time; `then` is rung when one has come to its end.
    """

    def __init__(self, keeper: Gatekeeper | None, clock: Clock) -> None:
        self._keeper = keeper
        self._clock = clock
        self._found: dict[str, tuple[float, Assent]] = {}
        self._busy = False
        self.objection = ""

    def allowed(
        self, decisions: Sequence[Decision], board: Board, background: Background, then: Callable[[], None]
    ) -> Sequence[Decision]:
        """Those that need no look, or had one; the others come again."""
        if self._keeper is None:
            return decisions
        begin = [d for d in decisions if isinstance(d, Start | AskApproval | PassGate)]
        held = [d for d in begin if self._wants(board.step(d.step))]
        if held and not self._busy:
            self._busy = True
            background(self._look(board.step(held[0].step), then))
        return [d for d in decisions if d not in held]

    def evidence(self, step: str) -> tuple[str, ...]:
        """What was seen before a step."""
        _, found = self._found.get(step, (0.0, Assent()))
        return found.evidence

    def _wants(self, step: Step) -> bool:
        if self._keeper is None or not self._keeper.watches(step):
            return False
        at, _ = self._found.get(step.id, (None, None))
        return at is None or self._clock.steady() - at > FRESH

    async def _look(self, step: Step, then: Callable[[], None]) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        try:
            found = await in_background(lambda: keeper.judge(step), "gate")
        except StairliftError as error:
            found = Assent(objection=f"nobody could look: {error.brief}")
        except Exception as error:  # what is in flight is not left alone for that  # noqa: BLE001
            found = Assent(objection=f"nobody could look: {type(error).__name__}: {error}")
        self._busy = False
        self._found[step.id] = self._clock.steady(), found
        if found.objection:
            self.objection = f"{step.id} may not begin: {found.objection}"
        then()
