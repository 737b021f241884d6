"""One virtual environment per release, from the hashed pins."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from tb.commands import run, say, side_by_side
from tb.errors import TestbedError
from tb.layout import HERE, RELEASES, Layout

# The pins were resolved for it, and every release here supports it.
PYTHON = "3.11"


def _uv() -> str:
    beside_us = Path(sys.executable).with_name("uv")
    found = str(beside_us) if beside_us.exists() else shutil.which("uv")
    if not found:
        raise TestbedError("uv is missing; it is in the project's development requirements")
    return found


def pins(release: str) -> Path:
    return HERE / "pins" / f"{release}.txt"


def ensure(layout: Layout) -> None:
    """Builds each environment that is missing or was made from other pins."""
    side_by_side(lambda release: _ensure(layout, release), RELEASES)


def _ensure(layout: Layout, release: str) -> None:
    venv = layout.venvs / release
    stamp, digest = venv / "pins.sha256", hashlib.sha256(pins(release).read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    say(f"building the environment of {release}")
    uv, env = _uv(), os.environ | {"VIRTUAL_ENV": str(venv)}
    run([uv, "venv", "--quiet", "--clear", "--no-python-downloads", "--python", PYTHON, str(venv)])
    # Hosts see the environment read-only: byte code is compiled now or never.
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "--compile-bytecode", "-r", str(pins(release))]
    run(install, env=env)
    stamp.write_text(digest, encoding="utf-8")
