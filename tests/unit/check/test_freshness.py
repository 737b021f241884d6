"""A service lives when its record is up and newer than the restart; every doubt counts against the record."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import seen
from stairlift.check.freshness import dead_rows, presumed, reporting, stale
from stairlift.model.observation import Observation, ServiceRecord
from stairlift.testing.clouds import NOON, a_cloud

SECOND = timedelta(seconds=1)
COMPUTE = ("nova-compute", "cmp1")


def a_record(age=0.0, *, host="cmp1", state="up", binary="nova-compute", forced_down=False):
    at = None if age is None else NOON - timedelta(seconds=age)
    return ServiceRecord(binary, host, "enabled", state, at, forced_down=forced_down)


def an_answer(*records, asked_at=NOON, cloud_time=None):
    return Observation("nova-services", asked_at, records, cloud_time=cloud_time)


def why(*records, since=NOON, names=None, ignored=frozenset(), **given):
    return stale([COMPUTE], since, [an_answer(*records, **given)], names or {}, ignored)


def test_a_record_that_is_newer_than_the_restart_is_proof():
    assert why(a_record(0)) == ()


def test_a_record_of_the_old_process_is_none_though_it_says_up():
    assert why(a_record(1)) == ("nova-compute on cmp1 is up and reported last at 11:59:59 UTC",)


@pytest.mark.parametrize("state", ["down", "unknown"])
def test_a_new_record_that_is_not_up_is_no_proof(state):
    [told] = why(a_record(0, state=state))
    assert f"is {state}" in told


def test_no_record_is_no_proof():
    assert why() == ("nova-compute on cmp1 has no record",)
    assert why(a_record(0, host="cmp2")) == ("nova-compute on cmp1 has no record",)


def test_a_service_that_never_reported():
    [told] = why(a_record(None, state="down"))
    assert told.endswith("reported never")


def test_a_service_that_somebody_forced_down_says_so():
    [told] = why(a_record(0, state="down", forced_down=True))
    assert told == "nova-compute on cmp1 is forced down"


def test_the_registries_name_for_a_host_leads_to_ours():
    assert why(a_record(0, host="cmp1.example.com"), names={"cmp1.example.com": "cmp1"}) == ()


def test_every_backend_of_a_volume_service_must_be_heard_of():
    rows = [a_record(0, host="stor1@a", binary="cinder-volume"), a_record(90, host="stor1@b", binary="cinder-volume")]
    [told] = stale([("cinder-volume", "stor1")], NOON, [an_answer(*rows)], {})
    assert "stor1@b" in told


def test_a_backend_that_was_dead_before_need_not_come_back():
    rows = [a_record(0, host="stor1@a", binary="cinder-volume"), a_record(9e4, host="stor1@b", binary="cinder-volume")]
    ignored = frozenset({("cinder-volume", "stor1@b")})
    assert stale([("cinder-volume", "stor1")], NOON, [an_answer(*rows)], {}, ignored) == ()


def test_nothing_asked_nothing_stale():
    assert stale([], NOON, [], {}) == ()


class TestClocks:
    """`since` is a time on our clock, records carry the cloud's."""

    def test_a_cloud_that_is_behind_us(self):
        behind = NOON - 40 * SECOND
        assert why(a_record(39), cloud_time=behind) == ()
        assert why(a_record(41), cloud_time=behind) != ()

    def test_a_cloud_that_is_ahead_of_us(self):
        ahead = NOON + 40 * SECOND
        assert why(a_record(0), cloud_time=ahead) != ()
        assert why(a_record(-41), cloud_time=ahead) == ()

    def test_without_a_date_the_clocks_are_taken_for_equal(self):
        assert why(a_record(0), asked_at=NOON + 10 * SECOND, cloud_time=None) == ()

    @given(
        skew=st.floats(-300, 300),
        latency=st.floats(0, 20),
        reported=st.floats(-60, -0.001),
    )
    def test_a_report_from_before_the_restart_is_never_taken_for_a_later_one(self, skew, latency, reported):
        """Whatever the clocks, the time that an answer takes, and the fractions that dates and records leave out."""
        asked_at = NOON + 5 * SECOND
        cloud_time = (asked_at + (latency + skew) * SECOND).replace(microsecond=0)
        record = ServiceRecord(
            "nova-compute", "cmp1", "enabled", "up", (NOON + (reported + skew) * SECOND).replace(microsecond=0)
        )
        assert stale([COMPUTE], NOON, [an_answer(record, asked_at=asked_at, cloud_time=cloud_time)], {}) != ()

    @given(skew=st.floats(-300, 300), latency=st.floats(0, 20))
    def test_a_service_that_lives_is_believed_after_a_heartbeat_or_two(self, skew, latency):
        asked_at = NOON + 60 * SECOND
        cloud_time = (asked_at + (latency + skew) * SECOND).replace(microsecond=0)
        record = a_record(-(latency + skew + 30))
        assert stale([COMPUTE], NOON, [an_answer(record, asked_at=asked_at, cloud_time=cloud_time)], {}) == ()


