"""What the installed kolla-ansible's playbooks are cut into: plays, the groups that they are for, and their tags."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from stairlift.strategy.kolla.options import Hop

_IMPORTS = ("import_playbook", "ansible.builtin.import_playbook")


@dataclass(frozen=True, slots=True)
class Play:
    """A play of site.yml: its host patterns and all tags that select it or a role or task in it."""

    name: str
    hosts: tuple[str, ...]
    tags: frozenset[str]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups whose hosts it is for, without those that only narrow it down."""
        return tuple(pattern for pattern in self.hosts if not pattern.startswith(("&", "!")))


def playbook_folder(hop: Hop) -> Path | None:
    """Where a hop's playbooks lie: share/kolla-ansible/ansible of its virtual environment, where it has one."""
    if hop.bin is None:
        return None
    found = hop.bin.parent / "share" / "kolla-ansible" / "ansible"
    return found if (found / "site.yml").is_file() else None


@lru_cache(maxsize=8)
def plays_of(folder: Path, playbook: str = "site.yml") -> tuple[Play, ...]:
    """The plays of a playbook and of those that it imports. Raises OSError, yaml.YAMLError."""
    return tuple(_plays(folder, playbook))


def tags_of(plays: tuple[Play, ...]) -> frozenset[str]:
    """Every tag that selects something."""
    return frozenset(tag for play in plays for tag in play.tags)


def _plays(folder: Path, playbook: str) -> Iterator[Play]:
    for play in yaml.safe_load((folder / playbook).read_text(encoding="utf-8")):
        imported = next((play[key] for key in _IMPORTS if key in play), None)
        if imported:
            yield from _plays(folder, imported)
        else:
            yield Play(str(play.get("name", "")), tuple(_texts(play["hosts"])), frozenset(_tags(play)))


def _tags(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(entry.get("tags"))
    for key in ("roles", "tasks", "block"):
        for part in entry.get(key) or ():
            if isinstance(part, Mapping):
                yield from _tags(part)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from (text.strip() for text in value.split(","))
    else:
        yield from (str(item) for item in value or ())
