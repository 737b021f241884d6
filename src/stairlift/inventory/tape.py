"""Saving a recording: the raw answers of all sources in a folder, to be read again as if the cloud had been asked.

    DIR/manifest.json    what was asked, when, and which file holds the answer
    DIR/SOURCE.json      one answer, or the trouble that the source had

A recording is what a user attaches to a bug report. Tokens and credentials are never part of an answer, and users
and passwords in URLs are taken out here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from stairlift.inventory.recording import MANIFEST, SCHEMA, is_recording
from stairlift.model.errors import StairliftError, UsageError
from stairlift.model.observation import Fact, Observation
from stairlift.ports import Answer, InventoryManager

_USERINFO = re.compile(r'(?<=://)[^\s/@"\\]+@')
_UNFIT = re.compile(r"[^a-z0-9.]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A source with the words that it was asked for by, which build it again."""

    spec: str
    manager: InventoryManager


class Tape:
    """A source that keeps what it answered, so that it can be saved."""

    def __init__(self, source: Source) -> None:
        self.name = source.manager.name
        self.spec = source.spec
        self.answer: Answer | None = None
        self._manager = source.manager

    def fetch(self) -> Answer:
        self.answer = None
        self.answer = self._manager.fetch()
        return self.answer

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        return self._manager.read(answer)


def save(folder: Path, cloud: str, tapes: Iterable[Tape], observations: Iterable[Observation]) -> None:
    """Write a recording. One that is there gets the new answers; any other folder that is not empty is refused.

    Each file is replaced whole, and the manifest last. Raises UsageError, and StairliftError where writing fails.
    """
    _claim(folder)
    seen = {observation.source: observation for observation in observations}
    rows: list[dict[str, str]] = []
    for tape in tapes:
        file = _file_name(tape.name, {row["file"] for row in rows})
        _write(folder / file, _answered(tape, seen[tape.name]))
        asked_at = seen[tape.name].asked_at.isoformat()
        rows.append({"name": tape.name, "spec": tape.spec, "file": file, "asked_at": asked_at})
    _write(folder / MANIFEST, {"schema": SCHEMA, "cloud": cloud, "sources": rows})


def _answered(tape: Tape, seen: Observation) -> dict[str, Any]:
    """The answer where there was one, even if reading it failed: that is what a bug report is about."""
    answer, trouble = tape.answer, {"kind": seen.trouble, "brief": seen.detail}
    return {
        "source": tape.name,
        "asked_at": seen.asked_at,
        "cloud_time": answer.cloud_time if answer else None,
        "trouble": trouble if answer is None else None,
        "documents": answer.documents if answer else {},
    }


def _file_name(source: str, taken: set[str]) -> str:
    stem = _UNFIT.sub("-", source.casefold()).strip("-.") or "source"
    candidates = (f"{stem}{n}.json" for n in ("", *(f"-{i}" for i in range(2, len(taken) + 4))))
    return next(name for name in candidates if name not in {*taken, MANIFEST})


def _claim(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise _unwritable(folder, error) from None
    if occupied and not is_recording(folder):
        raise UsageError(
            code="usage.recording-folder",
            brief=f"{folder} exists and is not a recording.",
            resolution="Name a new or an empty folder.",
        )


def _write(path: Path, document: Mapping[str, Any]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode()
        partial.write_text(_USERINFO.sub("", text) + "\n")
        partial.replace(path)
    except orjson.JSONEncodeError as error:
        raise StairliftError(code="recording.json", brief=f"{path.name} cannot be kept: {error}.") from None
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> StairliftError:
    brief = f"{path} cannot be written: {error.strerror}."
    return StairliftError(code="recording.write", brief=brief, resolution="Make room, or name another folder.")
