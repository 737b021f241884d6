"""Which commit files are of, for configurations that are kept in git."""

import os
import subprocess
from pathlib import Path

from stairlift.strategy.asking import ask

_TIMEOUT_SECONDS = 30


def commit_of(path: Path) -> str | None:
    """The last commit that touched a file or folder, "+changes" behind it where the tree differs; None outside of git.

    A commit that changed something else in the repository does not count: it makes no other plan.
    """
    if (commit := _git(path, "log", "-1", "--abbrev=12", "--format=%h")) is None:
        return None
    changed = _git(path, "status", "--porcelain")
    return (commit or "no commit") + ("+changes" if changed or changed is None else "")


def _git(path: Path, *words: str) -> str | None:
    """What git says about the path; None where it is no work tree, or git is not there or refuses."""
    folder = path if path.is_dir() else path.parent
    argv = ["git", "-C", str(folder), "--no-optional-locks", *words, "--", str(path)]
    try:
        answer = ask(argv, folder, os.environ, _TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
