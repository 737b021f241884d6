"""How far the schema and the data of a project's database have come. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stairlift.model.release import Release

#: Their schema step refuses, or its precondition is, that the data migrations of the hop before are done
#: (nova-manage and cinder-manage: `db online_data_migrations`; ironic-dbsync leaves with 2).
STRICT_ABOUT_DATA = frozenset({"nova", "cinder", "ironic"})


@dataclass(frozen=True, slots=True)
class Database:
    """The schema fits code up to `expanded`, rows are those of `migrated`, and code before `contracted` cannot run."""

    expanded: Release
    migrated: Release
    contracted: Release

    def expand(self, project: str, to: Release) -> "Database | str":
        """The database with the schema of that release, or why not."""
        if to < self.expanded:
            return f"the schema of {project} is already at {self.expanded}; there is no way back"
        if project in STRICT_ABOUT_DATA and to > self.expanded > self.migrated:
            return f"online data migrations of {project} to {self.expanded} are not done"
        return replace(self, expanded=to)

    def migrate(self, project: str, to: Release) -> "Database | str":
        """The database with its rows in the form of that release, or why not."""
        if to > self.expanded:
            return f"the schema of {project} is at {self.expanded}; expand it to {to} first"
        return replace(self, migrated=max(self.migrated, to))

    def contract(self, project: str, to: Release, running: Iterable[tuple[str, Release]]) -> "Database | str":
        """The database without what older code needs, or why not; `running` are the programs that have it open."""
        if to > self.expanded:
            return f"the schema of {project} is at {self.expanded}; expand it to {to} first"
        if old := [f"{name} ({release})" for name, release in running if release < to]:
            return f"older code still runs: {', '.join(old)}"
        return replace(self, contracted=max(self.contracted, to))

    def refuses(self, project: str, release: Release) -> str | None:
        """Why code of this release cannot work on this database, or None."""
        if release > self.expanded:
            return f"the schema of {project} is at {self.expanded}; expand it to {release} first"
        if release < self.contracted:
            return f"the schema of {project} was contracted to {self.contracted}; code of {release} cannot run on it"
        return None
