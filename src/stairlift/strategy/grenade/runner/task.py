"""What the strategy asks of the runner: one half of Grenade, for which projects, where. Travels as task.json."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Half = Literal["base", "target"]
#: The driver's line before it stops everything: from here on nothing leads back.
SHUTDOWN = "Shutting down all services on base devstack..."


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt. `projects` are all that Grenade upgrades on the node, in its order, `upgrade` those of this attempt.

    `hop` names the target release. `verify`, `smoke` and `tempest` say what the driver does around the projects;
    `config` are the files whose passwords must not be shown.
    """

    half: Half
    hop: str
    hosts: tuple[str, ...]
    services: tuple[str, ...]
    projects: tuple[str, ...]
    upgrade: tuple[str, ...]
    grenade: str
    stack_root: str
    plugin_dir: str
    plugin: str
    target_release: str
    external: bool
    verify: bool
    smoke: bool
    tempest: bool
    free_gib: int
    config: tuple[str, ...]

    @property
    def rest(self) -> tuple[str, ...]:
        """Projects that steps before this one upgraded, if this one finishes the node."""
        return tuple(p for p in self.projects if p not in self.upgrade) if self.finishes else ()

    @property
    def finishes(self) -> bool:
        """Whether nothing is left to upgrade after this, so that the driver verifies and cleans up."""
        return self.half == "target" and self.projects[-1] in self.upgrade

    @property
    def before(self) -> tuple[str, ...]:
        """Projects that must be new before this one is begun."""
        first = min((self.projects.index(project) for project in self.upgrade), default=0)
        return self.projects[:first]

    def text(self) -> str:
        """The task as JSON, the same for the same task."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @classmethod
    def read(cls, file: Path) -> "Task":
        """A task that `text` wrote. Raises OSError, ValueError, TypeError."""
        found: Any = json.loads(file.read_bytes())
        fields: Any = {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
        return cls(**fields)
