"""Nova's registries: its services, and the hypervisors with their authoritative pair of names."""

from stairlift.inventory.context import SourceContext
from stairlift.inventory.microversion import Pair, at_most, highest
from stairlift.inventory.paging import pages
from stairlift.inventory.rows import Row, listed, optional, paged, records, required, sensible, service, state, status
from stairlift.model.observation import Fact, HypervisorRecord
from stairlift.ports import Answer, CloudClient

#: From here on an unreachable cell gives partial rows instead of none (Nova REST API history, 2.69).
SERVICES = (2, 69)
#: UUIDs, and pages since 2.33; nothing that came later adds what is needed (Nova REST API history).
HYPERVISORS = (2, 53)
PAGED = (2, 33)


class NovaServiceInventory:
    """`GET /os-services`: conductors, schedulers, computes and their heartbeats."""

    name = "nova-services"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "NovaServiceInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        return self._client.get("compute", "/os-services", at_most(SERVICES, _offered(self._client)))

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            return records(service, listed(answer.documents["body"], "services"))


class NovaHypervisorInventory:
    """`GET /os-hypervisors/detail`: which hypervisor belongs to which nova-compute."""

    name = "nova-hypervisors"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "NovaHypervisorInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        offered, path = _offered(self._client), "/os-hypervisors/detail"
        chosen = at_most(HYPERVISORS, offered)
        if offered and offered >= PAGED:
            return pages(self._client, "compute", path, "hypervisors", microversion=chosen)
        whole = self._client.get("compute", path, chosen)
        return Answer({"pages": [whole.documents["body"]]}, whole.cloud_time)

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            return records(_hypervisor, paged(answer.documents["pages"], "hypervisors"))


def _offered(client: CloudClient) -> Pair | None:
    """The highest microversion of the API that answers just now; in the middle of an upgrade it may change."""
    answer = client.versions("compute")
    with sensible("nova's version document"):
        return highest(answer.documents["versions"])


def _hypervisor(row: Row) -> HypervisorRecord:
    return HypervisorRecord(
        name=required(row, "hypervisor_hostname"),
        service_host=required(row["service"], "host"),
        state=state(row),
        status=status(row),
        host_ip=optional(row, "host_ip"),
    )
