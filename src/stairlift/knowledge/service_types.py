"""The service types of a catalog, their aliases, and the programs that answer for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stairlift.knowledge.document import Entry, invalid, read


@dataclass(frozen=True, slots=True)
class ServiceType:
    """A kind of service that a catalog can list; `apis` are the binaries that may answer its requests."""

    name: str
    project: str
    aliases: tuple[str, ...]
    apis: tuple[str, ...]
    source: str


def service_types_of(document: Entry) -> tuple[ServiceType, ...]:
    """The content of a service types file; a name or an alias must mean one thing only."""
    found = tuple(_service_type(name, entry) for name, entry in document.children("types").items())
    document.close()
    names = [name for one in found for name in (one.name, *one.aliases)]
    if len(names) != len(set(names)):
        raise invalid(document.where, "a service type or an alias is given twice")
    return found


def _service_type(name: str, entry: Entry) -> ServiceType:
    one = ServiceType(
        name=name,
        project=entry.text("project"),
        aliases=entry.texts("aliases"),
        apis=entry.texts("apis"),
        source=entry.source(),
    )
    entry.close()
    return one


@cache
def _by_name() -> Mapping[str, ServiceType]:
    known = service_types_of(read("service_types.yaml"))
    return {name: one for one in known for name in (one.name, *one.aliases)}


def all_service_types() -> tuple[ServiceType, ...]:
    """Every known service type, each once."""
    return tuple(dict.fromkeys(_by_name().values()))


def service_type(name: str) -> ServiceType | None:
    """The service type behind a catalog's own word for it, or None."""
    return _by_name().get(name.strip().casefold().replace("_", "-"))


def canonical(name: str) -> str:
    """The official name of a service type: `sharev2` is shared-file-system. An unknown one stays as it is."""
    known = service_type(name)
    return known.name if known else name
