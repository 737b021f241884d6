"""How wide the windows of a plan are, and how many of their places are taken."""

from collections import Counter
from collections.abc import Mapping

#: Places that are needed in windows: (key, number of hosts), sorted.
Places = tuple[tuple[str, int], ...]

_NOTHING: Mapping[str, int] = Counter()


class Windows:
    """Room for hosts, window by window: as much as it is wide, without what was taken and not given back.

    There may be less than none. What was done, and gave its places back, can have to be done again; nothing new fits
    until that is through.
    """

    def __init__(self, wide: Mapping[str, int]) -> None:
        self._room = dict(wide)

    def room(self, key: str) -> int:
        """How many hosts more may go out."""
        return self._room[key]

    def fit(self, places: Places, besides: Mapping[str, int] = _NOTHING) -> bool:
        """Whether there is room for all these places, and for those that are promised to others."""
        return all(self._room[key] - besides[key] >= hosts for key, hosts in places)

    def take(self, places: Places) -> None:
        """Somebody goes out, or begins."""
        for key, hosts in places:
            self._room[key] -= hosts

    def give_back(self, places: Places) -> None:
        """Whoever has taken these places is through."""
        for key, hosts in places:
            self._room[key] += hosts
