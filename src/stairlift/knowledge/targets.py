"""How a program is run with the target's code on hosts that have only the code that runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stairlift.knowledge.document import Entry, read


@dataclass(frozen=True, slots=True)
class TargetCommand:
    """What is suggested for `target_command` of `[checks]`, and what whoever pastes it has to know.

    `{engine}` and `{image}` are for us to fill in, the other braces for `[checks]`.
    """

    words: tuple[str, ...]
    note: tuple[str, ...]


def targets_of(document: Entry) -> Mapping[str, TargetCommand]:
    """The content of a targets file, by how hosts were installed."""
    found = {name: _command(entry) for name, entry in document.children("targets").items()}
    document.close()
    return found


def _command(entry: Entry) -> TargetCommand:
    found = TargetCommand(entry.texts("words"), entry.texts("note"))
    entry.finish()
    return found


@cache
def target_commands() -> Mapping[str, TargetCommand]:
    """What is known."""
    return targets_of(read("targets.yaml"))
