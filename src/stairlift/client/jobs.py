"""What a server does for somebody that takes longer than an answer: asked for, awaited, with what it says meanwhile."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stairlift.client.connection import Connection
from stairlift.client.problems import error_of

#: Seconds between two looks.
_LOOK = 0.5


@dataclass(frozen=True, slots=True)
class Errands:
    """Has jobs done. `note` is told each thing that a person should know on the way."""

    connection: Connection
    note: Callable[[str], None]
    wait: Callable[[float], None] = field(default=time.sleep)

    def done(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What came of it, once it has ended. Raises what the job was ended by, and as `Connection`."""
        job, _ = self.connection.post(path, body)
        return self._awaited(job)

    def _awaited(self, job: Mapping[str, Any]) -> Mapping[str, Any]:
        told = 0
        while True:
            for text in job["notes"][told:]:
                self.note(text)
            told = len(job["notes"])
            if job["state"] != "running":
                break
            self.wait(_LOOK)
            job = self.connection.get(f"/v1/jobs/{job['id']}")
        if job["problem"]:
            raise error_of(job["problem"])
        result: Mapping[str, Any] = job["result"]
        return result
