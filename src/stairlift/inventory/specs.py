"""The words of `--inventory`: which sources there are, and how each is built.

A source of somebody else's is a class with `from_spec(argument, context)`, or any callable of these two, under the
entry point group `stairlift.inventories`; its entry point's name is its SPEC, and `NAME:ARGUMENT` gives the argument.
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NoReturn, cast

from stairlift.inventory.context import SourceContext
from stairlift.inventory.recording import recorded_sources
from stairlift.inventory.tape import Source
from stairlift.model.errors import StairliftError, UsageError
from stairlift.ports import CloudClient, InventoryManager

GROUP = "stairlift.inventories"
#: What `openstack` stands for. The second half is in few clouds: where the catalog has no such service, none is asked.
EVERY_API = (
    *("nova", "hypervisors", "neutron", "cinder", "keystone"),
    *("heat", "manila", "octavia", "ironic", "designate", "magnum", "masakari", "watcher", "zun", "blazar"),
)
_BUILT_IN = {
    "ansible": "stairlift.inventory.ansible:AnsibleInventory",
    "blazar": "stairlift.inventory.blazar:BlazarHostInventory",
    "cinder": "stairlift.inventory.cinder:CinderServiceInventory",
    "designate": "stairlift.inventory.designate:DESIGNATE",
    "haproxy": "stairlift.inventory.haproxy:HAProxyInventory",
    "heat": "stairlift.inventory.heat:HEAT",
    "hosts": "stairlift.inventory.host:HostInventory",
    "hypervisors": "stairlift.inventory.nova:NovaHypervisorInventory",
    "ironic": "stairlift.inventory.ironic:IRONIC",
    "keystone": "stairlift.inventory.keystone:KeystoneCatalogInventory",
    "magnum": "stairlift.inventory.magnum:MAGNUM",
    "manila": "stairlift.inventory.manila:MANILA",
    "masakari": "stairlift.inventory.masakari:MasakariHostInventory",
    "neutron": "stairlift.inventory.neutron:NeutronAgentInventory",
    "nova": "stairlift.inventory.nova:NovaServiceInventory",
    "octavia": "stairlift.inventory.octavia:OctaviaInventory",
    "watcher": "stairlift.inventory.watcher:WATCHER",
    "workload": "stairlift.inventory.workload:WorkloadInventory",
    "zun": "stairlift.inventory.zun:ZUN",
}


def available() -> Mapping[str, EntryPoint]:
    """Every kind of source by its SPEC; nothing is imported. The built-in ones cannot be replaced."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    return found | {name: EntryPoint(name, value, GROUP) for name, value in _BUILT_IN.items()}


def sources(specs: Iterable[str], context: SourceContext) -> tuple[Source, ...]:
    """The sources that some SPECs ask for, each once, in their order. UsageError for what cannot be built."""
    found = (source for spec in specs for source in _of(spec, context))
    by_name: dict[str, Source] = {}
    for source in found:
        by_name.setdefault(source.manager.name, source)
    return tuple(by_name.values())


def _of(spec: str, context: SourceContext) -> Iterator[Source]:
    kind, _, argument = spec.partition(":")
    if spec == "openstack":
        yield from (Source(api, _built(api, context)) for api in EVERY_API)
    elif kind == "recording" and argument:
        recorded = recorded_sources(Path(argument), _rebuild)
        yield from (Source(words, manager) for words, manager in recorded)
    else:
        yield Source(spec, _built(spec, context))


def _rebuild(spec: str) -> InventoryManager:
    """A source that reads what it is given and cannot go anywhere."""
    return _built(spec, SourceContext(client=lambda: cast("CloudClient", _Nobody()), live=False))


def _built(spec: str, context: SourceContext) -> InventoryManager:
    kind, _, argument = spec.partition(":")
    known = available()
    if kind not in known:
        raise _unknown(spec, known)
    try:
        entry = known[kind].load()
        return _manager(getattr(entry, "from_spec", entry)(argument, context))
    except StairliftError:
        raise
    except (Exception, SystemExit) as error:  # it may be anybody's code
        raise UsageError(
            code="usage.inventory-broken",
            brief=f"The source {kind} ({known[kind].value}) cannot be built: {type(error).__name__}: {error}.",
            resolution="Ask whoever provides it; `stairlift.testing.inventory_contract` says what is expected.",
        ) from error


def _manager(built: object) -> InventoryManager:
    if not all(hasattr(built, part) for part in ("name", "fetch", "read")):
        raise TypeError(f"{type(built).__name__} has not all of name, fetch and read")
    return built  # type: ignore[return-value]


def _unknown(spec: str, known: Iterable[str]) -> UsageError:
    return UsageError(
        code="usage.inventory-unknown",
        brief=f"There is no source {spec!r}.",
        details="There are: " + ", ".join(("openstack", *sorted(known), "recording:DIR")) + ".",
        resolution="Give one of these; what is behind the colon is the source's own argument, such as a path.",
    )


class _Nobody:
    """The client of a source that only reads."""

    def __getattr__(self, name: str) -> NoReturn:
        raise RuntimeError(f"a recording has nobody to ask for {name}")
