"""Which files a playbook depends on. Fingerprinted, they tell at the run whether it is still what was planned.

Followed are the folders that Ansible searches beside a playbook, the roles path, the inventory with its variables, and
the YAML files that a playbook names. Not followed are installed collections and what a template or lookup opens by
a computed name. A password file is left out: who has its fingerprint can try passwords against it.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stairlift.strategy.files import files_below

_BESIDE_PLAYBOOK = frozenset(
    {
        "collections",
        "files",
        "group_vars",
        "handlers",
        "host_vars",
        "library",
        "module_utils",
        "roles",
        "tasks",
        "templates",
        "vars",
    }
)
_BESIDE_INVENTORY = ("group_vars", "host_vars")
_YAML_NAME = re.compile(r"[\w./-]{1,200}\.ya?ml\b")
#: A bare password; a YAML file of that name is variables or tasks, which matter.
_PASSWORD_FILE = re.compile(r"(?=.*(passw(or)?d|secret|vault[-_.]?(pass|pw)))(?!.*\.(ya?ml|j2|py)$)", re.IGNORECASE)
#: A folder with more files than this is one fingerprint, so that a plan stays readable.
_FILES_ONE_BY_ONE = 200


def playbook_content(playbook: Path) -> Iterator[Path]:
    """The playbook, those that it names, and what Ansible finds beside each; folders stand for all that is in them."""
    waiting, seen = [playbook], set[Path]()
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            yield current
            waiting.extend(_named_in(current))
    for folder in sorted({file.parent for file in seen}):
        yield from (entry for entry in sorted(folder.iterdir()) if _is_content(entry))


def _is_content(entry: Path) -> bool:
    return (entry.name in _BESIDE_PLAYBOOK or entry.name.endswith("_plugins")) and entry.is_dir()


def _named_in(playbook: Path) -> Iterator[Path]:
    text = playbook.read_text(errors="replace")
    named = (Path(os.path.normpath(playbook.parent / name)) for name in set(_YAML_NAME.findall(text)))
    return (path for path in named if path.is_file())


def inventory_content(inventory: Path) -> Iterator[Path]:
    """An inventory's file or folder, and the variables beside it."""
    yield inventory
    yield from (folder for name in _BESIDE_INVENTORY if (folder := inventory.parent / name).is_dir())


def one_by_one(paths: Iterable[Path], secret: frozenset[Path]) -> tuple[str, ...]:
    """The paths as they go into a plan: each once, small folders as their files, without `secret` ones."""
    found: dict[str, None] = {}
    for path in paths:
        files = tuple(files_below(path)) if path.is_dir() else (path,)
        kept = (path,) if len(files) > _FILES_ONE_BY_ONE else files
        found.update((str(file), None) for file in kept if not _is_secret(file, secret))
    return tuple(sorted(found))


def _is_secret(file: Path, secret: frozenset[Path]) -> bool:
    return file in secret or _PASSWORD_FILE.match(file.name) is not None
