"""Whether what users do can be done once the last step has ended, by what the write probe made since."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from stairlift.check.api.finding import found
from stairlift.knowledge.checks import rule
from stairlift.model.availability import Bucket, Canary, Failure, Piece, Session, Tally, Target, latency
from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.finding import Finding


@dataclass(frozen=True, slots=True)
class _Turn:
    began: float
    came: dict[str, str] = field(default_factory=dict)


class Turns:
    """What a write probe did, turn by turn, by what its meter wrote. A turn begins with the first of its targets.

    Of a request that was answered well the meter keeps when it had come to its end, and how long it took within five
    percent: a turn may be taken for an earlier one than it was, never for a later one.
    """

    def __init__(self) -> None:
        self._wanted: tuple[Target, ...] = ()
        self._turns: list[_Turn] = []
        self._failures: dict[str, Failure] = {}
        self._goes_on = False

    def hear(self, piece: Piece) -> None:
        """Take in a piece; they come in the order in which they were written."""
        match piece:
            case Session():  # another process: what the one before was at has come to nothing
                self._wanted = tuple(target for target in piece.targets if target.via == "write")
                self._goes_on = False
            case Failure():
                self._failures[piece.target] = piece
            case Bucket():
                there = [target for target in self._wanted if target.id in piece.tallies]
                for target in sorted(there, key=self._begins_anew):
                    self._take(target, piece.tallies[target.id], piece.at)

    def _begins_anew(self, target: Target) -> bool:
        """What the turn at hand still lacks is its own, though the next one has begun in the same line."""
        return not self._goes_on or target == self._wanted[0] or target.id in self._turns[-1].came

    def _take(self, target: Target, tally: Tally, at: float) -> None:
        failure = self._failures.pop(target.id, None)
        if target == self._wanted[0]:
            took = latency(max(tally.ok)) / 1000 if tally.ok else 0.0
            self._turns.append(_Turn(failure.at if failure else at - took))
            self._goes_on = True
        if not self._goes_on:
            return
        if tally.others.get("failed"):
            self._turns[-1].came[target.id] = failure.why if failure else "nobody wrote down why"
        elif tally.ok:
            self._turns[-1].came[target.id] = ""

    def since(self, at: float) -> Canary:
        """The first turn after this time that tells how the cloud is; else the last one, as far as it has come."""
        later = [Canary(at, self._wanted, dict(turn.came)) for turn in self._turns if turn.began >= at]
        return next((one for one in later if one.over), later[-1] if later else Canary(at, self._wanted))


class Functional:
    """A port was made, and a server booted and removed, with nothing but the target's code."""

    info: CheckInfo = rule("canary.functional").info

    def applies(self, scene: Scene) -> bool:
        """Somebody tried."""
        return scene.canary is not None

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """Nothing: the meter's process did, while the run still had it in its ledger."""
        return {}

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """By the API's own words."""
        canary = scene.canary or Canary(0.0, ())
        told = tuple(_refused(scene, target, canary.came[target.id]) for target in canary.failed)
        well = [target.address for target in canary.wanted if canary.came.get(target.id) == ""]
        unknown = "" if canary.over else f"since the last step nobody has seen {_listed(canary.missing)}"
        return Judgement(told, f"since the last step: {'; '.join(well) or 'nothing'}", unknown)


def _listed(targets: tuple[Target, ...]) -> str:
    return "; ".join(target.address for target in targets) or "anything of what the write probe makes"


def _refused(scene: Scene, target: Target, why: str) -> Finding:
    return found(
        scene,
        Functional.info.code,
        target.id,
        message=f"behind the last step this failed: {target.address} ({why})",
        resolution="see the log of its API, and try it by hand; `stairlift availability` tells since when it fails",
    )
