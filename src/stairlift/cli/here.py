"""What the command line is called from: environment, folder, person; and what it works on, here or elsewhere."""

import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stairlift.cli.output import say
from stairlift.model.errors import UsageError
from stairlift.wiring.config.settings import Settings, read_settings

if TYPE_CHECKING:  # what is imported for a command alone is imported by it
    from stairlift.wiring.archive import Archive
    from stairlift.wiring.branch import Branch
    from stairlift.wiring.office import Office


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
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):  # Ctrl-C and Ctrl-D leave the cursor behind the question
            say("")
    return answer.strip()


def office(found: Settings) -> "Office | Branch":
    """Where the journal and the attempts are that commands read and tell: here, or with the server that is named."""
    if (there := branch(found)) is not None:
        return there
    from stairlift.wiring.office import open_office

    return open_office(found)


def archive(found: Settings) -> "Archive":
    """What is on record, without what only somebody needs who tells runs anything."""
    if found.server is not None:
        return office(found).archive
    from stairlift.wiring.archive import open_archive

    return open_archive(found)


def branch(found: Settings) -> "Branch | None":
    """The server's office where one is named, for what is told by it as a whole."""
    if found.server is None:
        return None
    from stairlift.wiring.branch import open_branch

    return open_branch(found.server, say)


def on_this_machine(found: Settings, what: str, how: str) -> None:
    """Raises UsageError (client.here_only) with a server named: this works on the journal of this machine."""
    if found.server is not None:
        raise here_only(what, how)


def here_only(what: str, how: str) -> UsageError:
    """What no server is asked for."""
    return UsageError(
        code="client.here_only",
        brief=f"{what} works on this machine only, and STAIRLIFT_URL names a server",
        resolution=how,
    )
