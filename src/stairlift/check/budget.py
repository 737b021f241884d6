"""Whether users have lost more than the policy allows, and what nobody knows."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stairlift.model.availability import Bucket, Failure, Outage, Piece, Window, in_flight, outages
from stairlift.model.baseline import Baseline

#: The key of the budget that counts requests, and that of every API which has none of its own.
REQUESTS, EACH = "requests", "*"
#: Seconds without an answer that says anything: silence is not taken for good news.
SILENCE = 60.0
_STEPS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Loss:
    """What users lost of one API since the baseline, or since a person has said that it is well."""

    api: str
    failures: tuple[Failure, ...]
    outages: tuple[Outage, ...]

    @property
    def downtime(self) -> float:
        """Seconds from the first error to the last of each outage, together."""
        return sum(outage.downtime for outage in self.outages)


class Account:
    """Takes in what a meter wrote and holds it against a budget: seconds by API, and REQUESTS altogether.

    Failures up to `acknowledged` (a time) are not charged any more: whoever took the run up again has seen them.
    """

    def __init__(self, budget: Mapping[str, float], acknowledged: float = 0.0) -> None:
        self._budget = budget
        self._acknowledged = acknowledged
        self.baseline = Baseline()
        self.end = 0.0
        self._failures: dict[str, list[Failure]] = {}
        self._unlisted = 0
        self._heard: dict[str, float] = {}
        self._answered: dict[str, array[float]] = {}
        self._dropped = self._lines = 0

    def hear(self, piece: Piece) -> None:
        """Take in a piece; they come in the order in which they were written."""
        before = self.baseline.hear(piece)
        if isinstance(piece, Bucket):
            self._listen(piece)
            self._miss(piece)
        if before:
            return
        if isinstance(piece, Failure):
            self._charge(piece)
        elif isinstance(piece, Bucket):
            self._charge_unlisted(piece)

    def _listen(self, bucket: Bucket) -> None:
        self.end = bucket.end
        for name, tally in bucket.tallies.items():
            target = self.baseline.targets.get(name)
            if target is None or not target.felt or not tally.known:
                continue
            self._heard[target.api] = bucket.end
            if tally.ok:
                self._is_right(target.api, bucket.at)

    def _miss(self, bucket: Bucket) -> None:
        """Lines that could not be written; each process counts its own from nothing."""
        if bucket.at > self._acknowledged:
            self._lines += max(0, bucket.dropped - self._dropped)
        self._dropped = bucket.dropped

    def _is_right(self, api: str, at: float) -> None:
        answered = self._answered.setdefault(api, array("d"))
        if not answered or answered[-1] < at:  # once for all of its targets, and in order whatever a clock does
            answered.append(at)

    def _charge(self, failure: Failure) -> None:
        if failure.at > self._acknowledged and self.baseline.charges(failure.target):
            self._failures.setdefault(self.baseline.targets[failure.target].api, []).append(failure)

    def _charge_unlisted(self, bucket: Bucket) -> None:
        """Failures of which only the number is known: one stands for those of a line."""
        for target, number in bucket.unlisted.items():
            if bucket.at > self._acknowledged and self.baseline.charges(target):
                self._charge(Failure(bucket.at, target, bucket.span, "one of many"))
                self._unlisted += number - 1

    def acknowledge(self, until: float) -> None:
        """What was lost up to then is known to a person."""
        self._acknowledged = until
        self._unlisted = self._lines = 0
        self._failures = {api: [f for f in lost if f.at > until] for api, lost in self._failures.items()}

    def losses(self) -> tuple[Loss, ...]:
        """What was lost of each API that lost anything."""
        return tuple(
            Loss(api, tuple(lost), outages((failure.at for failure in lost), self._answered.get(api, ())))
            for api, lost in sorted(self._failures.items())
            if lost
        )

    def exceeded(self) -> tuple[Loss, ...]:
        """The losses that the budget does not allow; a budget of no seconds allows no failed request."""
        losses = self.losses()
        lost = sum(len(loss.failures) for loss in losses) + self._unlisted
        if REQUESTS in self._budget and lost > self._budget[REQUESTS]:
            return losses
        return tuple(loss for loss in losses if self._over(loss))

    def _over(self, loss: Loss) -> bool:
        allowed = self._budget.get(loss.api, self._budget.get(EACH))
        return allowed is not None and (loss.downtime > allowed or not allowed)

    def allowed(self, api: str) -> str:
        """What the budget says of an API, in words."""
        seconds = self._budget.get(api, self._budget.get(EACH))
        requests = self._budget.get(REQUESTS)
        said = [f"{seconds:g} s"] if seconds is not None else []
        return " and ".join([*said, *([_requests(int(requests))] if requests is not None else [])])

    # What nobody knows

    def unknown(self, now: float, since: float) -> str:
        """Why nobody can tell whether the budget is kept; "" where that is known, and until SILENCE after `since`."""
        if not self._budget:
            return ""
        measured = {target.api for target in self.baseline.targets.values() if target.felt}
        if measured and (missing := sorted(set(self._budget) - {REQUESTS, EACH} - measured)):
            return f"the downtime budget is about {', '.join(missing)}, which the meter does not measure"
        if self._lines:
            lines = f"{self._lines} line{'' if self._lines == 1 else 's'}"
            return f"nobody knows what users felt: {lines} of the meter could not be written, the disk was full"
        watched = {self.baseline.targets[name].api for name in self.baseline.targets if self.baseline.charges(name)}
        spoilt = sorted((measured & self._budget.keys()) - watched)
        if self.baseline.until is not None and spoilt and not self._acknowledged:
            return f"{', '.join(spoilt)} failed before anything was changed, so that no downtime can be held against it"
        silent = {api: now - max(since, self._heard.get(api, 0.0)) for api in watched if self._matters(api)}
        lost = sorted(api for api, seconds in silent.items() if seconds > SILENCE)
        if not lost:
            return ""
        longest = max(silent[api] for api in lost)
        return f"nobody knows what users of {', '.join(lost)} feel: no data for {longest:.0f} s"

    def _matters(self, api: str) -> bool:
        return not self._budget.keys().isdisjoint({api, EACH, REQUESTS})


def breach(account: Account, windows: Callable[[], Sequence[Window]]) -> str:
    """Why the budget is exceeded: what was lost of which API, and the steps in flight then; "" where it is kept.

    `windows` are only asked for where something was lost.
    """
    exceeded = account.exceeded()
    if not exceeded:
        return ""
    flights = windows()
    return "; ".join(_sentence(loss, account, flights) for loss in exceeded)


def _sentence(loss: Loss, account: Account, windows: Sequence[Window]) -> str:
    return (
        f"users lost {_requests(len(loss.failures))} of {loss.api} over {loss.downtime:.1f} s "
        f"(budget {account.allowed(loss.api)}; {loss.failures[0].why}), {_meanwhile(loss, windows)}"
    )


def _requests(number: int) -> str:
    return f"{number} request{'' if number == 1 else 's'}"


def _meanwhile(loss: Loss, windows: Sequence[Window]) -> str:
    steps = list(dict.fromkeys(step for f in loss.failures for step in in_flight(windows, f.at, f.end)))
    if not steps:
        return "while no step was in flight"
    shown = ", ".join(steps[:_STEPS_NAMED]) + (f" and {len(steps) - _STEPS_NAMED} more" if steps[_STEPS_NAMED:] else "")
    return f"while {shown} {'was' if len(steps) == 1 else 'were'} in flight"
