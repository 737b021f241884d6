"""What the code of projects knows of options: how their configuration files are held against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.document import Entry, invalid, read


@dataclass(frozen=True, slots=True)
class Configured:
    """A project's configuration: its own namespaces of options, and patterns of its files below /etc/PROJECT."""

    namespaces: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Demand:
    """What programs ask of an option when they start: so many characters. Of `bears` they only warn.

    `helps` is what to do where it has others.
    """

    project: str
    section: str
    option: str
    by: tuple[str, ...]
    lengths: tuple[int, ...]
    bears: tuple[int, ...]
    helps: str


@dataclass(frozen=True, slots=True)
class Options:
    """The content of a file of options. `libraries` are namespaces that every project may use."""

    libraries: tuple[str, ...]
    projects: Mapping[str, Configured]
    demands: tuple[Demand, ...]

    def namespaces(self, project: str) -> tuple[str, ...]:
        """All that a project's code may know, its own first."""
        return (*self.projects[project].namespaces, *self.libraries)


def options_of(document: Entry) -> Options:
    """The content of a file of options; a project or a program that no data file knows is an error."""
    found = Options(
        libraries=document.texts("libraries"),
        projects={name: _configured(entry) for name, entry in document.children("projects").items()},
        demands=tuple(_demand(entry) for entry in document.entries("demands")),
    )
    document.close()
    for one in found.demands:
        strange = [name for name in one.by if getattr(binary(name), "project", None) != one.project]
        if one.project not in found.projects or strange:
            raise invalid(document.where, f"{one.option} is demanded by programs that are unknown: {strange}")
    return found


def _configured(entry: Entry) -> Configured:
    found = Configured(entry.texts("namespaces"), entry.texts("files"))
    entry.finish()
    if not found.namespaces or not found.files:
        raise invalid(entry.where, "it has namespaces and files")
    return found


def _demand(entry: Entry) -> Demand:
    found = Demand(
        project=entry.text("project"),
        section=entry.text("section"),
        option=entry.text("option"),
        by=entry.texts("by"),
        lengths=entry.counts("lengths"),
        bears=entry.counts("bears"),
        helps=entry.text("helps"),
    )
    entry.finish()
    return found


@cache
def options() -> Options:
    """What is known of all projects."""
    return options_of(read("options.yaml"))
