"""Settings as people read them and as programs do."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

COLUMNS, WITH_ORIGIN = ("SETTING", "VALUE"), ("SETTING", "VALUE", "ORIGIN")


class Told(Protocol):
    """A setting: its name, its value without secrets, and who has said it."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> Any: ...

    @property
    def origin(self) -> str: ...


def setting_rows(settings: Iterable[Told], *, origin: bool) -> Sequence[tuple[str, ...]]:
    """One row for each."""
    return [(one.name, _text(one.value), *((one.origin,) if origin else ())) for one in settings]


def setting_document(settings: Iterable[Told], files: Iterable[object]) -> dict[str, Any]:
    """For programs. `files` are those that were read, the nearest first."""
    told = [{"name": one.name, "value": one.value, "origin": one.origin} for one in settings]
    return {"schema": "stairlift.config/1", "files": list(map(str, files)), "settings": told}


def _text(value: Any) -> str:
    if value is None or value in ([], {}, ""):
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
