"""Which hosts Masakari watches. It is configuration without heartbeats, but it matters: Masakari evacuates them."""

from stairlift.inventory.context import SourceContext
from stairlift.inventory.paging import Paging, by_fullness, pages
from stairlift.inventory.registry import ADMINISTRATOR, asked_as
from stairlift.inventory.rows import Row, paged, records, required, sensible
from stairlift.model.observation import Fact, NamedHost
from stairlift.ports import Answer, CloudClient

_TYPE = "instance-ha"
_PAGING = Paging(by_fullness, marker="uuid")


class MasakariHostInventory:
    """The hosts that Masakari watches: `GET /v1/segments` and `GET /v1/segments/UUID/hosts`."""

    name = "masakari-hosts"

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    @classmethod
    def from_spec(cls, _argument: str, context: SourceContext) -> "MasakariHostInventory":
        return cls(context.client())

    def fetch(self) -> Answer:
        with asked_as(ADMINISTRATOR):
            segments = pages(self._client, _TYPE, "/v1/segments", "segments", paging=_PAGING)
        with sensible(self.name):
            uuids = [required(row, "uuid") for row in paged(segments.documents["pages"], "segments")]
        hosts = [page for uuid in uuids for page in self._hosts(uuid)]
        return Answer({"segments": segments.documents["pages"], "pages": hosts}, segments.cloud_time)

    def _hosts(self, segment: str) -> list[Row]:
        answer = pages(self._client, _TYPE, f"/v1/segments/{segment}/hosts", "hosts", paging=_PAGING)
        found: list[Row] = answer.documents["pages"]
        return found

    def read(self, answer: Answer) -> tuple[Fact, ...]:
        with sensible(self.name):
            segments = answer.documents["segments"]
            names = {required(row, "uuid"): required(row, "name") for row in paged(segments, "segments")}
            rows = paged(answer.documents["pages"], "hosts") if names else iter(())
            return records(lambda row: _host(row, names), rows)


def _host(row: Row, segments: dict[str, str]) -> NamedHost:
    segment = required(row, "failover_segment_id")
    return NamedHost(
        by="masakari",
        host=required(row, "name"),
        group=segments.get(segment, segment),
        maintenance=row.get("on_maintenance") is True,
    )
