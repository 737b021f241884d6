"""Reading a recording that `tape.save` wrote: every source of it answers as it did then."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from stairlift.inventory.rows import listed, optional, required, sensible, stamp
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import Fact
from stairlift.ports import Answer, InventoryManager

SCHEMA = "stairlift.recording/1"
MANIFEST = "manifest.json"

Rebuild = Callable[[str], InventoryManager]


class RecordingInventory:
    """One source of a recording: what it answered then, read by the class that asks for it today."""

    def __init__(self, path: Path, reader: InventoryManager, asked_at: datetime) -> None:
        self.name = reader.name
        self._path = path
        self._reader = reader
        self._asked_at = asked_at

    def fetch(self) -> Answer:
        """The kept answer, or the trouble as it was then; MALFORMED where the file is torn or missing."""
        document = _content(self._path)
        with sensible(str(self._path)):
            if stamp(document["asked_at"]) != self._asked_at:
                raise ValueError("it belongs to another recording")
            trouble = document["trouble"]
            if trouble is None:
                when = stamp(document["cloud_time"]) or self._asked_at
                return Answer(_object(document["documents"]), when)
            then = SourceTrouble(Trouble(trouble["kind"]), required(trouble, "brief"))
        raise then

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        return self._reader.read(answer)


class UnreadableInventory:
    """A source of a recording that nothing installed here can read: it is in trouble, the others are not."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    def fetch(self) -> Answer:
        raise SourceTrouble(Trouble.MALFORMED, self._why)

    def read(self, answer: Answer) -> tuple[Fact, ...]:  # noqa: ARG002
        raise SourceTrouble(Trouble.MALFORMED, self._why)


def recorded_cloud(folder: Path) -> str:
    """The name of the cloud that a recording is of. UsageError where it is none."""
    return str(_manifest(folder)["cloud"])


def recorded_sources(folder: Path, rebuild: Rebuild) -> tuple[tuple[str, InventoryManager], ...]:
    """The sources of a recording, each with the words that it was asked for by; `rebuild` makes its reader of them.

    UsageError where the folder is no recording.
    """
    rows = _manifest(folder)["sources"]
    return tuple((row["spec"], _source(folder, row, rebuild)) for row in rows)


def is_recording(folder: Path) -> bool:
    """Whether a folder has a manifest of ours."""
    try:
        return bool(_manifest(folder))
    except UsageError:
        return False


def _source(folder: Path, row: Mapping[str, str], rebuild: Rebuild) -> InventoryManager:
    try:
        reader = rebuild(row["spec"])
    except UsageError as error:
        return UnreadableInventory(row["name"], f"Nothing reads what {row['spec']} answered: {error.brief}")
    return RecordingInventory(folder / Path(row["file"]).name, reader, datetime.fromisoformat(row["asked_at"]))


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        document = _content(folder / MANIFEST)
        with sensible(MANIFEST):
            if optional(document, "schema") != SCHEMA:
                raise ValueError(f"the schema is not {SCHEMA}")
            required(document, "cloud")
            for row in listed(document, "sources"):
                _check(row)
    except SourceTrouble as trouble:
        raise UsageError(
            code="usage.recording",
            brief=f"{folder} is no recording: {trouble.brief}.",
            resolution="Name a folder that `discover --save` wrote.",
        ) from None
    return document


def _check(row: Mapping[str, str]) -> None:
    for key in ("name", "spec", "file", "asked_at"):
        required(row, key)
    datetime.fromisoformat(row["asked_at"])


def _content(path: Path) -> Mapping[str, Any]:
    try:
        return _object(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        raise SourceTrouble(Trouble.MALFORMED, f"{path} is missing") from None
    except (OSError, ValueError, TypeError):
        raise SourceTrouble(Trouble.MALFORMED, f"{path} is torn or cannot be read") from None


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("it is not a JSON object")
    return value
