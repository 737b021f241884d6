"""How pages are drawn: one set of templates, values escaped, nothing missing, the same for a page and for its parts."""

import re
import secrets
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from stairlift import __version__
from stairlift.model.access import Caller
from stairlift.report.text import count, duration, span, stamp
from stairlift.web.pages.assets import address

#: Asks for the regions alone: the script draws them anew in the page that it has.
PART = "X-Part"
#: Stands where the token of a browser's session belongs: what was drawn once is sent to many.
_TOKEN = f"csrf-{secrets.token_hex(16)}"
#: What refusals begin with, where nobody sees which button was pressed.
_CANNOT = re.compile(r"^cannot [\w-]+ (run|step) \S+( after \w+)?: ")
#: A page is of its moment, and of whoever asked for it.
_HEADERS = {"Cache-Control": "no-store", "Vary": f"{PART}, Cookie, Authorization"}


def draw(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page, or its regions alone where a script asks for them. KeyError-like UndefinedError for a missing value."""
    return sent(request, drawn(request, template, **values), status=status)


def drawn(request: Request, template: str, **values: Any) -> str:
    """The text of a page, to be kept and `sent` to whoever may see the same."""
    caller = values.pop("caller", None)
    return (
        environment()
        .get_template(template)
        .render(part=is_part(request), here=request.url.path, caller=caller, me=caller, now=datetime.now(UTC), **values)
    )


def sent(request: Request, text: str, *, status: int = 200) -> Response:
    """What was drawn, with the token of the browser that asks now."""
    token = str(escape(getattr(request.state, "csrf", "")))
    return HTMLResponse(text.replace(_TOKEN, token), status, headers=_HEADERS)


def is_part(request: Request) -> bool:
    """Whether a script asks for the regions of a page that it shows already."""
    return request.headers.get(PART) == "1"


def seen_by(request: Request, caller: Caller) -> Hashable:
    """What tells drawings of a page apart. Its regions are the same for all who may do the same."""
    part = is_part(request)
    return request.url.path, request.url.query, part, "" if part else caller.name, caller.rights


@cache
def environment() -> Environment:
    """The templates, with what they say alike."""
    found = Environment(
        loader=PackageLoader("stairlift.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= _FILTERS
    found.globals |= {
        "static": address,
        "version": __version__,
        "csrf": Markup(f'<input type="hidden" name="csrf" value="{_TOKEN}">'),  # noqa: S704  # letters and digits
        "count": count,
    }
    return found


def _when(at: datetime | None) -> Markup:
    """A time of day in UTC; a script adds the reader's own."""
    return _time(at, f"{at:%H:%M}Z" if at else "")


def _day(at: datetime | None) -> Markup:
    """Day and time in UTC."""
    return _time(at, f"{at:%Y-%m-%d %H:%M}Z" if at else "")


def _ago(at: datetime | None, now: datetime) -> Markup:
    """How long ago; a script lets it go on."""
    return _time(at, f"{duration(now - at)} ago" if at else "", " data-ago")


def _since(at: datetime | None, now: datetime) -> Markup:
    """A length of time that goes on."""
    return _time(at, duration(now - at) if at else "", " data-since")


def _time(at: datetime | None, text: str, more: str = "") -> Markup:
    if at is None:
        return Markup("")
    return Markup('<time datetime="{}"{}>{}</time>').format(stamp(at), Markup(more), text)  # noqa: S704  # our own words


def _lasting(length: timedelta | None) -> str:
    return duration(length) if length is not None else ""


def _brief(why_not: str) -> str:
    """Why something cannot be told, beside the button that says what: without "cannot pause run 7:"."""
    return _CANNOT.sub("", why_not)


_FILTERS: dict[str, Callable[..., Any]] = {
    "when": _when,
    "day": _day,
    "ago": _ago,
    "since": _since,
    "lasting": _lasting,
    "brief": _brief,
    "span": span,
}
