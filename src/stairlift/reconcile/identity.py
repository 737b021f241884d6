"""Who is who: many names, one machine.

Join keys, strongest first: the operator's own word, Nova's pair of service host and hypervisor
name, what a machine calls itself, a container's physical host, an address. A name that only looks alike never joins;
it is reported.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from stairlift.model.finding import Finding
from stairlift.model.observation import (
    Fact,
    HostRecord,
    HypervisorRecord,
    InventoryHost,
    Observation,
    ProcessRecord,
    ServiceRecord,
    VersionRecord,
)

# Which of a machine's names to use: the one that the operator gave wins, since their deployer is called with it.
_CHOSEN, _INVENTORY, _NOVA, _REGISTRY, _HYPERVISOR, _CONTAINER = range(6)


@dataclass(frozen=True, slots=True)
class Identity:
    """The machines: every known name leads to the one that is used, and back to all its aliases."""

    names: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]]
    addresses: Mapping[str, str]
    findings: tuple[Finding, ...]

    def of(self, name: str) -> str:
        """The name in use for a machine, given any of its names, also `host@backend` and `host@backend#pool`."""
        bare = machine_part(name)
        return self.names.get(bare, bare)


def machine_part(name: str) -> str:
    """The machine in a registry's host: `stor1@rbd#pool` lives on `stor1`."""
    return name.partition("@")[0]


def identify(observations: Iterable[Observation], chosen: Mapping[str, str]) -> Identity:
    """Join the names that the sources prove to be one machine. `chosen` is the operator's own map, alias to name."""
    facts = [fact for o in observations for fact in o.facts]
    ranks = _ranked_names(facts, chosen)
    groups = _Groups(ranks)
    for a, b in _proofs(facts, chosen):
        groups.join(a, b)
    machines = {_best(members, ranks): members for members in groups.all()}
    names = {member: name for name, members in machines.items() for member in members}
    return Identity(
        names=names,
        aliases={name: tuple(sorted(set(members) - {name})) for name, members in machines.items()},
        addresses=_addresses(facts, names),
        findings=tuple(_look_alikes(machines)),
    )


class _Groups:
    """Names joined so far; invariant: each name is in exactly one group."""

    def __init__(self, names: Iterable[str]) -> None:
        self._group = {name: [name] for name in names}

    def join(self, a: str, b: str) -> None:
        one, other = self._group[a], self._group[b]
        if one is not other:
            one.extend(other)
            for name in other:
                self._group[name] = one

    def all(self) -> list[list[str]]:
        return list({id(group): group for group in self._group.values()}.values())


def _ranked_names(facts: Sequence[Fact], chosen: Mapping[str, str]) -> dict[str, int]:
    ranks: dict[str, int] = {}

    def seen(name: str, rank: int) -> None:
        ranks[name] = min(rank, ranks.get(name, rank))

    for fact in facts:
        for name, rank in _names(fact):
            seen(name, rank)
    for alias, name in chosen.items():
        if alias in ranks or name in ranks:
            seen(alias, _CONTAINER)
            ranks[name] = _CHOSEN
    return ranks


def _names(fact: Fact) -> list[tuple[str, int]]:
    """The names that a fact uses, with the ranks that they have there. An address is nobody's choice of a name."""
    match fact:
        case InventoryHost():
            own = _INVENTORY if fact.name == fact.node else _CONTAINER
            return [(fact.name, own), (fact.node, _INVENTORY)]
        case HostRecord():
            called = _CONTAINER if routable(fact.host) else _INVENTORY
            return [(fact.host, called), *((n, _HYPERVISOR if "." in n else _REGISTRY) for n in fact.names)]
        case HypervisorRecord():
            return [(fact.service_host, _NOVA), (fact.name, _HYPERVISOR)]
        case VersionRecord(host=host) | ProcessRecord(host=host) if routable(host):
            return [(host, _CONTAINER)]
        case ServiceRecord() | VersionRecord() | ProcessRecord():
            return [(machine_part(fact.host), _NOVA if fact.binary.startswith("nova-") else _REGISTRY)]
    return []


def _proofs(facts: Sequence[Fact], chosen: Mapping[str, str]) -> list[tuple[str, str]]:
    inventory = [f for f in facts if isinstance(f, InventoryHost)]
    hypervisors = [f for f in facts if isinstance(f, HypervisorRecord)]
    known = {machine_part(f.host) for f in facts if isinstance(f, ServiceRecord | VersionRecord | ProcessRecord)}
    known |= {name for f in facts if isinstance(f, HostRecord) for name in (f.host, *f.names)}
    known |= {f.name for f in inventory} | {f.node for f in inventory}
    known |= {n for h in hypervisors for n in (h.name, h.service_host)}
    return [
        *((alias, name) for alias, name in chosen.items() if {alias, name} & known),
        *_hypervisor_pairs(hypervisors),
        *_own_names(facts),
        *_containers(inventory, known),
        *_same_address(inventory, hypervisors),
    ]


