"""What keeps a server from being moved to another host, by what its flavor, its image and its ports ask for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Literal

from stairlift.knowledge.document import Entry, read
from stairlift.model.workload import Server, ServerPort

How = Literal["live", "cold"]
#: "never": Nova refuses it. "care": Nova tries it, and it may fail or be felt.
Bar = Literal["never", "care", ""]
_BARS = ("never", "care", "")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that a server has and that bars a way of moving it. `why` completes "it stays, since ..."."""

    name: str
    specs: tuple[str, ...]
    image: tuple[str, ...]
    ports: frozenset[str]
    values: frozenset[str]
    unless: Mapping[str, str]
    live: str
    cold: str
    why: str

    def bars(self, how: How) -> str:
        """Whether it bars this way: "never", "care" or ""."""
        return self.live if how == "live" else self.cold

    def stands(self, server: Server, ports: Iterable[ServerPort]) -> bool:
        """Whether it is in the way of this server."""
        specs = dict(server.specs)
        if any(specs.get(key) == value for key, value in self.unless.items()):
            return False
        asked = (*self._asked(self.specs, specs), *self._asked(self.image, dict(server.image)))
        return any(asked) or any(port.kind in self.ports for port in ports)

    def _asked(self, globs: Iterable[str], given: Mapping[str, str]) -> list[bool]:
        found = (value for key, value in given.items() for glob in globs if fnmatchcase(key, glob))
        return [not self.values or value.lower() in self.values for value in found]


@dataclass(frozen=True, slots=True)
class Draining:
    """The content of a draining file. `timing` is in seconds, `tight` in percent."""

    states: Mapping[str, tuple[str, ...]]
    obstacles: tuple[Obstacle, ...]
    hypervisors: Mapping[str, str]
    timing: Mapping[str, int]
    tight: int


def draining_of(document: Entry) -> Draining:
    """The content of a draining file; an unknown way or word is refused."""
    states = {name: _ways(entry) for name, entry in document.children("states").items()}
    obstacles = tuple(_obstacle(name, entry) for name, entry in document.children("obstacles").items())
    kinds = {name: _why(entry) for name, entry in document.children("hypervisors").items()}
    timing = {name: _number(entry, "seconds") for name, entry in document.children("timing").items()}
    tight = document.child("tight")
    found = Draining(states, obstacles, kinds, timing, _number(tight, "percent") if tight else 100)
    document.close()
    return found


@cache
def draining() -> Draining:
    """What is known."""
    return draining_of(read("draining.yaml"))


def in_the_way(server: Server, how: How, ports: Iterable[ServerPort] = ()) -> tuple[Obstacle, ...]:
    """What stands in the way of moving a server like this, what Nova refuses before what needs care."""
    given = tuple(ports)
    found = [one for one in draining().obstacles if one.bars(how) and one.stands(server, given)]
    return tuple(sorted(found, key=lambda one: _BARS.index(one.bars(how))))


def _obstacle(name: str, entry: Entry) -> Obstacle:
    found = Obstacle(
        name=name,
        specs=entry.texts("specs"),
        image=entry.texts("image"),
        ports=frozenset(entry.texts("ports")),
        values=frozenset(entry.texts("values")),
        unless={key: str(value) for key, value in entry.mapping("unless").items()},
        live=entry.text("live", "", among=_BARS),
        cold=entry.text("cold", "", among=_BARS),
        why=entry.text("why"),
    )
    entry.finish()
    return found


def _ways(entry: Entry) -> tuple[str, ...]:
    ways = entry.texts("ways")
    entry.finish()
    return ways


def _why(entry: Entry) -> str:
    why = entry.text("why")
    entry.finish()
    return why


def _number(entry: Entry, key: str) -> int:
    number = entry.number(key)
    entry.finish()
    return number
