"""What distributions call OpenStack: packages and service units, for clouds that apt installed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from stairlift.knowledge.binaries import binary
from stairlift.knowledge.document import Entry, invalid, read


@dataclass(frozen=True, slots=True)
class Packaged:
    """How a program is installed: of `packages` those that are there, of `units` those that the host has.

    `otherwise` are the units that run it where the host has none of `units` (a WSGI service under Apache).
    """

    name: str
    project: str
    packages: tuple[str, ...]
    units: tuple[str, ...]
    otherwise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PackagedProject:
    """Whom a project's commands run as, and what each of them is given first."""

    user: str
    arguments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Packages:
    """The content of a packages file."""

    projects: Mapping[str, PackagedProject]
    by_binary: Mapping[str, Packaged]
    source_packages: tuple[str, ...]
    libraries: tuple[str, ...]
    system: tuple[str, ...]
    shared_units: tuple[str, ...]


def packages_of(document: Entry) -> Packages:
    """The content of a packages file; a program that no data file knows is an error."""
    sources, libraries = document.texts("source_packages"), document.texts("libraries")
    system, shared = document.texts("system"), document.texts("shared_units")
    projects: dict[str, PackagedProject] = {}
    programs: dict[str, Packaged] = {}
    for name, entry in document.children("projects").items():
        programs |= {one.name: one for one in _programs(name, entry)}
        projects[name] = _project(name, entry)
    document.close()
    return Packages(projects, programs, sources, libraries, system, shared)


def _programs(project: str, entry: Entry) -> list[Packaged]:
    return [_program(project, name, child) for name, child in entry.children("binaries").items()]


def _program(project: str, name: str, entry: Entry) -> Packaged:
    known = binary(name)
    if known is None or known.project != project:
        raise invalid(entry.where, f"{name} is no program of {project}")
    packages, units = entry.texts("packages") or (name,), entry.texts("units") or (name,)
    one = Packaged(name, project, packages, units, entry.texts("otherwise"))
    entry.close()
    return one


def _project(name: str, entry: Entry) -> PackagedProject:
    arguments = {command: tuple(map(str, words)) for command, words in entry.mapping("arguments").items()}
    one = PackagedProject(entry.text("user", name), arguments)
    entry.finish()
    return one


@cache
def _packages() -> Packages:
    return packages_of(read("packages.yaml"))


def packaged(name: str) -> Packaged | None:
    """How a program is installed from packages; None for one that is unknown or that plans leave to the deployer."""
    known = binary(name)
    if known is None or known.plane == "infra" or known.project == "ovn":
        return None
    return _packages().by_binary.get(name, Packaged(name, known.project, (name,), (name,)))


def packaged_project(project: str) -> PackagedProject:
    """What is known of a project's packages beside its programs."""
    return _packages().projects.get(project, PackagedProject(project))


def shared_unit(name: str) -> bool:
    """Whether a service unit serves several projects, so that it must not be stopped for one of them."""
    return name.removesuffix(".service") in _packages().shared_units


def system_packages() -> tuple[str, ...]:
    """Globs of the packages that have an upgrade of their own and must not come along with OpenStack's."""
    return _packages().system
