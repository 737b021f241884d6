"""How many hosts have failed, and whether that is more than a plan allows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stairlift.model.plan import Step


@dataclass(frozen=True, slots=True, order=True)
class Overspent:
    """A failure budget that is spent; the key is empty for what counts in none and is never tolerated."""

    key: str
    allowed: int
    hosts: tuple[str, ...]

    def __str__(self) -> str:
        named = f"the failure budget of {self.key}" if self.key else "the failure budget"
        return f"{some(self.hosts)}; {named} is {self.allowed}"


class Budgets:
    """The hosts of failed steps, by the budgets that they count in: each once, however many of its steps failed."""

    def __init__(self, allowed: Mapping[str, int]) -> None:
        self._allowed = allowed
        self._failing: dict[str, Counter[str]] = defaultdict(Counter)

    def blame(self, step: Step, by: int) -> None:
        """A step has failed (1), or that counts no more (-1)."""
        for key in step.budgets or ("",):
            failing = self._failing[key]
            failing.update(dict.fromkeys(step.hosts, by))
            for host in step.hosts:
                if not failing[host]:
                    del failing[host]

    def overspent(self) -> list[Overspent]:
        """Those that are spent, by key; what no budget tolerates comes last."""
        spent = [
            Overspent(key, allowed, tuple(sorted(hosts)))
            for key, hosts in self._failing.items()
            if len(hosts) > (allowed := self._allowed.get(key, 0))
        ]
        return sorted(spent, key=lambda one: (not one.key, one.key))


def some(names: Sequence[str]) -> str:
    """The first three of them, and how many more."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
