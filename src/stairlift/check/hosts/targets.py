"""Where a host has no code of the target yet: what stairlift.toml has to say so that it can be asked all the same."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stairlift.knowledge.targets import target_commands
from stairlift.model.check import Scene

_WIDTH = 110
#: What a host says of how it was installed (program.sh).
_SEEN = "@seen "


@dataclass(frozen=True, slots=True)
class _Installed:
    """How a host was installed: by what, and for containers by which engine, of which service, from which image."""

    kind: str
    engine: str = ""
    service: str = ""
    image: str = ""


def remedy(out: str, scene: Scene) -> str:
    """What to do, and below it a whole `[checks]` table; "" where the host does not say how it was installed."""
    told = next((line[len(_SEEN) :].split() for line in out.splitlines() if line.startswith(_SEEN)), [])
    found = _Installed(*told) if 1 <= len(told) <= 4 else _Installed("")
    known = target_commands().get(found.kind)
    if known is None:
        return ""
    image = _image(found, str(scene.source))
    words = (word.replace("{engine}", found.engine).replace("{image}", image) for word in known.words)
    lines = ("[checks]", *(f"# {line}" for line in known.note), "target_command = [", *_rows(words), "]")
    return "\n".join(("put this into stairlift.toml, where it says CORRECT with your own", *lines))


def _image(found: _Installed, source: str) -> str:
    """The image of any service and release, as far as the one that was seen tells it."""
    name, colon, tag = found.image.partition("@")[0].rpartition(":")
    if not colon or "/" in tag:
        name, tag = found.image.partition("@")[0], ""
    if name.endswith(found.service):
        name = f"{name.removesuffix(found.service)}{{service}}"
    return f"{name}:{tag.replace(source, '{release}') if source in tag else 'CORRECT'}"


def _rows(words: Iterable[str]) -> Iterator[str]:
    """The words as TOML's, as many to a line as it bears: JSON's strings are also TOML's."""
    row = ""
    for word in (f"{json.dumps(word, ensure_ascii=False)}," for word in words):
        if row and len(row) + len(word) > _WIDTH:
            yield row
            row = ""
        row += f"{' ' if row else '  '}{word}"
    yield row
