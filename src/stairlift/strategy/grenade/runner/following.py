"""Files that grow, read line by line.

Not pipes: the driver must outlive its reader, and a daemon that it starts may hold its output open for ever.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


class Tail:
    """The lines that are whole, each once; bytes that are no UTF-8 are replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._half = b""

    def lines(self) -> Iterator[str]:
        """What has been added since the last time."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return
        self._read += len(data)
        *whole, self._half = (self._half + data).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)


class Progress:
    """Appends events to the attempt's progress file, one JSON object a line; an error costs the line."""

    def __init__(self, path: str) -> None:
        self._seq = 0
        self._path = path
        self._of_run = {key: os.environ.get(f"STAIRLIFT_{key.upper()}", "") for key in ("run", "step", "attempt")}

    def say(self, kind: str, text: str, **more: object) -> None:
        """One event: `text` is what a person reads."""
        self._seq += 1
        event = {"kind": kind, "text": text, "at": round(time.time(), 3), **self._of_run, "seq": self._seq, **more}
        with suppress(OSError), open(self._path, "a", encoding="utf-8") as file:  # noqa: PTH123 - may be ""
            file.write(json.dumps(event, separators=(",", ":")) + "\n")
