"""What a server does for somebody that takes longer than an answer: asked for, awaited, with what it says meanwhile."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stairlift.client.connection import Connection
from stairlift.client.problems import error_of
from stairlift.model.errors import StairliftError

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
        result, wrong = self.ended(path, body)
        if wrong:
            raise wrong
        return result

    def ended(self, path: str, body: Mapping[str, Any]) -> tuple[Mapping[str, Any], StairliftError | None]:
        """What came of it, and what it was ended by: of one that failed, too, there may be something to show."""
        job = self._awaited(self.connection.post(path, body))
        return job["result"], error_of(job["problem"]) if job["problem"] else None

    def _awaited(self, job: Mapping[str, Any]) -> Mapping[str, Any]:
        told = 0
        while True:
            for text in job["notes"][told:]:
                self.note(text)
            told = len(job["notes"])
            if job["state"] != "running":
                return job
            self.wait(_LOOK)
            job = self.connection.get(f"/v1/jobs/{job['id']}")
