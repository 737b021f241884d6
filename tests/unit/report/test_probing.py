"""Numbers of a meter that only grow say what the whole report says of the same file."""

from hypothesis import given
from hypothesis import strategies as st

from meters import BACKEND, GLANCE, NOVA, answers, failure, seconds, session
from stairlift.model.availability import Bucket, Failure, Tally
from stairlift.report.availability import measured
from stairlift.report.probing import Bins, Probing


def probed(*pieces) -> Probing:
    found = Probing()
    for piece in pieces:
        found.hear(piece)
    return found


def test_what_answers_is_up_and_what_fails_alone_is_down():
    found = probed(session(), *seconds(0, 3), *failure(3.0)).apis
    assert (found["nova"].up, found["glance"].up) == (False, True)
    assert found["nova"].at == 4.0


def test_a_single_failure_among_answers_does_not_take_it_down():
    found = probed(session(), Failure(0.2, NOVA.id, 0.1, "HTTP 503"), answers(0.0, failed=1)).apis["nova"]
    assert found.up
    assert found.unavailable == 0


def test_who_is_told_to_come_later_was_answered():
    assert probed(session(), Bucket(0.0, 1.0, {NOVA.id: Tally({}, {"throttled": 3})})).apis["nova"].up


def test_where_nothing_is_known_nothing_is_said():
    assert probed(session(), Bucket(0.0, 1.0, {NOVA.id: Tally({}, {"own": 3})})).apis["nova"].up is None


def test_backends_are_not_what_users_feel():
    assert set(probed(session(), answers(0.0, BACKEND), answers(1.0, GLANCE)).apis) == {"glance"}


def test_latencies_are_counted_in_seconds():
    took = probed(session(), answers(0.0, NOVA, took=40.0)).apis["nova"].took
    assert took.number == 2
    assert dict(took.cumulated())[0.025] == 0
    assert dict(took.cumulated())[0.05] == 2
    assert 0.07 < took.seconds < 0.09


def test_failures_that_are_only_counted_cost_their_stretch_of_time():
    lost = Bucket(10.0, 10.0, {NOVA.id: Tally({}, {"failed": 50})}, unlisted={NOVA.id: 50})
    assert probed(session(), *seconds(0, 5), lost).apis["nova"].unavailable >= 3.0


@given(st.lists(st.sampled_from(["ok", "failed", "both", "nothing"]), max_size=150))
def test_what_was_unavailable_is_what_the_report_says(course):
    pieces = [session(baseline=5.0), *seconds(0, 10, NOVA)]
    for second, what in enumerate(course, 10):
        at = float(second)
        others = {"failed": 1} if what in ("failed", "both") else {}
        ok = {0: 1} if what in ("ok", "both") else {}
        if others:
            pieces.append(Failure(at + 0.5, NOVA.id, 0.1, "HTTP 503"))
        if ok or others:
            pieces.append(Bucket(at, 1.0, {NOVA.id: Tally(ok, others)}))
    report = measured(pieces, [])
    downtime = sum(one.downtime for one in report.apis if one.name == "nova")
    found = probed(*pieces).apis
    assert abs(found["nova"].unavailable - downtime) < 1e-6


@given(st.lists(st.floats(0, 100), max_size=50))
def test_a_histogram_counts_everything_once(lengths):
    bins = Bins((1.0, 10.0, 50.0))
    for length in lengths:
        bins.add(length)
    assert dict(bins.cumulated()) == {bound: sum(one <= bound for one in lengths) for bound in (1.0, 10.0, 50.0)}
    assert bins.number == len(lengths)
