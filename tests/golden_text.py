"""Texts for people, compared with what was read and found good. `UPDATE=1 make test` writes them anew."""

import os
from pathlib import Path

_FOLDER = Path(__file__).parent / "golden" / "doors"


def assert_golden(name: str, text: str) -> None:
    """The text is the one in tests/golden/doors/NAME."""
    path = _FOLDER / name
    if os.environ.get("UPDATE") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing; UPDATE=1 writes it"
    assert text == path.read_text(encoding="utf-8")
