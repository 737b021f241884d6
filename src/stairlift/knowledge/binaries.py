"""The programs of a cloud: what they are for, how long they live, and what inventories call them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, cast

from stairlift.knowledge.document import Entry, invalid, read
from stairlift.knowledge.service_types import service_type
from stairlift.model.release import Release

Dialect = Literal["kolla", "osa", "plain"]
BinaryPlane = Literal["control", "resource", "infra"]
BinaryRole = Literal["control", "network", "compute", "storage"]

DIALECTS: tuple[Dialect, ...] = ("kolla", "osa", "plain")
PLANES = ("control", "resource", "infra")
ROLES = ("control", "network", "compute", "storage")
KINDS = (
    "agent",  # works on the data plane of its own node
    "api",  # answers the requests of users or of guests
    "balancer",
    "broker",
    "cache",
    "compute",  # manages a hypervisor
    "conductor",
    "dashboard",
    "database",
    "proxy",  # carries the consoles of guests
    "scheduler",
    "storage",  # serves stored data itself
    "switch",
    "worker",  # takes messages or works by the clock
)
REGISTRIES = (
    "nova", "neutron", "cinder", "manila", "heat", "ironic", "designate", "magnum", "watcher", "zun", "senlin",
)  # fmt: skip
#: The source that asks a registry, by the registry's name; nobody asks Senlin, which ended in 2023.2.
SOURCE_OF_REGISTRY: Mapping[str, str] = {
    "nova": "nova-services",
    "neutron": "neutron-agents",
    "cinder": "cinder-services",
    "manila": "manila-services",
    "heat": "heat-services",
    "ironic": "ironic-conductors",
    "designate": "designate-services",
    "magnum": "magnum-services",
    "watcher": "watcher-services",
    "zun": "zun-services",
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """The service that takes over from a program that ended.

    Unless it is `absorbed` it starts where the old one ran. An absorbed program ends without a successor on its host,
    since the service named runs elsewhere already and does its work. `only_with` names a condition, such as "ovn".
    """

    service: str
    how: str
    only_with: str = ""
    absorbed: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """A program, or an API without a process name of its own under the name that people use for it.

    `first` and `last` are the first and the last release that have the *program*; None is open. Where it has ended and
    `replaced_by` is empty, nothing takes over. A replacement of the same name means that the service goes on and only
    what runs it changes (nova-api from 2025.2 on is a WSGI module).

    `registry` is the API that lists it with a heartbeat, None where none does. `l2` marks Neutron's L2 agents.
    `per_process` marks a registry's rows as those of processes: a restart makes new ones and leaves old ones behind.
    `needs` is another project without which it does not run. `quorum` marks members of clusters that need most of them.
    `follows_host` marks what runs on network and compute nodes alike: it does not tell which of them its host is.
    `agent_types` are Neutron's words for it, `groups` the names of inventory groups beside its own, by dialect. Plans
    leave plane "infra" alone, unless somebody asks for the stage of that name.
    """

    name: str
    project: str
    plane: BinaryPlane
    role: BinaryRole
    kind: str
    registry: str | None
    first: Release | None
    last: Release | None
    replaced_by: tuple[Replacement, ...]
    l2: bool
    note: str
    source: str
    follows_host: bool = False
    per_process: bool = False
    needs: str = ""
    quorum: bool = False
    agent_types: tuple[str, ...] = ()
    groups: Mapping[Dialect, tuple[str, ...]] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Binaries:
    """The content of a binaries file; `prefixes` are what people put before a service in group names of their own."""

    by_name: Mapping[str, Binary]
    prefixes: tuple[str, ...]


def binaries_of(document: Entry) -> Binaries:
    """The content of a binaries file; a name may stand for one binary only."""
    prefixes = document.texts("prefixes")
    projects = document.children("projects").items()
    found = tuple(one for name, entry in projects for one in _project(name, entry))
    document.close()
    by_name = {one.name: one for one in found}
    if len(by_name) != len(found):
        raise invalid(document.where, "a binary is given twice")
    unknown = {new.service for one in found for new in one.replaced_by} - set(by_name)
    if unknown:
        raise invalid(document.where, f"replacements are unknown: {sorted(unknown)}")
    if strange := {one.needs for one in found} - {"", *(one.project for one in found)}:
        raise invalid(document.where, f"needs unknown projects: {sorted(strange)}")
    return Binaries(by_name, prefixes)


def _project(name: str, entry: Entry) -> tuple[Binary, ...]:
    source, registry = entry.source(), entry.text("registry", "none")
    binaries = entry.children("binaries").items()
    entry.close()
    return tuple(_binary(name, child, (binary, registry, source)) for binary, child in binaries)


def _binary(project: str, entry: Entry, given: tuple[str, str, str]) -> Binary:
    name, registry, source = given
    one = Binary(
        name=name,
        project=project,
        plane=cast("BinaryPlane", entry.text("plane", among=PLANES)),
        role=cast("BinaryRole", entry.text("role", among=ROLES)),
        kind=entry.text("kind", among=KINDS),
        registry=_registry(entry, registry),
        first=entry.release("first"),
        last=entry.release("last"),
        replaced_by=tuple(_replacement(child) for child in entry.entries("replaced_by")),
        l2=entry.flag("l2"),
        note=entry.text("note", ""),
        source=entry.source(inherited=source),
        follows_host=entry.flag("follows_host"),
        per_process=entry.flag("per_process"),
        needs=entry.text("needs", ""),
        quorum=entry.flag("quorum"),
        agent_types=entry.texts("agent_types"),
        groups=_groups(entry),
    )
    entry.close()
    if one.first and one.last and one.first > one.last:
        raise invalid(entry.where, "the first release is later than the last")
    return one


def _registry(entry: Entry, inherited: str) -> str | None:
    named = entry.text("registry", inherited, among=(*REGISTRIES, "none"))
    return None if named == "none" else named


def _replacement(entry: Entry) -> Replacement:
    one = Replacement(
        service=entry.text("service"),
        how=entry.text("how"),
        only_with=entry.text("only_with", "", among=("", "ovn")),
        absorbed=entry.flag("absorbed"),
    )
    entry.close()
    return one


def _groups(entry: Entry) -> Mapping[Dialect, tuple[str, ...]]:
    child = entry.child("groups")
    if child is None:
        return {}
    given = {dialect: tuple(map(normalised, child.texts(dialect))) for dialect in DIALECTS}
    child.close()
    return given


def normalised(group: str) -> str:
    """A group name as it is compared: openstack-ansible turned '-' into '_' in 2026.1, Ansible may do so itself."""
    return group.strip().casefold().replace("-", "_")


@cache
def _binaries() -> Binaries:
    return binaries_of(read("binaries.yaml"))


def all_binaries() -> tuple[Binary, ...]:
    """Every known binary, project by project."""
    return tuple(_binaries().by_name.values())


def binary(name: str) -> Binary | None:
    """What is known of a binary, or None."""
    return _binaries().by_name.get(name)


def in_quorum(name: str) -> bool:
    """Whether a program is a member of a cluster that needs most of its members."""
    known = binary(name)
    return known is not None and known.quorum


def lives_in(binary: Binary, release: Release) -> bool:
    """Whether a release has the program."""
    return (binary.first is None or binary.first <= release) and (binary.last is None or release <= binary.last)


@cache
def _by_group() -> Mapping[tuple[Dialect, str], tuple[str, ...]]:
    listed: dict[tuple[Dialect, str], tuple[str, ...]] = {}
    for one in all_binaries():
        for dialect, groups in one.groups.items():
            for group in groups:
                listed[dialect, group] = (*listed.get((dialect, group), ()), one.name)
    own = {(dialect, normalised(one.name)): (one.name,) for one in all_binaries() for dialect in DIALECTS}
    return own | listed


def binaries_of_group(group: str, dialect: Dialect) -> tuple[str, ...]:
    """The binaries that a group of an inventory stands for; () where it names no service.

    Parents (`nova` of kolla-ansible, `nova_all` of openstack-ansible) and topology name none, but for
    kolla-ansible's `compute`, whose plays install nova-compute without a group of its own. In people's own inventories
    `role_nova_compute` and the like count as well.
    """
    name = normalised(group)
    found = _by_group().get((dialect, name), ())
    if found or dialect != "plain":
        return found
    bare = (name.removeprefix(prefix) for prefix in _binaries().prefixes if name.startswith(prefix))
    return next((names for one in bare if (names := _by_group().get((dialect, one), ()))), ())


@cache
def _by_agent_type() -> Mapping[str, str]:
    return {kind.casefold(): one.name for one in all_binaries() for kind in one.agent_types}


def binary_of_agent_type(agent_type: str) -> str | None:
    """The binary that Neutron lists under this agent type, or None: for rows whose own `binary` says nothing."""
    return _by_agent_type().get(agent_type.strip().casefold())


def apis_of(service_type_name: str) -> tuple[str, ...]:
    """The binaries that answer for a service of the catalog; () for one that is unknown."""
    known = service_type(service_type_name)
    return known.apis if known else ()
