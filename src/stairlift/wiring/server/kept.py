"""What is dear to make, kept in mind between two questions: the newest few, each made by whoever asks first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(slots=True)
class _Slot(Generic[_T]):
    """Whoever makes what belongs here holds the lock; the others wait for it."""

    lock: Lock = field(default_factory=Lock)
    made: _T | None = None


class Kept(Generic[_T]):
    """At most so many. Any thread may ask."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._slots: OrderedDict[Hashable, _Slot[_T]] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._slots

    def get(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """The one of this key. Where it could not be made, the next who asks tries again."""
        slot = self._slot(key)
        with slot.lock:
            if slot.made is None:
                slot.made = make()
            return slot.made

    def _slot(self, key: Hashable) -> _Slot[_T]:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
            return slot
