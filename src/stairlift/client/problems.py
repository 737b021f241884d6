"""Problems that a server tells of, as the errors that they were there: same code, same words, same exit code."""

from collections.abc import Mapping
from typing import Any

from stairlift.model.errors import NoAnswer, Refusal, StairliftError, UsageError
from stairlift.model.finding import Finding

#: The status of an error that no source answered; it leaves with the same exit code as others that are nobody's fault.
_NO_ANSWER = 502
_FINDING = ("code", "severity", "subject", "message", "resolution")


def error_of(problem: Mapping[str, Any]) -> StairliftError:
    """The error that a problem document (RFC 9457) tells of."""
    words = {
        "code": str(problem.get("code") or ""),
        "brief": str(problem.get("title") or ""),
        "details": str(problem.get("detail") or ""),
        "resolution": str(problem.get("resolution") or ""),
    }
    match problem.get("exit_code"):
        case UsageError.exit_code:
            return UsageError(**words)
        case Refusal.exit_code:
            return Refusal(**words, findings=[_finding(found) for found in problem.get("findings") or ()])
    return NoAnswer(**words) if problem.get("status") == _NO_ANSWER else StairliftError(**words)


def _finding(document: Mapping[str, Any]) -> Finding:
    return Finding(**{key: document[key] for key in _FINDING}, data=document.get("data") or {})


def is_problem(document: object) -> bool:
    """Whether an answer is one of ours, and not that of a proxy on the way."""
    return isinstance(document, Mapping) and isinstance(document.get("code"), str) and "title" in document
