"""The availability strip: every bin says what users felt, and nothing is made up where nobody knows."""

from hypothesis import given
from hypothesis import strategies as st

from meters import BACKEND, GLANCE, NOVA, answers, failure, seconds, session
from stairlift.model.availability import Bucket, Tally
from stairlift.report import strip as strips
from stairlift.report.strip import Gathered, strip_document


def gathered(*pieces) -> Gathered:
    found = Gathered()
    for piece in [session(baseline=5), *seconds(0, 5), *pieces]:
        found.hear(piece)
    return found


def drawn(found: Gathered, begin: float, end: float, bins: int, until: float | None = None):
    strip = found.strip(begin, end, bins, found.end if until is None else until)
    return {lane.api: lane for lane in strip.lanes}


def states(lane) -> list[str]:
    return [one.state for one in lane.bins]


def test_each_bin_says_what_came_back_in_it():
    lanes = drawn(gathered(*seconds(5, 10), *failure(12.0), *seconds(13, 20)), 0.0, 20.0, 4)
    assert states(lanes["nova"]) == ["ok", "ok", "failed", "ok"]
    assert states(lanes["glance"]) == ["ok", "ok", "ok", "ok"]
    third = lanes["nova"].bins[2]
    assert (third.ok, third.failed, third.no_data) == (4, 1, 0.0)


def test_an_outage_is_seen_from_its_first_failure_to_its_last():
    [outage] = drawn(gathered(*failure(10.0), *failure(11.0), *seconds(12, 20)), 0.0, 20.0, 4)["nova"].outages
    assert (outage.first, outage.last, outage.recovered, outage.failed) == (10.0, 11.0, 12.0, 2)
    assert drawn(gathered(*failure(10.0), *seconds(12, 20)), 15.0, 20.0, 4)["nova"].outages == ()


def test_slow_is_what_takes_much_longer_than_before():
    lanes = drawn(gathered(*seconds(5, 10, NOVA, took=300.0), *seconds(10, 15, NOVA, took=60.0)), 0.0, 15.0, 3)
    assert states(lanes["nova"]) == ["ok", "slow", "ok"], "sixty is six times as long, and nobody feels it"
    assert lanes["nova"].bins[1].slow == 10


def test_nobody_knows_is_not_well():
    own = [Bucket(float(at), 1.0, {NOVA.id: Tally({}, {"own": 20})}) for at in range(20, 50)]
    lanes = drawn(gathered(*seconds(5, 20), *own, *seconds(50, 60)), 0.0, 60.0, 6)
    assert states(lanes["nova"]) == ["ok", "ok", "no-data", "no-data", "no-data", "ok"]
    assert lanes["nova"].bins[3].no_data == 10.0


def test_between_two_answers_nothing_changes():
    found = gathered(*[answers(float(at)) for at in range(5, 40, 6)])
    assert set(states(drawn(found, 0.0, 36.0, 36)["nova"])) == {"ok"}


def test_where_nobody_asked_it_says_so():
    found = gathered(*seconds(5, 10), session(at=100.0), *seconds(100, 110))
    assert states(drawn(found, -10.0, 120.0, 13)["nova"]) == [
        "unmeasured",
        "ok",
        *["unmeasured"] * 9,
        "ok",
        "unmeasured",
    ]


def test_a_meter_that_fell_silent_during_the_run_leaves_no_data():
    found = gathered(*seconds(5, 10))
    assert states(drawn(found, 0.0, 40.0, 4, until=40.0)["nova"]) == ["ok", "no-data", "no-data", "no-data"]
    assert states(drawn(found, 0.0, 20.0, 4, until=18.0)["nova"])[:2] == ["ok", "ok"]


def test_backends_are_nobodys_api():
    found = gathered(*failure(10.0, BACKEND), *seconds(11, 20, GLANCE))
    assert list(drawn(found, 0.0, 20.0, 4)) == ["glance", "nova"]
    assert drawn(found, 0.0, 20.0, 4)["nova"].outages == ()


def test_the_document_is_what_the_api_promises():
    document = strip_document(gathered(*failure(6.0), *seconds(7, 10)).strip(0.0, 10.0, 2, 10.0))
    assert (document["from"], document["to"], document["baseline"]) == (0.0, 10.0, [0.0, 5.0])
    assert [(one["ok"], one["failed"], one["no_data"]) for one in document["apis"]["nova"]] == [(10, 0, 0), (6, 1, 0)]


def test_long_runs_take_no_more_room(monkeypatch):
    monkeypatch.setattr(strips, "_GRAINS", 64)
    found = gathered(*seconds(5, 1000))
    lane = drawn(found, 0.0, 1000.0, 10)["nova"]
    assert len(found._apis["nova"].grains) <= 64
    assert sum(one.ok for one in lane.bins) == 2000, "nothing is lost on the way"
    assert len(drawn(found, 0.0, 1000.0, 1000)["nova"].bins) <= 64


@given(
    st.lists(st.sampled_from(["ok", "failed", "own", "nothing"]), min_size=1, max_size=120),
    st.integers(1, 50),
)
def test_every_answer_is_in_one_bin(what, bins):
    pieces = []
    for at, one in enumerate(what, 5):
        if one == "failed":
            pieces += failure(float(at))
        elif one != "nothing":
            pieces.append(
                answers(float(at)) if one == "ok" else Bucket(float(at), 1.0, {NOVA.id: Tally({}, {"own": 1})})
            )
    found = gathered(*pieces)
    lane = drawn(found, 0.0, found.end, bins)["nova"]
    assert sum(one.ok for one in lane.bins) == 10 + 2 * what.count("ok")
    assert sum(one.failed for one in lane.bins) == what.count("failed")
    assert lane.bins[0].begin == 0.0
    assert lane.bins[-1].end == found.end
    assert all(one.end == after.begin for one, after in zip(lane.bins, lane.bins[1:], strict=False))
