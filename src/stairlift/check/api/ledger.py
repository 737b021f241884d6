"""That nothing is left of what a run changed for its own sake."""

from collections.abc import Mapping

from stairlift.check.api.finding import found
from stairlift.knowledge.checks import rule
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.effect import Effect
from stairlift.model.finding import Finding


class Ledger:
    """Every side effect of the run was put back."""

    info: CheckInfo = rule("ledger.open").info

    def applies(self, scene: Scene) -> bool:
        """There was any."""
        return bool(scene.effects)

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: the ledger is on record."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """What is still open, and why."""
        left = [effect for effect in scene.effects if effect.open]
        told = tuple(_left(scene, effect) for effect in left)
        return Judgement(told, f"{len(scene.effects)} effects on record, {len(left)} of them open")


def _left(scene: Scene, effect: Effect) -> Finding:
    note = f": {effect.note}" if effect.note else ""
    return found(
        scene,
        "ledger.open",
        effect.id,
        message=f"{effect.kind} of {effect.subject} was changed by {effect.step} and is {effect.state}{note}",
        resolution=f"`stairlift ledger --restore {effect.id}`",
    )
