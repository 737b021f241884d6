"""Answers that go wrong by request or by backend: which requests a fault hits, what it does, how many are left."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import count
from typing import Any, Literal

Damage = Literal["none", "truncate", "reset"]


@dataclass(frozen=True, slots=True)
class HttpTrouble:
    """A fault of the HTTP side. `path` is a glob, or a part of the path; `times` None is for ever.

    `status` replaces the answer by an error, `delay` (seconds) comes before everything, `truncate` sends half of the
    announced body and closes, `reset` sends a TCP reset in place of an answer.
    """

    path: str
    method: str = "*"
    status: int | None = None
    delay: float = 0.0
    damage: Damage = "none"
    times: int | None = None

    def hits(self, method: str, path: str) -> bool:
        """Whether this request is meant."""
        return fnmatchcase(method, self.method.upper()) and (self.path in path or fnmatchcase(path, self.path))


def http_trouble(document: Mapping[str, Any]) -> HttpTrouble:
    """The trouble that a request asks for; ValueError for one that makes no sense."""
    unknown = document.keys() - {"kind", "path", "method", "status", "delay", "damage", "times"}
    status, damage = document.get("status"), document.get("damage", "none")
    if unknown or not document.get("path"):
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}" if unknown else "a path is needed")
    if status is not None and not (isinstance(status, int) and 400 <= status <= 599):
        raise ValueError(f"status {status!r} is not an error status")
    if document.get("times") is not None and int(document["times"]) < 1:
        raise ValueError("times: at least 1 is expected")
    if damage not in {"none", "truncate", "reset"}:
        raise ValueError(f"damage {damage!r} is none of none, truncate, reset")
    return HttpTrouble(
        path=str(document["path"]),
        method=str(document.get("method", "*")),
        status=status,
        delay=float(document.get("delay", 0)),
        damage=damage,
        times=None if document.get("times") is None else int(document["times"]),
    )


@dataclass(frozen=True, slots=True)
class BackendTrouble:
    """What one process of an API does to the requests that reach it, through the load balancer or directly.

    `status` replaces its answer, `delay` (seconds) comes before it; `path` is a part of the path, "" for all.
    """

    host: str
    binary: str
    status: int | None = None
    delay: float = 0.0
    path: str = ""
    times: int | None = None

    def hits(self, host: str, binary: str, path: str) -> bool:
        """Whether this request is meant."""
        return (host, binary) == (self.host, self.binary) and self.path in path


def backend_trouble(document: Mapping[str, Any]) -> BackendTrouble:
    """The trouble of a backend that a request asks for; ValueError, TypeError for one that makes no sense."""
    made = BackendTrouble(**{key: value for key, value in document.items() if key != "kind"})
    if made.status is None and not made.delay:
        raise ValueError("a status or a delay is needed")
    if made.status is not None and not 400 <= made.status <= 599:
        raise ValueError(f"status {made.status!r} is not an error status")
    return made


class BackendTroubles:
    """The faults of backends, by number."""

    def __init__(self, numbers: "count[int]") -> None:
        self._numbers = numbers
        self.waiting: dict[int, BackendTrouble] = {}

    def add(self, trouble: BackendTrouble) -> int:
        """Make a fault and say its number."""
        number = next(self._numbers)
        self.waiting[number] = trouble
        return number

    def take(self, host: str, binary: str, path: str) -> BackendTrouble | None:
        """The first fault that this request hits, counted down; None if all is well."""
        for number, trouble in self.waiting.items():
            if trouble.hits(host, binary, path):
                if trouble.times is not None and trouble.times <= 1:
                    del self.waiting[number]
                elif trouble.times is not None:
                    self.waiting[number] = replace(trouble, times=trouble.times - 1)
                return trouble
        return None


class HttpTroubles:
    """The faults that are waiting for requests, by number, in the order in which they were made."""

    def __init__(self, numbers: "count[int]") -> None:
        self._numbers = numbers
        self.waiting: dict[int, HttpTrouble] = {}

    def add(self, trouble: HttpTrouble) -> int:
        """Make a fault wait for its requests and say its number."""
        number = next(self._numbers)
        self.waiting[number] = trouble
        return number

    def take(self, method: str, path: str) -> HttpTrouble | None:
        """The first fault that this request hits, counted down; None if all is well."""
        for number, trouble in self.waiting.items():
            if trouble.hits(method, path):
                self._count_down(number, trouble)
                return trouble
        return None

    def _count_down(self, number: int, trouble: HttpTrouble) -> None:
        if trouble.times is None:
            return
        if trouble.times <= 1:
            del self.waiting[number]
        else:
            self.waiting[number] = replace(trouble, times=trouble.times - 1)
