"""Addresses of the page that is drawn with something else in them: what is shown is in the address, and stays there."""

from collections.abc import Callable
from typing import Any

from fastapi import Request


def links(request: Request, *forgotten: str) -> Callable[..., str]:
    """The address of this page with something changed, relative to it; what is None is left out.

    `page` begins anew unless it is given, and so does what is `forgotten`. A name may end with `_`.
    """

    def href(**changes: Any) -> str:
        given = {name.rstrip("_"): value for name, value in changes.items()}
        gone = [name for name in (*given, "page", *forgotten) if given.get(name) is None]
        kept = {name: value for name, value in given.items() if value is not None}
        return f"?{request.url.remove_query_params(gone).include_query_params(**kept).query}"

    return href
