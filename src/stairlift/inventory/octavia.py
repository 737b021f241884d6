"""What Octavia runs on the data plane: virtual machines that balance the load, and the providers that make them.

Amphorae are guests, no services: they keep the image that they were made of until somebody fails them over. Octavia's
own daemons register nowhere.
"""

from collections import Counter

from stairlift.inventory.context import SourceContext
from stairlift.inventory.paging import pages
from stairlift.inventory.registry import asked_as
from stairlift.inventory.rows import listed, optional, paged, required, sensible
from stairlift.model.observation import Fact, Tally
from stairlift.ports import Answer, CloudClient

_TYPE = "load-balancer"
_IN_USE = "ALLOCATED"


class OctaviaInventory:
    """How many providers and amphorae there are: `GET /v2/lbaas/providers` and `GET /v2/octavia/amphorae`."""

    name = "octavia-amphorae"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "OctaviaInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        with asked_as("who has the role load-balancer_admin, or an administrator,"):
            providers = self._client.get(_TYPE, "/v2/lbaas/providers")
            amphorae = pages(self._client, _TYPE, "/v2/octavia/amphorae", "amphorae")
        documents = {"providers": providers.documents["body"], "pages": amphorae.documents["pages"]}
        return Answer(documents, amphorae.cloud_time)

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            providers = [required(row, "name") for row in listed(answer.documents["providers"], "providers")]
            amphorae = Counter(optional(row, "status") for row in paged(answer.documents["pages"], "amphorae"))
            return Tally("octavia", "provider", len(providers)), Tally("octavia", "amphora", amphorae[_IN_USE])
