"""What came of a server's jobs, as files in its state directory: the next server shows it still."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding
from stairlift.model.job import Job

#: So many stay, the newest.
KEPT = 100
_ID = re.compile(r"[0-9a-f]{16}")
#: What an error was decides how it is answered to a request.
_ERRORS: Mapping[str, type[StairliftError]] = {e.__name__: e for e in (StairliftError, UsageError, NoAnswer, Refusal)}


@dataclass(frozen=True, slots=True)
class KeptJobs:
    """Jobs that have ended, one in a file. A disk that does not take them loses nobody anything but these pages."""

    folder: Path

    def keep(self, job: Job) -> bool:
        """Write one down, and forget the oldest of many; whether it can be found."""
        try:
            text = orjson.dumps(_document(job))
        except orjson.JSONEncodeError:  # the name of a host need not be UTF-8
            return False
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self.folder / f"{job.id}.part"
            draft.write_bytes(text)
            draft.replace(self._file(job.id))
            self._forget()
        return self._file(job.id).exists()

    def find(self, job_id: str) -> Job | None:
        """One that was written down; None where there is none, or nobody can read it any more."""
        if not _ID.fullmatch(job_id):
            return None
        try:
            return _job(orjson.loads(self._file(job_id).read_bytes()))
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def _file(self, job_id: str) -> Path:
        return self.folder / f"{job_id}.json"

    def _forget(self) -> None:
        found = [entry for entry in os.scandir(self.folder) if entry.name.endswith(".json")]
        for entry in sorted(found, key=lambda entry: entry.stat().st_mtime)[: max(0, len(found) - KEPT)]:
            Path(entry.path).unlink(missing_ok=True)


def _document(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "actor": job.actor,
        "began_at": job.began_at,
        "state": job.state,
        "ended_at": job.ended_at,
        "notes": job.notes,
        "result": dict(job.result),
        "location": job.location,
        "error": _error_document(job.error) if job.error else None,
    }


def _error_document(error: StairliftError) -> dict[str, Any]:
    sort = next((sort for sort in type(error).__mro__ if sort.__name__ in _ERRORS), StairliftError)
    told = {"code": error.code, "brief": error.brief, "details": error.details, "resolution": error.resolution}
    findings = [one.document() for one in error.findings] if isinstance(error, Refusal) else []
    return {"sort": sort.__name__, "told": told, "findings": findings}


def _job(document: Mapping[str, Any]) -> Job:
    ended = document["ended_at"]
    return Job(
        id=document["id"],
        kind=document["kind"],
        actor=document["actor"],
        began_at=datetime.fromisoformat(document["began_at"]),
        state=document["state"],
        ended_at=datetime.fromisoformat(ended) if ended else None,
        notes=tuple(document["notes"]),
        result=document["result"],
        location=document["location"],
        error=_error(document["error"]) if document["error"] else None,
    )


def _error(document: Mapping[str, Any]) -> StairliftError:
    sort, told = _ERRORS[document["sort"]], document["told"]
    if sort is Refusal:
        return Refusal(**told, findings=[Finding(**one) for one in document["findings"]])
    return sort(**told)
