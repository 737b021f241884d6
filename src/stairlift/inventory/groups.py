"""What a listing of ansible-inventory means: membership by inheritance, variables by precedence, dialects by names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stairlift.knowledge.binaries import Dialect, binaries_of_group, normalised

#: The variables that are read; all others may be secrets and are not kept.
KEPT = ("ansible_group_priority", "ansible_host", "availability_zone", "physical_host")
Keys = tuple[str, ...]
EVERYBODY = frozenset({"all", "ungrouped"})
#: Topology that only these deployers' inventories have.
_KOLLA = frozenset({"baremetal", "common", "kolla_toolbox", "tls_backend"})
_OSA = frozenset({"all_containers", "lxc_hosts", "os_infra_hosts", "physical_hosts", "shared_infra_hosts"})
#: What people put before a service's name when they sort their own hosts.
_PREFIXES = ("role_", "roles_", "service_", "openstack_")


@dataclass(frozen=True, slots=True)
class Group:
    """A group as it is listed: its own members and variables, not those that it inherits."""

    hosts: tuple[str, ...]
    children: tuple[str, ...]
    variables: Mapping[str, Any]


def pruned(listing: Any) -> dict[str, Any]:
    """A listing with hosts, groups and the variables that are read. Raises what a wrong shape raises."""
    hostvars, groups = _contents(listing)
    document: dict[str, Any] = {"_meta": {"hostvars": {host: dict(hostvars[host]) for host in hostvars}}}
    for name, group in groups.items():
        content = {"hosts": list(group.hosts), "children": list(group.children), "vars": dict(group.variables)}
        document[name] = {key: value for key, value in content.items() if value}
    return document


def _contents(listing: Any, keys: Keys = KEPT) -> tuple[dict[str, Mapping[str, Any]], dict[str, Group]]:
    hostvars = {host: _kept(given, keys) for host, given in listing["_meta"]["hostvars"].items()}
    return hostvars, {name: _group(content, keys) for name, content in listing.items() if name != "_meta"}


def _group(content: Mapping[str, Any], keys: Keys) -> Group:
    return Group(_names(content, "hosts"), _names(content, "children"), _kept(content.get("vars") or {}, keys))


def _names(content: Mapping[str, Any], key: str) -> tuple[str, ...]:
    names = content.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"{key!r} is not a list of names")
    return tuple(names)


def _kept(variables: Mapping[str, Any], keys: Keys) -> Mapping[str, Any]:
    """Plain values only: what is vaulted or a template means nothing without the playbook around it."""
    return {key: variables[key] for key in keys if key in variables and _plain(variables[key])}


def _plain(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and "{{" not in value)


class Inventory:
    """A listing as questions can be put to it. Its hosts are in the order of their names.

    `keys` are the variables that can be asked for.
    """

    def __init__(self, listing: Any, keys: Keys = KEPT) -> None:
        self._hostvars, self._groups = _contents(listing, keys)
        self._keys = keys
        members = {host for group in self._groups.values() for host in group.hosts}
        self.hosts = tuple(sorted(members | set(self._hostvars)))
        self.groups = tuple(sorted(self._groups))

    @cached_property
    def dialect(self) -> Dialect:
        """Whose inventory it is: containers on physical hosts are openstack-ansible's."""
        names = {normalised(group) for group in self.groups}
        if names & _OSA or any("physical_host" in given for given in self._hostvars.values()):
            return "osa"
        return "kolla" if names & _KOLLA and {"control", "compute"} <= names else "plain"

    def node(self, host: str) -> str:
        """The machine that a host is, or that carries it."""
        return self.variable(host, "physical_host") or host

    def groups_of(self, host: str) -> tuple[str, ...]:
        """The groups that a host is in, itself or through their children."""
        return self._groups_of.get(host, ())

    def services(self, host: str) -> tuple[str, ...]:
        """The binaries that a host's groups stand for."""
        groups = (group for group in self.groups_of(host) if group in self._binaries)
        return tuple(sorted({binary for group in groups for binary in self._binaries[group]}))

    def variable(self, host: str, key: str) -> str | None:
        """A variable as Ansible would merge it: the host's own, else of its deepest group, the last by name."""
        own = self._hostvars.get(host, {})
        if key not in own:
            having = [group for group in (*self.groups_of(host), "all") if group in self._having[key]]
            own = self._groups[max(having, key=self._precedence)].variables if having else {}
        value = own.get(key)
        return str(value) if isinstance(value, str | int) and value != "" else None

    @cached_property
    def _having(self) -> Mapping[str, frozenset[str]]:
        return {key: frozenset(g for g in self._groups if key in self._groups[g].variables) for key in self._keys}

    def _precedence(self, group: str) -> tuple[int, int, str]:
        priority = int(self._groups[group].variables.get("ansible_group_priority", 1))
        return self._depths.get(group, 0), priority, group

    @cached_property
    def _binaries(self) -> Mapping[str, tuple[str, ...]]:
        named = {group: self._named(group) for group in self.groups}
        return {group: binaries for group, binaries in named.items() if binaries}

    def _named(self, group: str) -> tuple[str, ...]:
        found = binaries_of_group(group, self.dialect)
        if found or self.dialect != "plain":
            return found
        plain = normalised(group)
        bare = next((plain.removeprefix(prefix) for prefix in _PREFIXES if plain.startswith(prefix)), plain)
        return binaries_of_group(bare, "plain")

    @cached_property
    def _groups_of(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for group in (group for group in self.groups if group not in EVERYBODY):
            for host in self._members(group):
                found.setdefault(host, []).append(group)
        return {host: tuple(groups) for host, groups in found.items()}

    def _members(self, group: str) -> Iterable[str]:
        """All hosts below a group; a group that is its own descendant is gone through once."""
        seen, waiting, hosts = {group}, [group], set[str]()
        while waiting:
            content = self._groups.get(waiting.pop(), _NOBODY)
            hosts.update(content.hosts)
            below = set(content.children) - seen
            seen |= below
            waiting += below
        return hosts

    @cached_property
    def _depths(self) -> Mapping[str, int]:
        """How far below `all` each group is, by the longest way there."""
        depths = dict.fromkeys(self.groups, 0)
        for _ in self.groups:  # as many rounds as there can be levels; a cycle would go on for ever
            deeper = {
                child: depths[name] + 1
                for name, group in self._groups.items()
                for child in group.children
                if depths.get(child, 0) <= depths[name]
            }
            if not deeper:
                break
            depths |= deeper
        return depths


_NOBODY = Group((), (), {})
