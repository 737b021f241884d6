"""Reading what a check was answered. Whatever is no answer is raised as Unanswered, which makes the check unknown."""

from collections.abc import Iterator, Mapping
from typing import Any

from stairlift.model.check import Reply
from stairlift.model.errors import Trouble

Row = Mapping[str, Any]


class Unanswered(Exception):
    """Nothing can be said, and why: one sentence without a full stop."""


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
