from datetime import UTC, datetime

import pytest

from stairlift.inventory.nova import NovaHypervisorInventory, NovaServiceInventory
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import HypervisorRecord, ServiceRecord
from stairlift.ports import Answer
from unit.inventory.answers import FORCED, HYPERVISOR, MITAKA, NOON, PARTIAL, SILENT, UP, GivenCloud, by_page


def versions(maximum):
    return {"compute": [{"id": "v2.1", "version": maximum}]}


class TestServices:
    def read(self, *rows):
        return NovaServiceInventory(GivenCloud()).read(Answer({"body": {"services": list(rows)}}))

    def test_a_row(self):
        assert self.read(UP) == (
            ServiceRecord(
                binary="nova-compute",
                host="cmp1",
                status="enabled",
                state="up",
                updated_at=datetime(2026, 11, 22, 11, 59, 53, 123456, tzinfo=UTC),
                zone="az1",
            ),
        )

    def test_forced_down_keeps_its_meaning(self):
        (record,) = self.read(FORCED)
        assert (record.status, record.state, record.forced_down, record.disabled_reason) == (
            "disabled",
            "down",
            True,
            "dead",
        )

    def test_a_row_of_an_unreachable_cell_is_unknown_and_not_down(self):
        (record,) = self.read(PARTIAL)
        assert (record.host, record.status, record.state, record.updated_at) == ("cmp9", "unknown", "unknown", None)

    def test_rows_of_mitaka(self):
        (record,) = self.read(MITAKA)
        assert (record.binary, record.zone) == ("nova-cert", "internal")

    def test_a_service_that_never_reported(self):
        assert self.read(SILENT)[0].updated_at is None

    @pytest.mark.parametrize("time", ["2026-11-22T12:00:00Z", "2026-11-22T14:00:00+02:00", "2026-11-22 12:00:00.000"])
    def test_times_are_utc_however_they_are_written(self, time):
        (record,) = self.read({**UP, "updated_at": time})
        assert record.updated_at == NOON
        assert record.updated_at.tzinfo is UTC

    def test_no_services_are_no_trouble(self):
        assert self.read() == ()

    @pytest.mark.parametrize(
        "change", [{"host": None}, {"host": ""}, {"binary": 5}, {"updated_at": "soon"}, {"updated_at": 5}]
    )
    def test_a_row_that_makes_no_sense(self, change):
        with pytest.raises(SourceTrouble) as caught:
            self.read({**UP, **change})
        assert caught.value.trouble is Trouble.MALFORMED
        assert "nova-services" in caught.value.brief

    @pytest.mark.parametrize(
        ("maximum", "asked"), [("2.100", "2.69"), ("2.69", "2.69"), ("2.25", "2.25"), ("2.7", "2.7")]
    )
    def test_asks_for_what_the_server_can(self, maximum, asked):
        cloud = GivenCloud({"/os-services": {"services": []}}, versions(maximum))
        assert NovaServiceInventory(cloud).fetch().cloud_time == NOON
        assert cloud.asked == [("compute", "/os-services", "", asked)]

    def test_asks_without_a_microversion_where_there_are_none(self):
        cloud = GivenCloud({"/os-services": {"services": []}}, {"compute": [{"id": "v2.0", "version": ""}]})
        NovaServiceInventory(cloud).fetch()
        assert cloud.asked[0][3] is None

    def test_a_version_document_that_makes_no_sense(self):
        with pytest.raises(SourceTrouble, match="makes no sense"):
            NovaServiceInventory(GivenCloud({}, {"compute": [{"version": "2." + "9" * 5000}]})).fetch()


class TestHypervisors:
    PATH = "/os-hypervisors/detail"

    def rows(self, count):
        return [{**HYPERVISOR, "id": f"id-{n}", "hypervisor_hostname": f"cmp{n}.example.com"} for n in range(count)]

    def test_the_pair_of_names(self):
        answer = Answer({"pages": [{"hypervisors": [HYPERVISOR]}]})
        assert NovaHypervisorInventory(GivenCloud()).read(answer) == (
            HypervisorRecord("cmp1.example.com", "cmp1", "up", "enabled", "192.0.2.21"),
        )

    def test_all_pages_are_read_and_no_link_is_followed(self):
        cloud = GivenCloud({self.PATH: by_page(self.rows(25), "hypervisors", 10)})
        source = NovaHypervisorInventory(cloud)
        facts = source.read(source.fetch())
        assert [fact.name for fact in facts] == [f"cmp{n}.example.com" for n in range(25)]
        assert [query for _, _, query, _ in cloud.asked] == [
            "limit=1000",
            "limit=1000&marker=id-9",
            "limit=1000&marker=id-19",
        ]
        assert {microversion for *_, microversion in cloud.asked} == {"2.53"}

    def test_before_pages_there_was_one(self):
        cloud = GivenCloud({self.PATH: {"hypervisors": self.rows(3)}}, versions("2.25"))
        source = NovaHypervisorInventory(cloud)
        assert len(source.read(source.fetch())) == 3
        assert cloud.asked == [("compute", self.PATH, "", "2.25")]

    def test_pages_without_end_are_malformed(self):
        page = {"hypervisors": self.rows(2), "hypervisors_links": [{"rel": "next", "href": "x"}]}
        with pytest.raises(SourceTrouble) as caught:
            NovaHypervisorInventory(GivenCloud({self.PATH: page})).fetch()
        assert caught.value.trouble is Trouble.MALFORMED

    def test_pages_in_a_circle_are_malformed(self):
        def body(query):
            first, second = self.rows(2)
            row = first if f"marker={second['id']}" in query else second
            return {"hypervisors": [row], "hypervisors_links": [{"rel": "next", "href": "x"}]}

        with pytest.raises(SourceTrouble) as caught:
            NovaHypervisorInventory(GivenCloud({self.PATH: body})).fetch()
        assert caught.value.trouble is Trouble.MALFORMED

    @pytest.mark.parametrize(
        "body", [[], {"hypervisors": {}}, {"hypervisors": [{}], "hypervisors_links": [{"rel": "next"}]}]
    )
    def test_pages_that_make_no_sense_are_malformed(self, body):
        with pytest.raises(SourceTrouble) as caught:
            NovaHypervisorInventory(GivenCloud({self.PATH: body})).fetch()
        assert caught.value.trouble is Trouble.MALFORMED
