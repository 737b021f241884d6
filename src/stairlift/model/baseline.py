"""How a cloud was before anything was changed: what an upgrade is judged by."""

from stairlift.model.availability import Bucket, Failure, Piece, Session, Target, added

#: Seconds by which times in the file are not exact.
_ROUNDED = 0.1


class Baseline:
    """Takes in what a meter wrote, in order, until so many seconds of answers are together (`until`).

    The seconds are those of the file's first session. A target that failed in them, or never answered, was so before:
    it is not charged.
    """

    def __init__(self) -> None:
        self.targets: dict[str, Target] = {}
        self.begin: float | None = None
        self.until: float | None = None
        self.ok: dict[str, dict[int, int]] = {}
        self.failed: dict[str, int] = {}
        self._wanted: float | None = None
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """How much there is of it."""
        return self._seconds

    @property
    def wanted(self) -> float:
        """How much there is to be; 0 where no meter has begun."""
        return self._wanted or 0.0

    def hear(self, piece: Piece) -> bool:
        """Take in a piece; whether it is of the time before, or says nothing of any time."""
        if isinstance(piece, Session):
            self.targets |= {target.id: target for target in piece.targets}
            self._wanted = piece.baseline if self._wanted is None else self._wanted
            return True
        if isinstance(piece, Failure):
            return self._fails(piece)
        if self.until is not None:
            return False
        self._add(piece)
        return True

    def _fails(self, failure: Failure) -> bool:
        """One that was due before came of nothing that was done since, however late it was known."""
        if self.until is not None and not failure.at < self.until <= failure.end + _ROUNDED:
            return False  # due later, or known before and yet told after: then a clock was set back
        self.failed[failure.target] = self.failed.get(failure.target, 0) + 1
        return True

    def _add(self, bucket: Bucket) -> None:
        known = False
        for name, tally in bucket.tallies.items():
            self.ok[name] = added(self.ok.get(name, {}), tally.ok)
            known = known or tally.known > 0
        for name, number in bucket.unlisted.items():
            self.failed[name] = self.failed.get(name, 0) + number
        if not known:
            return
        self.begin = bucket.at if self.begin is None else self.begin
        self._seconds += bucket.span
        if self._seconds >= self.wanted:
            self.until = bucket.end

    def charges(self, target: str) -> bool:
        """Whether what this one loses from now on is the upgrade's."""
        found = self.targets.get(target)
        return found is not None and found.felt and not self.failed.get(target) and bool(self.ok.get(target))
