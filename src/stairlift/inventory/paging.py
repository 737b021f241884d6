"""Lists that come in pages: `limit` and `marker`, and a word from the service that there is more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from stairlift.inventory.rows import listed, sensible
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Answer, CloudClient

LIMIT = 1000  # rows; the default maximum of all services that page

#: Whether a page, whose rows are under a key, says that another one follows.
Announced = Callable[[Mapping[str, Any], str], bool]


def by_links(body: Mapping[str, Any], key: str) -> bool:
    """`KEY_links` with a link to the next page (Nova, Neutron, Octavia)."""
    return any(link["rel"] == "next" for link in body.get(f"{key}_links") or ())


def by_next(body: Mapping[str, Any], _: str) -> bool:
    """The address of the next page under `next` (Ironic, Watcher, Magnum, Zun)."""
    return bool(body.get("next"))


def by_inner_next(body: Mapping[str, Any], _: str) -> bool:
    """The address of the next page under `next` of `links` (Designate)."""
    return bool((body.get("links") or {}).get("next"))


def by_fullness(body: Mapping[str, Any], key: str) -> bool:
    """Nothing is announced, so a page that is full may be followed by another (Masakari)."""
    return len(listed(body, key)) >= LIMIT


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list is paged. `marker` is the field of a page's last row that asks for the next page."""

    announced: Announced = by_links
    marker: str = "id"


def pages(
    client: CloudClient,
    service_type: str,
    path: str,
    key: str,
    *,
    microversion: str | None = None,
    paging: Paging = Paging(),
    **query: Any,
) -> Answer:
    """All pages of a list, as the document "pages".

    The link to the next page is taken for its presence only: its address is what the server believes it is called,
    which need not be the endpoint that was asked.
    """
    bodies: list[Any] = []
    marker: dict[str, str] = {}
    given: set[str] = set()
    while True:
        asked = urlencode({**query, "limit": LIMIT, **marker}, doseq=True)
        answer = client.get(service_type, f"{path}?{asked}", microversion)
        body = answer.documents["body"]
        bodies.append(body)
        with sensible(f"{service_type} {path}"):
            onward = _after(body, key, paging)
        if onward is None:
            return Answer({"pages": bodies}, answer.cloud_time)
        if onward in given:
            raise SourceTrouble(Trouble.MALFORMED, f"{service_type} {path} gives the same page again and again")
        given.add(onward)
        marker = {"marker": onward}


def _after(body: Mapping[str, Any], key: str, paging: Paging) -> str | None:
    """The marker of the next page, where one is announced."""
    rows = listed(body, key)
    if not rows or not paging.announced(body, key):
        return None
    return str(rows[-1][paging.marker])
