"""Lists that come in pages: `limit`, `marker` and `KEY_links`, as Nova and Neutron do it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from stairlift.inventory.rows import listed, sensible
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Answer, CloudClient

LIMIT = 1000  # rows; Nova's own default maximum


def pages(
    client: CloudClient, service_type: str, path: str, key: str, *, microversion: str | None = None, **query: Any
) -> Answer:
    """All pages of a list, as the document "pages".

    The link to the next page is taken for its presence only: its address is what the server believes it is called,
    which need not be the endpoint that was asked.
    """
    bodies: list[Any] = []
    marker: dict[str, str] = {}
    while True:
        asked = urlencode({**query, "limit": LIMIT, **marker}, doseq=True)
        answer = client.get(service_type, f"{path}?{asked}", microversion)
        body = answer.documents["body"]
        bodies.append(body)
        with sensible(f"{service_type} {path}"):
            onward = _after(body, key)
        if onward is None:
            return Answer({"pages": bodies}, answer.cloud_time)
        if marker == {"marker": onward}:
            raise SourceTrouble(Trouble.MALFORMED, f"{service_type} {path} gives the same page again and again")
        marker = {"marker": onward}


def _after(body: Mapping[str, Any], key: str) -> str | None:
    """The last row's id, where a next page is announced."""
    rows, links = listed(body, key), body.get(f"{key}_links") or ()
    if not rows or not any(link["rel"] == "next" for link in links):
        return None
    return str(rows[-1]["id"])
