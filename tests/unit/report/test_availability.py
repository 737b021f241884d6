"""The figures of a run: per API, per backend, per step, against the time before."""

from datetime import timedelta

from meters import BACKEND, GLANCE, NOVA, answers, failure, seconds, session
from stairlift.model.availability import Bucket, Tally, Totals, Window
from stairlift.model.run import Attempt, AttemptId, StepState
from stairlift.report.availability import measured
from stairlift.report.availability_words import (
    availability_document,
    availability_lines,
    figure_rows,
    meter_line,
    step_rows,
)
from stairlift.report.flights import windows
from stairlift.testing.clouds import NOON
from standings import a_status

BEFORE = [session(baseline=5), *seconds(0, 5)]


def found(*pieces, flights=()):
    return measured([*BEFORE, *pieces], flights)


def api(result, name: str):
    return next(one for one in (*result.apis, *result.backends) if one.name == name)


def test_nothing_is_told_of_a_meter_that_has_not_begun():
    assert measured([], ()) is None


def test_what_came_before_is_kept_apart():
    result = found(*seconds(5, 15))
    assert result.baseline == (0.0, 5.0)
    assert api(result, "nova").requests == 20
    assert result.requests == 40, "two APIs; nobody feels a backend"


def test_downtime_outages_and_recovery():
    result = found(*failure(10.0), *failure(11.0), *seconds(12, 40), *failure(40.0), *seconds(41, 45))
    nova = api(result, "nova")
    assert (nova.failed, len(nova.outages), nova.downtime) == (3, 2, 1.0)
    assert nova.mttr == (12.0 - 10.0 + 41.0 - 40.0) / 2
    assert api(result, "glance").outages == ()


def test_latency_is_held_against_the_time_before():
    nova = api(found(*seconds(5, 15, took=30.0)), "nova")
    absolute, relative = nova.degradation(0.95)
    assert 19 < absolute < 22
    assert 2.8 < relative < 3.2


def test_a_failure_is_charged_to_the_steps_in_flight():
    flights = [Window("first", 8, 12), Window("second", 30, 40)]
    pieces = [*seconds(5, 10), *failure(10.0), *failure(20.0, GLANCE), *failure(29.0, took=5.0), *seconds(35, 50)]
    by_step = {one.step: one.failed for one in found(*pieces, flights=flights).steps}
    assert by_step == {"first": {"nova": 1}, "": {"glance": 1}, "second": {"nova": 1}}, "the last one timed out in it"


def test_a_backend_is_shown_and_charged_to_nobody():
    result = found(*failure(10.0, BACKEND), *seconds(11, 15), flights=[Window("step", 0, 20)])
    assert api(result, "nova@ctl1").failed == 1
    assert result.failed == 0
    assert [one.failed for one in result.steps] == [{}]


def test_silence_and_faults_of_our_own_are_states_of_their_own():
    own = [Bucket(float(at), 1.0, {NOVA.id: Tally({}, {"own": 20})}) for at in range(10, 40)]
    nova = api(found(*seconds(5, 10), *own, *seconds(40, 45)), "nova")
    assert (nova.failed, nova.numbers["own"], nova.downtime) == (0, 600, 0)
    assert nova.no_data == 30.0
    assert "600 own, no data for 30s" in figure_rows([nova])[0][-1]


def test_an_outage_whose_end_nobody_saw_is_in_no_mean():
    own = [Bucket(float(at), 1.0, {NOVA.id: Tally({}, {"own": 20})}) for at in range(11, 40)]
    seen = [*seconds(5, 10), *failure(10.0), *own, *seconds(40, 45), *failure(50.0), *seconds(51, 55)]
    nova = api(found(*seen), "nova")
    assert [outage.recovered for outage in nova.outages] == [None, 51.0]
    assert nova.mttr == 1.0


def test_what_failed_before_says_so():
    pieces = [session(), *failure(1.0), *seconds(2, 9)]
    assert figure_rows([api(measured(pieces, ()), "nova")])[0][-1] == "failed before already"


def test_failures_that_are_only_counted_are_an_outage_all_the_same():
    unlisted = [Bucket(at, 10.0, {NOVA.id: Tally({}, {"failed": 5})}, {NOVA.id: 5}) for at in (10.0, 20.0)]
    [outage] = api(found(*unlisted), "nova").outages
    assert (outage.downtime, outage.failed) == (20.0, 10)


def test_the_document_has_it_all():
    result = found(*failure(10.0), *seconds(11, 20), flights=[Window("step", 8, 12)])
    document = availability_document("r1", result)
    assert document["failed"] == 1
    assert document["apis"][0]["outages"][0]["recovered"] is not None
    assert document["steps"] == [
        {"step": "step", "requests": 9, "failed": {"nova": 1}, "p99": document["steps"][0]["p99"]},
        {"step": None, "requests": 28, "failed": {}, "p99": document["steps"][1]["p99"]},
    ]
    assert document["failures"][0]["target"] == "nova.servers"
    assert step_rows(result.steps) == [("step", "9", "1", "10ms", "nova 1")]
    assert "37 requests of users since then, 1 failed" in availability_lines(result)


def test_a_full_disk_is_told():
    lost = answers(6.0)
    result = found(Bucket(lost.at, lost.span, lost.tallies, {}, 7))
    assert availability_lines(result)[-1] == "7 lines could not be written: the disk was full"


def test_a_step_is_in_flight_until_its_services_have_reported():
    attempts = [
        Attempt(AttemptId("r", "a", 1), NOON, NOON + timedelta(seconds=10), "failed"),
        Attempt(AttemptId("r", "a", 2), NOON + timedelta(seconds=20), NOON + timedelta(seconds=30), "done"),
        Attempt(AttemptId("r", "b", 1), NOON),
    ]
    statuses = [
        a_status("a", StepState.DONE, attempt=2, ended_at=NOON + timedelta(seconds=50)),
        a_status("b", StepState.RUNNING),
    ]
    noon = NOON.timestamp()
    assert windows(attempts, statuses, NOON + timedelta(seconds=99)) == (
        Window("a", noon, noon + 10),
        Window("a", noon + 20, noon + 50),
        Window("b", noon, noon + 99),
    )


def test_the_status_has_a_line_about_it():
    totals = Totals(NOON.timestamp() - 40, {"nova": 1200, "glance": 34}, {"nova": 0, "glance": 0})
    assert meter_line(totals, "r1", NOON, under_way=False) == "  meter     1,234 requests of users, none failed"
    assert meter_line(totals, "r1", NOON, under_way=True).endswith("; silent for 40s")
    failed = Totals(NOON.timestamp(), {"nova": 10}, {"nova": 3})
    said = "  meter     10 requests of users, 3 failed (nova 3); see: stairlift availability r1"
    assert meter_line(failed, "r1", NOON, under_way=True) == said
