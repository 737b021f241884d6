"""How things were before an attempt changed them: kept in its folder, for the next attempt and for who puts them back.

Where what is changed has no room for a note of who did it (a load balancer, Masakari), nobody could tell later whether
it was so before. So it is written down, on the disk, before anything is changed: what is not written down was not
changed by us.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from stairlift.model.effect import Effect

_FILE = "before.json"


class Before:
    """What all attempts at a step have found, side effect by side effect; the first word counts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, effect: Effect) -> "Before":
        """That of the step which made an effect."""
        return cls((_attempts(effect) or Path(os.devnull)) / "0")

    def known(self, effect: Effect) -> Any:
        """How it was, as an attempt has found it since the effect is open; None where none has got so far.

        An effect that this run has taken over was found by attempts of another: these come first.
        """
        folders = dict.fromkeys((_attempts(effect) or self._folder.parent, self._folder.parent))
        files = (file for folder in folders for file in sorted(folder.glob(f"*/{_FILE}"), key=_number))
        found = (entry for file in files for entry in _read(file) if entry.get("id") == effect.id)
        return next((entry["was"] for entry in found if float(entry["at"]) >= effect.at.timestamp()), None)

    def keep(self, effect: Effect, was: Any, at: float) -> None:
        """Write it down, at a time in seconds since 1970; it is on the disk when this returns. Raises OSError."""
        with (self._folder / _FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"id": effect.id, "was": was, "at": at}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _on_disk(self._folder)


def details(folder: PurePath) -> Mapping[str, str]:
    """What an intention needs so that `Before.of` finds it."""
    return {"attempts": str(folder.parent)}


def _attempts(effect: Effect) -> Path | None:
    """The folder of all attempts at the step that made an effect, whichever run's that is."""
    told = effect.details.get("attempts")
    return Path(str(told)) if told else None


def _on_disk(folder: Path) -> None:
    """The name of a new file, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _number(file: Path) -> tuple[int, str]:
    name = file.parent.name
    return (int(name) if name.isdecimal() else 0, name)


def _read(file: Path) -> list[Mapping[str, Any]]:
    """The lines that are whole: the last may be torn, and then nothing was changed after it."""
    found: list[Mapping[str, Any]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found
