"""What the steps that change nothing have found: read together with the plan, before it is approved."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stairlift.model.run import Attempt
from stairlift.report.text import count

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What one step of stage `prepare` said: its verdict's reason, and facts such as the file with a difference."""

    step: str
    reason: str
    facts: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """In one line."""
        told = (*([self.reason] if self.reason else []), *(f"{name}: {value}" for name, value in self.facts))
        return f"{self.step}: {'; '.join(told)}"


def found_by(attempts: Iterable[Attempt]) -> tuple[Found, ...]:
    """What these attempts have to say; silent ones are left out."""
    told = (Found(a.id.step, a.reason, tuple(sorted(a.facts.items()))) for a in attempts)
    return tuple(one for one in told if one.reason or one.facts)


def found_lines(found: Iterable[Found]) -> tuple[str, ...]:
    """A line for each, as far as a screen bears it."""
    everything = tuple(found)
    left = len(everything) - _SHOWN
    more = (f"... and {count(left, 'more step')} with something to say; -o json has all",) if left > 0 else ()
    return (*(one.text for one in everything[:_SHOWN]), *more)


def found_document(found: Iterable[Found]) -> list[dict[str, Any]]:
    """For programs."""
    return [{"step": one.step, "reason": one.reason, "facts": dict(one.facts)} for one in found]
