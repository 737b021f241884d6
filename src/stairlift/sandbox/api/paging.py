"""Pages of long lists: `limit` and `marker`, and the link to the next page."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

import orjson
from starlette.requests import Request

from stairlift.sandbox.api.wire import HttpFault, base_of

Row = TypeVar("Row")


def page(
    rows: Sequence[Row], request: Request, identify: Callable[[Row], str], ceiling: int | None = None
) -> tuple[Sequence[Row], bool]:
    """The rows that the query asks for, and whether more follow; HttpFault 400 for a marker that is not there.

    `ceiling` is the most that one page may hold, whatever is asked for (Nova: [api]max_limit, 1000).
    """
    limit = _limit(request, ceiling)
    start = _start(rows, request.query_params.get("marker"), identify)
    if limit is None:
        return rows[start:], False
    return rows[start : start + limit], start + limit < len(rows)


def _limit(request: Request, ceiling: int | None) -> int | None:
    given = request.query_params.get("limit")
    if given is None:
        return ceiling
    if not given.isdecimal():
        raise HttpFault(400, f"Invalid input for query parameters limit. Value: {given}.")
    wanted = int(given) or ceiling
    return min(wanted, ceiling) if wanted and ceiling else wanted or None


def _start(rows: Sequence[Row], marker: str | None, identify: Callable[[Row], str]) -> int:
    if marker is None:
        return 0
    for number, row in enumerate(rows, 1):
        if identify(row) == marker:
            return number
    raise HttpFault(400, f"marker [{marker}] not found")


def next_link(name: str, request: Request, marker: str) -> bytes:
    """What follows a list inside its document: the address of the next page."""
    return b',"%s_links":%s' % (name.encode(), orjson.dumps([{"rel": "next", "href": next_page(request, marker)}]))


def next_page(request: Request, marker: str) -> str:
    """The address of the page behind the row with this marker."""
    query = {**request.query_params, "marker": marker}
    return f"{base_of(request)}{request.url.path}?{urlencode(query)}"
