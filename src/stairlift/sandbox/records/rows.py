"""What the rows of all registries have in common: stable ids, and JSON that is made once and finished at each question.

Of a row only its state and the time of its last report change by themselves, so everything else is kept as bytes.
"""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

import orjson


def identity(scenario: str, *parts: str) -> str:
    """The id of a row: the same in every sandbox that is made of this scenario."""
    return str(uuid5(NAMESPACE_URL, "/".join((scenario, *parts))))


def opened(fields: dict[str, object]) -> bytes:
    """A JSON object that is still open, so that what changes can follow."""
    return orjson.dumps(fields)[:-1] + b","


def array(name: str, rows: Iterable[bytes], rest: bytes = b"") -> bytes:
    """The document {name: [rows]}; `rest` is what follows inside it, with its own comma."""
    return b'{"%s":[%s]%s}' % (name.encode(), b",".join(rows), rest)
