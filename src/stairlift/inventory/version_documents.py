"""What the version document of an API says: its newest version, and the highest microversion of that."""

from collections.abc import Iterable, Iterator

from stairlift.inventory.microversion import Pair, maximum, pair
from stairlift.inventory.rows import Row
from stairlift.model.observation import ApiVersion

#: Services that have no version document; asking would list a user's containers.
WITHOUT_DOCUMENT = frozenset({"object-store", "s3", "ec2-api"})
_OFFERED = frozenset({"CURRENT", "SUPPORTED", "STABLE", "DEPRECATED"})


def newest(kind: str, entries: Iterable[Row], backend: tuple[str, str] | None = None) -> Iterator[ApiVersion]:
    """The newest offered version of an API, if it names one. `backend` is the name and the address of who was asked."""
    offered = [(pair(e["id"]), e) for e in entries if str(e.get("status", "CURRENT")).upper() in _OFFERED]
    known: list[tuple[Pair, Row]] = [(version, entry) for version, entry in offered if version]
    if known:
        version, entry = max(known, key=lambda one: one[0])
        name, url = backend or (None, _self(entry))
        yield ApiVersion(kind, "{}.{}".format(*(maximum(entry) or version)), url, name)


def _self(entry: Row) -> str:
    links = entry.get("links") or ()
    return next((str(link["href"]) for link in links if link.get("rel") == "self" and link.get("href")), "")
