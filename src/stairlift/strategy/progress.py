"""The progress file of an attempt as verdicts read it: a JSON object a line, written by whoever did the work."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def events(progress: str) -> Iterator[Mapping[str, Any]]:
    """Its objects, in order. Lines that are torn or hold something else are passed over."""
    for line in progress.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, Mapping):
            yield event
