"""Problems that a server tells of, as the errors that they were there: same code, same words, same exit code."""

from collections.abc import Mapping
from typing import Any

from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding

#: What was asked for is wrong, whoever asks; the others that begin with 4 are refusals (see docs/reference/api.md).
_USAGE = frozenset({400, 401, 404, 405, 408, 413, 416, 428})
#: Errors of the server itself that HTTP has another number for than 500.
_TOO_MUCH = frozenset({"stream.too_many"})

_FINDING = ("code", "severity", "subject", "message", "resolution")


def error_of(problem: Mapping[str, Any]) -> StairliftError:
    """The error that a problem document (RFC 9457) tells of."""
    status, code = int(problem.get("status") or 500), str(problem.get("code") or "")
    words = {
        "code": code,
        "brief": str(problem.get("title") or ""),
        "details": str(problem.get("detail") or ""),
        "resolution": str(problem.get("resolution") or ""),
    }
    if status in _USAGE:
        return UsageError(**words)
    if status == 502:
        return NoAnswer(**words)
    if status < 500 and code not in _TOO_MUCH:
        return Refusal(**words, findings=[_finding(found) for found in problem.get("findings") or ()])
    return StairliftError(**words)


def _finding(document: Mapping[str, Any]) -> Finding:
    return Finding(**{key: document[key] for key in _FINDING})


def is_problem(document: object) -> bool:
    """Whether an answer is one of ours, and not that of a proxy on the way."""
    return isinstance(document, Mapping) and isinstance(document.get("code"), str) and "title" in document
