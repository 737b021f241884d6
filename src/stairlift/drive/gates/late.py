"""The gates of a run that is only brought to rest: they are made when a step needs them, as that looks at the cloud."""

from collections.abc import Callable, Sequence

from stairlift.drive.background import Late
from stairlift.model.plan import Step
from stairlift.ports import Inquiry, Looked, StepGate


class LateGates:
    """Fills StepGate by all gates of a run. `made` may block, or fail."""

    name = "gates"

    def __init__(self, made: Callable[[], Sequence[StepGate]]) -> None:
        self._late = Late(made)

    def concerns(self, step: Step) -> bool:  # noqa: ARG002
        """Nobody knows before the cloud was looked at."""
        return True

    async def look(self, inquiry: Inquiry) -> Looked:
        """See ports.StepGate. The first gate that misses something is waited for before the next is asked."""
        unknown: list[str] = []
        for gate in await self._late.get():
            if gate.concerns(inquiry.step):
                looked = await gate.look(inquiry)
                if looked.missing:
                    return Looked(missing=tuple(f"{gate.name}: {sentence}" for sentence in looked.missing))
                unknown += looked.unknown
        return Looked(unknown=tuple(unknown))
