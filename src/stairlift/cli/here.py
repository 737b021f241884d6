"""What the command line is called from: environment, folder, person."""

import getpass
import os
import sys
from pathlib import Path

from stairlift.cli.output import say
from stairlift.model.errors import UsageError
from stairlift.wiring.settings import Settings, read_settings


def settings() -> Settings:
    """The settings that apply here."""
    try:
        folder = Path.cwd()
    except FileNotFoundError as gone:
        raise UsageError(
            code="config.no_folder",
            brief="the current folder does not exist any more",
            resolution="go to one that does",
        ) from gone
    return read_settings(os.environ, folder)


def actor() -> str:
    """Who goes on record: the person behind sudo, if there is one."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in many containers
        return f"uid {os.getuid()}"


def somebody_there() -> bool:
    """Whether there is a person who sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """The answer to a question; empty where somebody only pressed a key, or closed the input."""
    say(f"{question} ", end="")
    return sys.stdin.readline().strip()
