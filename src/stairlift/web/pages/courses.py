"""What is kept in mind of what was looked at: pages that were drawn a moment ago, plans as they are shown."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from stairlift.wiring.server.kept import Kept
from stairlift.wiring.server.strips import Strips

#: So many plans are kept in mind, and so many pages.
_PLANS, _PAGES = 4, 64
#: How long a page is sent again to whoever may see the same, in seconds: what attempts tell changes without an event.
_FRESH = 1.0


class Drawings:
    """Pages that many look at: the same is drawn once, by whoever asks first, and sent to all who may see the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, _Drawing] = OrderedDict()

    def get(self, key: Hashable, version: Hashable, draw: Callable[[], str]) -> str:
        """The page of this key, drawn anew where its version is another one or it is not fresh any more."""
        with self._lock:
            kept = self._kept.setdefault(key, _Drawing())
            self._kept.move_to_end(key)
            while len(self._kept) > _PAGES:
                self._kept.popitem(last=False)
        with kept.lock:
            if kept.version != version or time.monotonic() - kept.at > _FRESH:
                kept.text, kept.version, kept.at = draw(), version, time.monotonic()
            return kept.text


@dataclass(slots=True)
class _Drawing:
    """A page as it was drawn."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: Hashable = None
    at: float = 0.0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it; `sheets` are plans, which never change, and `strips` what users felt."""

    drawings: Drawings = field(default_factory=Drawings)
    sheets: Kept[Any] = field(default_factory=lambda: Kept(_PLANS))
    strips: Strips = field(default_factory=Strips)


async def _memory(request: Request) -> Memory:
    state = request.app.state
    if not hasattr(state, "memory"):
        state.memory = Memory()
    return cast("Memory", state.memory)


#: What this server keeps in mind, as a parameter.
Remembered = Annotated[Memory, Depends(_memory)]