class TestWhoIsExpected:
    def test_services_with_a_record_and_the_registry_that_has_it(self):
        found = reporting(seen(a_cloud().placed("cmp1", "nova-compute")).cloud.services)
        assert found["nova-compute", "cmp1"] == {"nova-services"}
        assert found["neutron-openvswitch-agent", "cmp1"] == {"neutron-agents"}

    def test_nobody_expects_a_service_that_only_an_inventory_knows(self):
        found = reporting(seen(a_cloud().placed("cmp9", "nova-compute")).cloud.services)
        assert ("nova-api", "ctl1") not in found
        assert ("nova-compute", "cmp9") not in found

    def test_of_a_silent_registry_those_are_expected_whose_program_reports_to_it(self):
        planned = [("nova-compute", "cmp1"), ("nova-api", "ctl1"), ("neutron-l3-agent", "net1"), ("strange", "ctl1")]
        assert presumed(planned, {"nova-services"}) == {("nova-compute", "cmp1"): {"nova-services"}}
        assert presumed(planned, set()) == {}

    def test_rows_that_are_dead_beside_living_ones(self):
        built = a_cloud().storage("stor1", backends=("rbd",)).row("cinder-volume", "stor1@old", state="down")
        assert dead_rows(seen(built).cloud.services) == {("cinder-volume", "stor1@old")}

    def test_a_service_that_is_down_altogether_must_come_back(self):
        built = a_cloud().row("nova-compute", "cmp9", state="down")
        assert dead_rows(seen(built).cloud.services) == frozenset()


def of_heat(*ages):
    """Rows of worker processes, up to twice the report interval old."""
    rows = tuple(a_record(age, binary="heat-engine", host="ctl1") for age in ages)
    return stale([("heat-engine", "ctl1")], NOON, [Observation("heat-services", NOON, rows)], {}, frozenset())


def test_of_rows_of_processes_the_newest_counts():
    """The rows of the processes that the restart ended stay, and look up for two minutes."""
    assert of_heat(90, 0, 60) == ()
    [told] = of_heat(90, 1, 60)
    assert "11:59:59" in told
    assert len(of_heat(None, None)) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("manila-share", "manila-services"),
        ("heat-engine", "heat-services"),
        ("ironic-conductor", "ironic-conductors"),
        ("designate-worker", "designate-services"),
        ("magnum-conductor", "magnum-services"),
        ("watcher-applier", "watcher-services"),
        ("zun-compute", "zun-services"),
    ],
)
def test_every_registry_is_asked_for_its_own(name, source):
    built = a_cloud().reporting("ctl1", name)
    assert reporting(seen(built).cloud.services)[name, "ctl1"] == {source}
    assert presumed([(name, "ctl1")], {source}) == {(name, "ctl1"): {source}}
