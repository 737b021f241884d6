"""How one plan differs from another for the same way."""

from dataclasses import dataclass
from typing import Any

from stairlift.model.plan import Step


@dataclass(frozen=True, slots=True)
class Other:
    """One thing that is otherwise; `before` and `after` are JSON values."""

    what: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    """A step of both plans that is no longer the same."""

    step: Step
    others: tuple[Other, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Steps that are `gone` and `new`, those that are `changed`, and what is otherwise of the plan as a whole.

    `again` are steps that had been settled and have to be done once more. `kept` are those that stay settled.
    """

    gone: tuple[Step, ...]
    new: tuple[Step, ...]
    again: tuple[Step, ...]
    changed: tuple[Changed, ...]
    plan: tuple[Other, ...]
    kept: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing has drifted that concerns what remains."""
        return not (self.gone or self.new or self.again or self.changed or self.plan)
