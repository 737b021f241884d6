"""The hosts that could take a server: what is free there, and which rules keep a server away."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stairlift.model.workload import Aggregate, ComputeHost, Provider, Server, Workload

Needs = Mapping[str, int]
_SCOPE = "aggregate_instance_extra_specs:"
_TENANT = "filter_tenant_id"


@dataclass(frozen=True, slots=True)
class Place:
    """A hypervisor: what it holds at most and what is free, by resource class; `marks` are those of its aggregates."""

    host: str
    zone: str | None
    capacity: Mapping[str, int]
    free: Mapping[str, int]
    traits: frozenset[str]
    marks: tuple[Aggregate, ...] = ()
    ready: bool = True
    kind: str = ""


def places(workload: Workload) -> dict[str, Place]:
    """Every hypervisor that placement knows, by nova-compute's name for its host."""
    trees: dict[str, list[Provider]] = {}
    roots = {provider.uuid: provider.name for provider in workload.providers}
    for provider in workload.providers:
        trees.setdefault(roots.get(provider.root, provider.name), []).append(provider)
    return {host.name: _place(host, trees.get(host.node, []), workload) for host in workload.computes}


def _place(host: ComputeHost, tree: Iterable[Provider], workload: Workload) -> Place:
    capacity: dict[str, int] = {}
    used: dict[str, int] = {}
    traits: set[str] = set()
    for provider in tree:
        traits.update(provider.traits)
        for amounts, given in ((capacity, provider.capacity), (used, provider.used)):
            for name, amount in given:
                amounts[name] = amounts.get(name, 0) + amount
    return Place(
        host=host.name,
        zone=host.zone,
        capacity=capacity,
        free={name: amount - used.get(name, 0) for name, amount in capacity.items()},
        traits=frozenset(traits),
        marks=tuple(a for a in workload.aggregates if host.name in a.hosts),
        ready=host.enabled and host.up,
        kind=host.kind,
    )


def needs(server: Server) -> dict[str, int]:
    """What placement would be asked for: the flavor, its own words on resources in the place of its sizes.

    Nova, scheduler/utils.py: `resources[GROUP]:CLASS=n` replaces, 0 takes away; dedicated processors are PCPU.
    """
    specs = dict(server.specs)
    processors = "PCPU" if specs.get("hw:cpu_policy") == "dedicated" else "VCPU"
    found = {processors: server.vcpus, "MEMORY_MB": server.ram, "DISK_GB": server.disk}
    named: dict[str, int] = {}
    for key, value in server.specs:
        group, colon, name = key.partition(":")
        if colon and group.startswith("resources") and value.isdecimal():
            named[name] = named.get(name, 0) + int(value)
    return {name: amount for name, amount in (found | named).items() if amount > 0}


def fits(wanted: Needs, free: Needs) -> bool:
    """Whether there is room for all of it."""
    return all(amount <= free.get(name, 0) for name, amount in wanted.items())


def kept_away(server: Server, place: Place) -> str:
    """Which rule keeps a server from a host however empty that is; "" where none does. Completes "cmp1 ..."."""
    return next((why for rule in _RULES if (why := rule(server, place))), "")


def _not_ready(_server: Server, place: Place) -> str:
    return "" if place.ready else "takes no servers (disabled or down)"


def _other_zone(server: Server, place: Place) -> str:
    """Before 2.96 nobody knows whether a zone was asked for; then it stays in the one that it is in."""
    wanted = server.zone if server.pinned == "" else server.pinned
    return f"is not in zone {wanted}" if wanted and place.zone != wanted else ""


def _lacks_traits(server: Server, place: Place) -> str:
    for key, value in server.specs:
        group, colon, trait = key.partition(":")
        if not colon or not group.startswith("trait"):
            continue
        if (value == "required") != (trait in place.traits) and value in ("required", "forbidden"):
            return f"{'lacks' if value == 'required' else 'has'} the trait {trait}"
    return ""


def _other_aggregate(server: Server, place: Place) -> str:
    for key, value in server.specs:
        if key.startswith(_SCOPE) and not _marked(place, key.removeprefix(_SCOPE), value):
            return f"is in no aggregate with {key.removeprefix(_SCOPE)}={value}"
    return ""


def _marked(place: Place, key: str, value: str) -> bool:
    """As Nova's filter compares plain values, and the list that `<or>` makes."""
    wanted = {part.strip() for part in value.split("<or>") if part.strip()}
    given = (dict(mark.metadata).get(key) for mark in place.marks)
    return any(part.strip() in wanted for one in given if one is not None for part in one.split(","))


def _others_only(server: Server, place: Place) -> str:
    """A host of an aggregate for tenants takes no others (AggregateMultiTenancyIsolation)."""
    for mark in place.marks:
        tenants = [value for key, value in mark.metadata if key.startswith(_TENANT)]
        if tenants and server.project not in {one.strip() for text in tenants for one in text.split(",")}:
            return f"is kept for other projects (aggregate {mark.name})"
    return ""


def _too_small(server: Server, place: Place) -> str:
    lacking = [name for name, amount in needs(server).items() if amount > place.capacity.get(name, 0)]
    return f"has never that much {', '.join(sorted(lacking))}" if lacking else ""


_RULES: tuple[Callable[[Server, Place], str], ...] = (
    _not_ready,
    _other_zone,
    _lacks_traits,
    _other_aggregate,
    _others_only,
    _too_small,
)
