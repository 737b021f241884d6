"""What may start, and what of it has room."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush

from stairlift.run.windows import Places, Windows

#: A step by its rank, and the places that it takes.
Ranked = tuple[int, Places]

#: Marks a step in the heap that stands for itself and not for a file.
_ALONE = -1


def _nobody(_rank: int, _places: Places) -> tuple[Ranked, ...]:
    return ()


class Ready:
    """Steps by rank, filed by the places that they take: all in one file fit, or none does. The lowest goes first.

    A step is in one file at most, and no file is empty.
    """

    def __init__(self) -> None:
        self.files: dict[Places, list[int]] = {}
        self._filed: dict[int, Places] = {}

    def __contains__(self, rank: int) -> bool:
        return rank in self._filed

    def __iter__(self) -> Iterator[int]:
        return iter(tuple(self._filed))

    def file(self, rank: int, places: Places) -> None:
        """It may start as soon as these places are free. One that is filed stays where it is."""
        if rank not in self._filed:
            self._filed[rank] = places
            insort(self.files.setdefault(places, []), rank)

    def withdraw(self, rank: int) -> None:
        """It may not start, if it ever might."""
        places = self._filed.pop(rank, None)
        if places is not None:
            file = self.files[places]
            del file[bisect_left(file, rank)]
            if not file:
                del self.files[places]

    def fitting(
        self,
        windows: Windows,
        besides: Iterable[Ranked] = (),
        eased: Callable[[int, Places], Iterable[Ranked]] = _nobody,
    ) -> list[int]:
        """List scheduling: the lowest rank goes first, if it fits, and then the next beside it.

        A file is left where its first step does not fit, as then none in it does. `besides` are in no file; `eased`
        says which others take fewer places once one goes, and get a second look by themselves.
        """
        taken: Counter[str] = Counter()
        chosen: dict[int, None] = {}
        heads = [(file[0], 0, places) for places, file in self.files.items()]
        heads += [(rank, _ALONE, places) for rank, places in besides]
        heapify(heads)
        while heads:
            rank, at, places = heappop(heads)
            if rank not in chosen:
                if not windows.fit(places, taken):
                    continue
                for key, hosts in places:
                    taken[key] += hosts
                chosen[rank] = None
                for other, its in eased(rank, places):
                    heappush(heads, (other, _ALONE, its))
            if at != _ALONE and at + 1 < len(self.files[places]):
                heappush(heads, (self.files[places][at + 1], at + 1, places))
        return list(chosen)
