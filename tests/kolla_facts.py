"""Facts about kolla-ansible's playbooks, as its packages have them; tests/real/test_kolla.py reads them anew.

tests/data/kolla-ansible/<version>.json: the commands of its command line, and of site.yml and what it imports for each
play the groups and the tags. Names only, nothing of their text. For a new release add its package to VERSIONS, make it the RELEASE of that test, and
write the file with UPDATE=1.
"""

import json
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data" / "kolla-ansible"
#: The package that was read for a release.
VERSIONS = {"2025.1": "20.6.0", "2025.2": "21.3.0", "2026.1": "22.2.0"}


@dataclass(frozen=True)
class Facts:
    """`plays` holds (name, groups, tags), in the order of the plays."""

    commands: frozenset[str]
    plays: tuple[tuple[str, frozenset[str], frozenset[str]], ...]

    @property
    def tags(self) -> frozenset[str]:
        return frozenset(tag for _, _, tags in self.plays for tag in tags)

    def selected(self, tags, skip=()) -> list[str]:
        """The plays that Ansible would run, without those that are always there."""
        return [n for n, _, mine in self.plays if mine & set(tags) and not mine & set(skip)]

    def groups(self, tags, skip=()) -> set[str]:
        """The groups that those are for."""
        chosen = self.selected(tags, skip)
        return {group for name, groups, _ in self.plays if name in chosen for group in groups}


def facts(release: str) -> Facts:
    """What is on file about the package of a release."""
    read = json.loads((DATA / f"{VERSIONS[release]}.json").read_text())
    plays = tuple((play["name"], frozenset(play["groups"]), frozenset(play["tags"])) for play in read["plays"])
    return Facts(frozenset(read["commands"]), plays)


def document(commands, plays) -> str:
    """Facts as they are kept: one line a play."""
    lines = [
        json.dumps({"name": p.name, "groups": sorted(p.groups), "tags": sorted(p.tags)}, ensure_ascii=False)
        for p in plays
    ]
    listed = json.dumps(sorted(commands))
    return f'{{"commands": {listed},\n"plays": [\n' + ",\n".join(lines) + "\n]}\n"
