"""Cinder's registry of its services; a host with several backends has a row for each (`host@backend`)."""

from stairlift.inventory.context import SourceContext
from stairlift.inventory.rows import listed, records, sensible, service
from stairlift.model.observation import Fact
from stairlift.ports import Answer, CloudClient


class CinderServiceInventory:
    """`GET /os-services` of block storage, under any of the names that catalogs have for it."""

    name = "cinder-services"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "CinderServiceInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        return self._client.get("block-storage", "/os-services")

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            return records(service, listed(answer.documents["body"], "services"))