def _hypervisor_pairs(hypervisors: Sequence[HypervisorRecord]) -> list[tuple[str, str]]:
    """Nova's own pair of names. With Ironic one host serves many hypervisors, and those are no names of it."""
    by_host: dict[str, set[str]] = defaultdict(set)
    hosts_of: dict[str, set[str]] = defaultdict(set)
    for h in hypervisors:
        by_host[h.service_host].add(h.name)
        hosts_of[h.name].add(h.service_host)
    only = ((host, next(iter(names))) for host, names in by_host.items() if len(names) == 1)
    return [(host, name) for host, name in only if len(hosts_of[name]) == 1]


def _own_names(facts: Sequence[Fact]) -> list[tuple[str, str]]:
    """What a machine calls itself, unless another one says the same of itself (localhost, a cloned image)."""
    looked_at = [fact for fact in facts if isinstance(fact, HostRecord)]
    claims: dict[str, set[str]] = defaultdict(set, {record.host: {record.host} for record in looked_at})
    for record in looked_at:
        for name in record.names:
            claims[name].add(record.host)
    return [(next(iter(hosts)), name) for name, hosts in claims.items() if len(hosts) == 1]


def _containers(inventory: Sequence[InventoryHost], known: set[str]) -> list[tuple[str, str]]:
    """A container is on its physical host; it reports under its host name, which has dashes for underscores."""
    pairs = []
    for host in inventory:
        if host.name != host.node:
            pairs.append((host.name, host.node))
            dashed = host.name.replace("_", "-")
            if dashed != host.name and dashed in known:
                pairs.append((dashed, host.node))
    return pairs


def _same_address(inventory: Sequence[InventoryHost], hypervisors: Sequence[HypervisorRecord]) -> list[tuple[str, str]]:
    """An address that exactly one machine of the inventory and exactly one hypervisor have."""
    machines: dict[str, set[str]] = defaultdict(set)
    for host in inventory:
        if host.name == host.node and (address := routable(host.address)):
            machines[address].add(host.node)
    owners: dict[str, set[str]] = defaultdict(set)
    for h in hypervisors:
        if address := routable(h.host_ip):
            owners[address].add(h.service_host)
    return [
        (next(iter(machines[address])), next(iter(hosts)))
        for address, hosts in owners.items()
        if len(hosts) == 1 and len(machines.get(address, ())) == 1
    ]


def routable(text: str | None) -> str | None:
    """The address in its one spelling; None for a name, and for an address that every machine has."""
    try:
        ip = ip_address(text or "")
    except ValueError:
        return None
    return None if ip.is_loopback or ip.is_unspecified else str(ip)


def _best(members: Sequence[str], ranks: Mapping[str, int]) -> str:
    return min(members, key=lambda name: (ranks[name], name))


def _addresses(facts: Sequence[Fact], names: Mapping[str, str]) -> dict[str, str]:
    given = [f for f in facts if isinstance(f, InventoryHost) and f.name == f.node and f.address]
    found = {(names[f.node], str(f.address)) for f in given}
    reached = {(names[f.host], str(f.address)) for f in facts if isinstance(f, HostRecord) and routable(f.address)}
    return dict(sorted(reached, reverse=True)) | dict(sorted(found, reverse=True))


def _look_alikes(machines: Mapping[str, Sequence[str]]) -> list[Finding]:
    """A bare name and full names that start with it, on machines that nothing proves to be one."""
    by_label: dict[str, set[str]] = defaultdict(set)
    bare: set[str] = set()
    for machine, members in machines.items():
        for name in members:
            label = name.lower().partition(".")[0]
            by_label[label].add(machine)
            if "." not in name:
                bare.add(label)
    return [
        _look_alike(label, sorted(found))
        for label, found in sorted(by_label.items())
        if len(found) > 1 and label in bare
    ]


def _look_alike(label: str, machines: Sequence[str]) -> Finding:
    listed = " and ".join(machines)
    return Finding(
        code="host.same_name",
        severity="error",
        subject=machines[0],
        message=f"{listed} look like names of one machine ({label}), but no source proves it",
        resolution=(
            f'if they are one, say so in stairlift.toml: [aliases] "{machines[1]}" = "{machines[0]}"; '
            f"if they are not, pass --waive host.same_name:{machines[0]}"
        ),
    )
