"""What came back since the last look, from many threads; what this machine has spoilt is its own fault."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from stairlift.model.availability import Failure, State, Tally, grade


@dataclass(frozen=True, slots=True)
class Result:
    """One request: when it was due, by the steady clock and by that of the wall, and when it had come to its end."""

    target: str
    state: State
    due: float
    end: float
    at: float
    why: str = ""

    @property
    def failure(self) -> Failure:
        """As the file has it."""
        return Failure(self.at, self.target, self.end - self.due, self.why)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is written of a stretch of time."""

    tallies: Mapping[str, Tally]
    failures: tuple[Failure, ...]


class Gathering:
    """Results wait a moment here, since the process may find out later that it stood still while they came."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._results: list[Result] = []
        self._stalls: deque[tuple[float, float]] = deque(maxlen=64)

    def add(self, result: Result) -> None:
        """Take in a result."""
        with self._lock:
            self._results.append(result)

    def stood_still(self, begin: float, end: float) -> None:
        """Nothing that was under way between these two times tells how the cloud was."""
        with self._lock:
            self._stalls.append((begin, end))

    def take(self, until: float) -> Gathered:
        """What had come to its end by then."""
        with self._lock:
            ripe = [self._judged(result) for result in self._results if result.end <= until]
            self._results = [result for result in self._results if result.end > until]
        return gathered(ripe)

    def _judged(self, result: Result) -> Result:
        spoilt = any(begin < result.end and result.due < end for begin, end in self._stalls)
        return replace(result, state="own", why="this machine stood still") if spoilt else result


def gathered(results: list[Result]) -> Gathered:
    """Results as tallies by target, and those that failed one by one."""
    oks: dict[str, Counter[int]] = defaultdict(Counter)
    others: dict[str, Counter[State]] = defaultdict(Counter)
    for result in results:
        if result.state == "ok":
            oks[result.target][grade((result.end - result.due) * 1000)] += 1
        else:
            others[result.target][result.state] += 1
    tallies = {target: Tally(dict(oks[target]), dict(others[target])) for target in {*oks, *others}}
    return Gathered(tallies, tuple(result.failure for result in results if result.state == "failed"))
