"""Which hypervisors Blazar may reserve. It is configuration without heartbeats."""

from stairlift.inventory.context import SourceContext
from stairlift.inventory.registry import ADMINISTRATOR, asked_as
from stairlift.inventory.rows import Row, listed, records, required, sensible
from stairlift.model.observation import Fact, NamedHost
from stairlift.ports import Answer, CloudClient


class BlazarHostInventory:
    """The hypervisors that Blazar may reserve: `GET /v1/os-hosts`."""

    name = "blazar-hosts"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "BlazarHostInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        with asked_as(ADMINISTRATOR):
            return self._client.get("reservation", "/v1/os-hosts")

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            return records(_host, listed(answer.documents["body"], "hosts"))


def _host(row: Row) -> NamedHost:
    return NamedHost(by="blazar", host=required(row, "hypervisor_hostname"), group="reservable hosts")
