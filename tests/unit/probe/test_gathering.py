"""Results become tallies; what came while this machine stood still is its own fault."""

from stairlift.model.availability import grade
from stairlift.probe.gathering import Gathering, Result


def result(due: float, end: float, state: str = "ok", target: str = "nova.servers") -> Result:
    return Result(target, state, due, end, 1000.0 + due, "HTTP 503" if state == "failed" else "")


def test_latency_counts_from_the_time_that_it_was_due():
    gathering = Gathering()
    gathering.add(result(1.0, 3.5))
    assert gathering.take(10.0).tallies["nova.servers"].ok == {grade(2500.0): 1}


def test_what_failed_is_told_one_by_one():
    gathering = Gathering()
    gathering.add(result(1.0, 1.5, "failed"))
    gathering.add(result(2.0, 2.5, "denied"))
    found = gathering.take(10.0)
    [failure] = found.failures
    assert (failure.at, failure.took, failure.why) == (1001.0, 0.5, "HTTP 503")
    assert found.tallies["nova.servers"].others == {"failed": 1, "denied": 1}


def test_what_came_later_waits():
    gathering = Gathering()
    gathering.add(result(1.0, 2.0))
    gathering.add(result(1.0, 5.0))
    assert sum(gathering.take(3.0).tallies["nova.servers"].ok.values()) == 1
    assert sum(gathering.take(6.0).tallies["nova.servers"].ok.values()) == 1
    assert gathering.take(9.0).tallies == {}


def test_whatever_was_under_way_while_it_stood_still_says_nothing():
    gathering = Gathering()
    gathering.add(result(1.0, 1.5))
    gathering.add(result(1.9, 8.0, "failed"))
    gathering.add(result(1.9, 8.0))
    gathering.stood_still(2.0, 8.0)
    gathering.add(result(7.0, 8.1, "failed"))
    gathering.add(result(8.2, 8.3, "failed"))
    found = gathering.take(9.0)
    tally = found.tallies["nova.servers"]
    assert (sum(tally.ok.values()), tally.others) == (1, {"own": 3, "failed": 1})
    assert [failure.at for failure in found.failures] == [1008.2]
