"""Runs the acts of an attempt one after the other, and notes what comes of them. A program: standard library only.

    python -I -S relay.py ACTS.json

ACTS.json is a list of acts (see `acts.Act`). What they print is printed; what of it tells where they are goes as JSON
lines to the file that STAIRLIFT_PROGRESS names, as do the sections that our scripts put between `>>> stairlift NAME`
and `<<< stairlift NAME`. Lines of progress have `kind`, `at` (seconds since 1970), `host`, `act` (its number) and:
kind       further keys
act        text: what is about to be done
progress   text, done, total
section    name, text
said       text: a line that tells why the act failed; the first ones only
end        returncode, negative for a signal

It stops at the first act that did not go well and leaves with its code (128 plus the number of a signal, as shells do),
with 0 where all went well.
"""

import json
import math
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_BEGIN, _END = ">>> stairlift ", "<<< stairlift "
#: A line longer than this, in bytes, is looked at in pieces.
_LINE = 65536
#: Seconds until we stop to wait for what a daemon may still print that has inherited the output of an act.
_SILENCE = 0.5
#: Seconds after the end of an act for which we listen at most: such a daemon may never be silent.
_AFTERWARDS = 2.0
#: Seconds before an act is repeated that said "again".
_PAUSE = 1.0
#: What one section may hold, in characters.
_SECTION = 1_000_000
#: How often an act may say "again" before that is no progress any more.
_REPEATS = 1000
#: How many lines that tell of a failure are noted, and how much of each.
_TOLD, _LINE_CHARACTERS = 20, 1000

Say = Callable[..., None]
Act = Mapping[str, Any]


class Notes:
    """Appends to the progress file; a line that cannot be written is lost, since an upgrade never waits for its log."""

    def __init__(self, path: str | None) -> None:
        self._path = path

    def say(self, kind: str, **more: Any) -> None:
        """Append a line."""
        line = json.dumps({"kind": kind, "at": round(time.time(), 3), **more})
        if self._path:
            try:
                with open(self._path, "a", encoding="utf-8") as file:  # noqa: PTH123
                    file.write(line + "\n")
            except OSError:
                pass


class Reader:
    """Finds progress and sections in the lines of an act."""

    def __init__(self, act: Act, say: Say) -> None:
        self._progress = re.compile(act["progress"]) if act.get("progress") else None
        self._telling = re.compile(act["telling"]) if act.get("telling") else None
        self._told = 0
        self._say = say
        self._name: str | None = None
        self._lines: list[str] = []

    def take(self, line: str) -> None:
        """Look at a line."""
        line = line.rstrip("\r\n")
        if line.startswith(_BEGIN):
            self._name, self._lines = line[len(_BEGIN) :], []
        elif self._name is not None and line == _END + self._name:
            self._say("section", name=self._name, text="\n".join(self._lines)[:_SECTION])
            self._name = None
        elif self._name is not None:
            self._lines.append(line)
        else:
            self._take_other(line)

    def _take_other(self, line: str) -> None:
        if self._progress is not None and (found := self._progress.search(line)):
            self._say("progress", text=found["text"], done=int(found["done"]), total=int(found["total"]))
        elif self._telling is not None and self._told < _TOLD and self._telling.search(line):
            self._told += 1
            self._say("said", text=line[:_LINE_CHARACTERS])


def lines(process: "subprocess.Popen[bytes]") -> Iterator[bytes]:
    """What a process prints, line by line, until it has ended; others may still hold its output, silent or not."""
    assert process.stdout is not None  # noqa: S101
    source, rest, deadline = process.stdout.fileno(), b"", math.inf
    while time.monotonic() < deadline:
        if deadline == math.inf and process.poll() is not None:
            deadline = time.monotonic() + _AFTERWARDS
        if select.select([source], [], [], _SILENCE)[0]:
            chunk = os.read(source, _LINE)
            if not chunk:
                break
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > _LINE:
                yield rest
                rest = b""
        elif process.poll() is not None:
            break
    if rest:
        yield rest


def once(act: Act, say: Say) -> int:
    """Run an act; its return code."""
    try:
        process = subprocess.Popen(
            act["argv"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        sys.stdout.write(f"cannot start {act['argv'][0]}: {error.strerror}\n")
        return 127
    reader = Reader(act, say)
    for line in lines(process):
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
        reader.take(line.decode(errors="replace"))
    return process.wait()


def carry(number: int, act: Act, notes: Notes) -> int:
    """Run an act as often as it says "again"; its last return code."""

    def say(kind: str, **more: Any) -> None:
        notes.say(kind, host=act["host"], act=number, **more)

    code = 0
    for _ in range(_REPEATS):
        say("act", text=act["text"])
        code = once(act, say)
        say("end", returncode=code)
        if code not in act["again"]:
            break
        time.sleep(_PAUSE)
    return code


def main(path: str) -> int:
    """Carry out the acts of a file; the code to leave with."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        acts = json.load(file)
    notes = Notes(os.environ.get("STAIRLIFT_PROGRESS"))
    for number, act in enumerate(acts):
        code = carry(number, act, notes)
        if code not in act["good"]:
            return code if code > 0 else 128 - code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
