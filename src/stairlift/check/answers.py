"""Reading what a check was answered. Whatever is no answer is raised as Unanswered, which makes the check unknown."""

from collections.abc import Iterator, Mapping
from typing import Any

from stairlift.model.check import Reply
from stairlift.model.errors import Trouble

Row = Mapping[str, Any]
#: What an answer of another shape than expected makes whoever reads it raise.
MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
_LONGEST = 120


class Unanswered(Exception):
    """Nothing can be said, and why: one sentence without a full stop; `remedy` is what would help, where that is known.

    That is a sentence of its own, and behind it lines to be pasted somewhere.
    """

    def __init__(self, why: str, remedy: str = "") -> None:
        super().__init__(why)
        self.remedy = remedy


def nonsense(error: Exception) -> str:
    """Why an answer that made its reader raise this says nothing."""
    return f"an answer makes no sense ({type(error).__name__}: {error!s:.{_LONGEST}})"


def there(reply: Reply) -> bool:
    """Whether there is something to read; False where the cloud has no such service. Raises Unanswered."""
    if reply.trouble is Trouble.NOT_DEPLOYED:
        return False
    if reply.trouble is not None:
        raise Unanswered(reply.detail or f"it gave no answer: {reply.trouble}")
    return True


def rows(reply: Reply) -> Iterator[Row]:
    """The rows of a collection; none where the cloud has no such service. Raises Unanswered."""
    if not there(reply):
        return
    if not isinstance(reply.body, list):
        raise Unanswered("the answer is no list")
    for row in reply.body:
        if not isinstance(row, Mapping):
            raise Unanswered("the answer holds what is no row")
        yield row
