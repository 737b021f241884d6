"""What a user's program asks of each API."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stairlift.knowledge.document import Entry, invalid, read

_KINDS = ("get", "token", "validate")


@dataclass(frozen=True, slots=True)
class Probe:
    """A request that tells whether an API answers. `api` is the project; see `probes.yaml` for the rest."""

    name: str
    api: str
    service: str
    kind: str
    paths: tuple[str, ...]
    weight: int
    microversion: str = ""
    lists: str = ""
    of: str = ""


def probes_of(document: Entry) -> Mapping[str, Probe]:
    """The content of a probes file, by name."""
    found = {name: _probe(name, entry) for name, entry in document.children("probes").items()}
    document.close()
    for probe in found.values():
        if probe.of and probe.of not in found:
            raise invalid(probe.name, f"there is no {probe.of}")
    return found


def _probe(name: str, entry: Entry) -> Probe:
    api, dot, _ = name.partition(".")
    found = Probe(
        name=name,
        api=api,
        service=entry.text("service"),
        kind=entry.text("kind", "get", among=_KINDS),
        paths=entry.texts("paths"),
        weight=entry.number("weight"),
        microversion=entry.text("microversion", ""),
        lists=entry.text("lists", ""),
        of=entry.text("of", ""),
    )
    entry.finish()
    if not dot or found.weight < 1 or bool(found.paths) is (found.kind == "token"):
        raise invalid(name, "it is called API.WHAT, has a weight, and a path unless it makes a token")
    return found


@cache
def all_probes() -> Mapping[str, Probe]:
    """Every request that is known, by its name, in the order of the file."""
    return probes_of(read("probes.yaml"))
