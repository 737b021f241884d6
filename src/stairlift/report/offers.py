"""What a resolution would have typed, for pages: they have fields where a terminal has flags."""

import re

from stairlift.knowledge.releases import known_series

_FROM = re.compile(r"--from (\d{4}\.\d|[a-z]+)\b")


def offered_sources(resolution: str) -> tuple[str, ...]:
    """The releases that are offered as where an upgrade starts: "--from 2025.1 or --from 2025.2" offers two."""
    named = (known_series(text) for text in _FROM.findall(resolution))
    return tuple(dict.fromkeys(str(release) for release in named if release))
