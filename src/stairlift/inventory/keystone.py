"""Keystone's catalog: what should answer, and what the version documents of the selected interface say."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stairlift.inventory.context import SourceContext
from stairlift.inventory.rows import Row, listed, optional, required, sensible
from stairlift.inventory.version_documents import WITHOUT_DOCUMENT, newest
from stairlift.knowledge.service_types import canonical
from stairlift.model.errors import SourceTrouble
from stairlift.model.observation import EndpointRecord, Fact
from stairlift.ports import Answer, CloudClient

_SIDE_BY_SIDE = 8


class KeystoneCatalogInventory:
    """The token's catalog, and for each of its services the version document behind the selected interface.

    A version document that cannot be had is left out and told under "notes": it is a hint, and the service's own
    source tells whether the service answers.
    """

    name = "keystone-catalog"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "KeystoneCatalogInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        catalog = self._client.catalog()
        with sensible(self.name):
            types = {canonical(required(row, "type")) for row in listed(catalog.documents, "catalog")}
        asked = sorted(types - WITHOUT_DOCUMENT)
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
            answers = tuple(threads.map(self._versions, asked))
        versions = {kind: a for kind, a in zip(asked, answers, strict=True) if not isinstance(a, str)}
        notes = [a for a in answers if isinstance(a, str)]
        return Answer({**catalog.documents, "versions": versions, "notes": notes}, catalog.cloud_time)

    def _versions(self, kind: str) -> Any:
        try:
            return self._client.versions(kind).documents["versions"]
        except SourceTrouble as trouble:
            return f"no version of {kind}: {trouble.brief}"

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            rows = listed(answer.documents, "catalog")
            endpoints = tuple(endpoint for row in rows for endpoint in _endpoints(row))
            versions = answer.documents["versions"].items()
            return endpoints + tuple(v for kind, entries in versions for v in newest(kind, entries))


def _endpoints(row: Row) -> Iterator[EndpointRecord]:
    kind = canonical(required(row, "type"))
    for endpoint in listed(row, "endpoints"):
        region = optional(endpoint, "region_id") or optional(endpoint, "region")
        yield EndpointRecord(kind, required(endpoint, "interface"), required(endpoint, "url"), region)
