"""Asking an operator's program something that it answers at once, and changes nothing by."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def ask(
    argv: Sequence[str], directory: Path, env: Mapping[str, str], timeout_seconds: float
) -> "subprocess.CompletedProcess[str]":
    """What it says, whatever its exit status is; it can ask nothing back.

    Raises OSError where it cannot be started, subprocess.TimeoutExpired where it does not end.
    """
    return subprocess.run(
        argv,
        cwd=directory,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_seconds,
        check=False,
    )
