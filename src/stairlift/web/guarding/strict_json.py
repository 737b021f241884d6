"""JSON as its standard has it: what other readers take in their own ways is refused instead of being guessed at."""

import json
import math
from collections import Counter
from typing import Any

from stairlift.model.errors import UsageError

#: Deeper than any document of ours, and than what a reader's stack cares about.
_DEEPEST = 64
#: The most digits of a number that every reader takes for the same one.
_DIGITS = 19


def read_json(body: bytes) -> Any:
    """The document. UsageError (request.bad_json) says what is wrong with it."""
    try:
        found = json.loads(
            body.decode(), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole, parse_float=_finite
        )
    except UnicodeDecodeError as wrong:
        raise _bad(f"byte {wrong.start} is not UTF-8") from wrong
    except json.JSONDecodeError as wrong:
        raise _bad(f"line {wrong.lineno}, column {wrong.colno}: {wrong.msg}") from wrong
    except RecursionError as wrong:
        raise _too_deep() from wrong
    _demand_flat(found)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise _bad(f"it has {key!r} twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise _bad(f"{name} is no number of JSON")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS:
        raise _bad(f"a number has more than {_DIGITS} digits")
    return int(digits)


def _finite(text: str) -> float:
    found = float(text)
    if math.isinf(found):
        raise _bad("a number is too large")
    return found


def _demand_flat(document: Any) -> None:
    level, depth = [document], 0
    while level := [node for node in level if isinstance(node, list | dict)]:
        depth += 1
        if depth > _DEEPEST:
            raise _too_deep()
        level = [child for node in level for child in (node.values() if isinstance(node, dict) else node)]


def _too_deep() -> UsageError:
    return _bad(f"it is nested deeper than {_DEEPEST} levels")


def _bad(why: str) -> UsageError:
    return UsageError(
        code="request.bad_json",
        brief="what was sent is not JSON that everybody reads alike",
        details=why,
        resolution="Send one document of JSON (RFC 8259) in UTF-8, without a byte order mark.",
    )
