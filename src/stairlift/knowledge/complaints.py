"""What services log when releases do not fit together."""

import re
from functools import cache

from stairlift.knowledge.document import Entry, invalid, read


def grave_of(document: Entry) -> tuple[str, ...]:
    """The regular expressions of a complaints file."""
    found = tuple(_word(entry) for entry in document.entries("grave"))
    document.close()
    return found


def _word(entry: Entry) -> str:
    word = entry.text("word")
    entry.finish()
    try:
        re.compile(word)
    except re.error as wrong:
        raise invalid(entry.where, f"{word!r} is no regular expression: {wrong}") from wrong
    return word


@cache
def grave_complaints() -> str:
    """One extended regular expression for all of them."""
    return "|".join(grave_of(read("complaints.yaml")))
