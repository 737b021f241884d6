"""A server that is started anew is waited for, by whoever it has answered before: nothing of a run depends on him."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from stairlift.model.errors import StairliftError

T = TypeVar("T")
#: What passes: nobody is there, or somebody who is just beginning or leaving.
_PASSES = frozenset({"client.unreachable", "client.late", "server.leaving", "store.unavailable", "store.locked"})
#: Seconds between two tries.
_LOOK = 0.5


@dataclass
class Patience:
    """How long one waits, in `seconds`; `note` is told that he does, and why. Who was never answered waits for nobody.

    Only for what may be asked again and again.
    """

    note: Callable[[str], None]
    seconds: float = 60.0
    wait: Callable[[float], None] = field(default=time.sleep)
    _answered: bool = False

    def outlast(self, ask: Callable[[], T]) -> T:
        """What is answered, in the end. Raises as `ask` does what does not pass, or has not passed."""
        end, told = time.monotonic() + self.seconds, False
        while True:
            try:
                found = ask()
            except StairliftError as wrong:
                if not self._answered or wrong.code not in _PASSES or time.monotonic() > end:
                    raise
                if not told:
                    self.note(f"{wrong.brief}; waiting for it")
                told = True
                self.wait(_LOOK)
            else:
                self._answered = True
                return found
