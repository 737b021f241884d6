"""The file that a meter writes: lines of JSON, only ever appended to, with an end that may be torn.

    {"session": AT, "schema": ..., "rate": N, "baseline": N, "targets": [{"id", "api", "via", "address"}]}
    {"at": AT, "span": S, "n": {PLACE: [{GRADE: N}, FAILED, DENIED, THROTTLED, OWN]}, "all": {API: [REQUESTS, FAILED]}}
    {"failed": AT, "target": PLACE, "took": S, "why": ...}

PLACE is that of the target in the session's list. `unlisted` and `dropped` stand in a line where they are not nothing.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from stairlift.model.availability import STATES, Bucket, Failure, Piece, Session, State, Tally, Target, Totals

SCHEMA = "stairlift.samples/1"
#: The most bytes of a file, and from which part of it on failures are only counted.
LIMIT = 128 << 20
_LISTED = 0.75
#: Seconds from one line to the next: the longer, the larger the file is already (as parts of its limit).
_SPANS = ((0.5, 1.0), (0.75, 10.0), (1.0, 60.0))
_OTHERS: tuple[State, ...] = STATES[1:]
#: What is read of a file's end to know where its meter stands.
_TAIL = 1 << 16


class SampleFile:
    """Appends to a file. A disk that is full costs lines, which are counted, and never the process."""

    def __init__(self, path: Path, targets: Sequence[Target], *, limit: int = LIMIT) -> None:
        self._path = path
        self._targets = targets
        self._places = {target.id: place for place, target in enumerate(targets)}
        self._limit = limit
        self._size = path.stat().st_size if path.exists() else 0
        self._torn = self._size > 0
        self.dropped = 0
        before = totals(path)
        self._requests = Counter(before.requests if before else {})
        self._failed = Counter(before.failed if before else {})

    @property
    def span(self) -> float:
        """Seconds that the next line is to stand for."""
        return next((span for part, span in _SPANS if self._size < part * self._limit), _SPANS[-1][1])

    def begin(self, session: Session) -> None:
        """Say who is asked from here on."""
        targets = [{"id": one.id, "api": one.api, "via": one.via, "address": one.address} for one in session.targets]
        self._append([_Line(session.at).session(session, targets)])

    def put(self, bucket: Bucket, failures: Sequence[Failure]) -> None:
        """Write what came back in a stretch of time."""
        self._count(bucket)
        listed = self._size < _LISTED * self._limit
        unlisted = {} if listed else dict(Counter(str(self._places[one.target]) for one in failures))
        lines = [_Line(one.at).failure(one, self._places) for one in failures] if listed else []
        numbers = {api: [self._requests[api], self._failed[api]] for api in sorted(self._requests)}
        lines.append(_Line(bucket.at).bucket(bucket, self._places, unlisted, numbers, self.dropped))
        self._append(lines)

    def _count(self, bucket: Bucket) -> None:
        for target in self._targets:
            tally = bucket.tallies.get(target.id)
            if tally is not None and target.felt:
                self._requests[target.api] += tally.known
                self._failed[target.api] += tally.others.get("failed", 0)

    def _append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        text = b"".join(orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS) + b"\n" for line in lines)
        text = b"\n" + text if self._torn else text
        if self._size + len(text) > self._limit:
            self.dropped += len(lines)
            return
        written = self._write(text)
        self._size += written
        if written < len(text):
            self.dropped += len(lines)
        self._torn = written < len(text) and (written > 0 or self._torn)

    def _write(self, text: bytes) -> int:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            return 0
        try:
            return os.write(descriptor, text)
        except OSError:
            return 0
        finally:
            os.close(descriptor)


class _Line:
    """A line of the file, at a time."""

    def __init__(self, at: float) -> None:
        self._at = round(at, 3)

    def session(self, session: Session, targets: list[dict[str, str]]) -> dict[str, Any]:
        """The first of a process."""
        head = {"session": self._at, "schema": SCHEMA, "rate": session.rate, "baseline": session.baseline}
        return head | {"targets": targets}

    def failure(self, failure: Failure, places: Mapping[str, int]) -> dict[str, Any]:
        """One that failed."""
        place, took = places[failure.target], round(failure.took, 3)
        return {"failed": self._at, "target": place, "took": took, "why": failure.why}

    def bucket(
        self,
        bucket: Bucket,
        places: Mapping[str, int],
        unlisted: Mapping[str, int],
        numbers: Mapping[str, list[int]],
        dropped: int,
    ) -> dict[str, Any]:
        """All that came back."""
        tallies = {places[target]: _numbers(tally) for target, tally in bucket.tallies.items()}
        line: dict[str, Any] = {"at": self._at, "span": round(bucket.span, 3), "n": tallies, "all": numbers}
        return line | ({"unlisted": unlisted} if unlisted else {}) | ({"dropped": dropped} if dropped else {})


def _numbers(tally: Tally) -> list[Any]:
    """How many of each state; the zeros at its end are left out."""
    numbers: list[Any] = [tally.ok, *(tally.others.get(state, 0) for state in _OTHERS)]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return numbers


# Reading


class SampleReader:
    """Reads what was appended since it was asked last. A line that makes no sense is passed over: it was torn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0
        self._targets: tuple[Target, ...] = ()

    def pieces(self) -> Iterator[Piece]:
        """What is new, in order; nothing where there is no file yet. Raises OSError."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self._at += len(line)
                    yield from self._piece(line)
        except FileNotFoundError:
            return

    def _piece(self, line: bytes) -> Iterator[Piece]:
        try:
            found = orjson.loads(line)
            piece = self._session(found) if "session" in found else piece_of(found, self._targets)
        except (ValueError, LookupError, TypeError, AttributeError):
            return
        yield piece

    def _session(self, line: Mapping[str, Any]) -> Session:
        targets = tuple(Target(**one) for one in line["targets"])
        session = Session(float(line["session"]), targets, float(line["rate"]), float(line["baseline"]))
        self._targets = targets
        return session


def piece_of(line: Mapping[str, Any], targets: Sequence[Target]) -> Piece:
    """What a line means. Raises ValueError, LookupError, TypeError where it means nothing."""
    if "failed" in line:
        return Failure(float(line["failed"]), targets[line["target"]].id, float(line["took"]), str(line["why"]))
    tallies = {targets[int(place)].id: _tally(numbers) for place, numbers in line["n"].items()}
    unlisted = {targets[int(place)].id: int(n) for place, n in line.get("unlisted", {}).items()}
    return Bucket(float(line["at"]), float(line["span"]), tallies, unlisted, int(line.get("dropped", 0)))


def _tally(numbers: Sequence[Any]) -> Tally:
    ok = {int(key): int(n) for key, n in numbers[0].items()}
    return Tally(ok, {state: int(n) for state, n in zip(_OTHERS, numbers[1:], strict=False) if n})


def totals(path: Path) -> Totals | None:
    """Where a meter stands, by the last whole line; None where there is none yet."""
    for line in _last_lines(path):
        try:
            found = orjson.loads(line)
            numbers = found["all"]
            end = float(found["at"]) + float(found["span"])
            requests, failed = ({api: int(n[place]) for api, n in numbers.items()} for place in (0, 1))
            return Totals(end, requests, failed, int(found.get("dropped", 0)))
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
    return None


def _last_lines(path: Path) -> Iterable[bytes]:
    """Those at the end, the last first."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            return reversed(file.read().split(b"\n"))
    except OSError:
        return ()
