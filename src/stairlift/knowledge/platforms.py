"""What a release needs of the machines below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from stairlift.knowledge.document import Entry, invalid, read, release_at
from stairlift.model.release import Release


@dataclass(frozen=True, slots=True)
class Platform:
    """The machines that a release was tested on, and what its nova needs there.

    `distributions` are pairs of os-release's ID and VERSION_ID; `python` is the oldest and the newest minor of 3.
    `nova` is what a nova-compute writes into its record, `nova_floor` the least that a nova of the release accepts.
    """

    distributions: tuple[tuple[str, str], ...]
    python: tuple[int, int]
    libvirt: str
    qemu: str
    nova: int
    nova_floor: int
    source: str


def platforms_of(document: Entry) -> Mapping[Release, Platform]:
    """The content of a platforms file."""
    found = {}
    for name, entry in document.children("platforms").items():
        found[release_at(entry.where, name)] = _platform(entry)
    document.close()
    return found


def _platform(entry: Entry) -> Platform:
    python = tuple(int(minor) for minor in entry.numbers("python"))
    if len(python) != 2 or python[0] > python[1]:
        raise invalid(entry.where, "python is the oldest and the newest minor version")
    named = (text.partition(" ") for text in entry.texts("distributions"))
    one = Platform(
        distributions=tuple((name, version) for name, _, version in named),
        python=(python[0], python[1]),
        libvirt=entry.text("libvirt"),
        qemu=entry.text("qemu"),
        nova=entry.number("nova"),
        nova_floor=entry.number("nova_floor"),
        source=entry.source(),
    )
    entry.close()
    return one


@cache
def _platforms() -> Mapping[Release, Platform]:
    return platforms_of(read("platforms.yaml"))


def platform(release: Release | None) -> Platform | None:
    """What a release needs; None for one of which nothing is known."""
    return _platforms().get(release) if release else None
