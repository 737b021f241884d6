"""Dataclasses of which a run makes seventeen for every step."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Noun = TypeVar("Noun")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def noun(cls: type[Noun]) -> type[Noun]:
    """A dataclass that the type checker keeps frozen: compared and hashed by value, never changed.

    Python's own `frozen=True` makes the constructor go round by `object.__setattr__`: 0.7 us instead of 0.12 for nine
    fields, which was a fifth of all that the loop cost (`bench/bench_run_loop.py`). So here nothing but the type check
    forbids an assignment; what is made less often is `@dataclass(frozen=True, slots=True)`.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
