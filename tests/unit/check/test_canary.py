"""What users do, tried behind the last step: turns of the write probe, from what its meter writes."""

from dataclasses import replace

import pytest

from meters import NOVA, answers, failure, session
from stairlift.check.canary import Functional, Turns
from stairlift.drive.checks import judged
from stairlift.model.availability import Bucket, Canary, Failure, Tally, Target, grade
from stairlift.testing.clouds import a_cloud
from stairlift.testing.scenes import scene_of

PORT = Target("neutron.port", "neutron", "write", "a port, made and removed")
BOOT = Target("nova.boot", "nova", "write", "a server, until it is ACTIVE")
DELETE = Target("nova.delete", "nova", "write", "a server, until it is gone")
WRITES = (PORT, BOOT, DELETE)
LAST = 100.0
WELL = {target.id: "" for target in WRITES}


def ok(at: float, target: Target, seconds: float = 0.2) -> Bucket:
    return Bucket(at, 1.0, {target.id: Tally({grade(seconds * 1000): 1})})


def other(at: float, target: Target, state: str = "own") -> Bucket:
    return Bucket(at, 1.0, {target.id: Tally({}, {state: 1})})


def a_turn(at: float, took: float = 10.0) -> list:
    return [ok(at, PORT), ok(at + took, BOOT, took), ok(at + took + 3, DELETE, 3.0)]


def heard(*pieces, targets=(NOVA, *WRITES)) -> Canary:
    turns = Turns()
    for piece in (session(targets=targets), *pieces):
        turns.hear(piece)
    return turns.since(LAST)


def test_a_turn_behind_the_last_step_tells():
    found = heard(*a_turn(40.0), answers(99.0, NOVA), *a_turn(101.0))
    assert (found.since, found.came, found.over) == (LAST, WELL, True)


def test_one_that_began_before_does_not_however_late_it_ends():
    """Its server was booted while something of the old release still ran."""
    found = heard(*a_turn(95.0, took=30.0))
    assert (found.came, found.over) == ({}, False)
    assert found.missing == WRITES


def test_neither_does_one_whose_first_request_was_under_way():
    assert not heard(ok(101.0, PORT, seconds=4.0), *a_turn(101.5)[1:]).over


def test_what_ends_in_the_line_in_which_the_next_begins_is_of_the_one_before():
    """A turn that takes longer than `every` is followed by the next at once; of a large file lines are minutes."""
    end = Bucket(101.0, 1.0, {target.id: Tally({grade(200): 1}) for target in (PORT, DELETE)})
    slow = (*a_turn(40.0, took=58.0)[:2], end)
    assert heard(*slow).missing == (BOOT, DELETE)
    assert heard(*slow, ok(112.0, BOOT, 10.0)).missing == (DELETE,)
    assert heard(*slow, ok(112.0, BOOT, 10.0), ok(115.0, DELETE, 3.0)).over


def test_what_the_api_refused_is_over_at_once_in_its_words():
    found = heard(ok(101.0, PORT), *failure(102.0, BOOT, why="HTTP 500"))
    assert (found.over, found.failed, found.came[BOOT.id]) == (True, (BOOT,), "HTTP 500")


def test_a_failure_of_before_is_nobodys_now():
    assert heard(*failure(98.0, PORT, took=5.0), *a_turn(101.0)[1:]).came == {}


def test_a_turn_that_tells_nothing_is_followed_by_another():
    """The machine that measures stood still, or its credentials were refused."""
    blind = [ok(101.0, PORT), other(110.0, BOOT), ok(113.0, DELETE)]
    assert heard(*blind).missing == (BOOT,)
    assert heard(*blind, *a_turn(161.0)).came == WELL


def test_what_another_process_was_at_has_come_to_nothing():
    found = heard(ok(101.0, PORT), session(105.0, targets=(NOVA, *WRITES)), ok(112.0, BOOT), ok(113.0, DELETE))
    assert found.missing == (BOOT, DELETE)


def test_ports_alone_are_a_turn_where_nothing_else_is_made():
    assert heard(ok(101.0, PORT), targets=(NOVA, PORT)).over


def test_a_failure_that_nobody_wrote_down_is_one():
    found = heard(ok(101.0, PORT), other(110.0, BOOT, "failed"))
    assert found.came[BOOT.id] == "nobody wrote down why"


def test_nothing_at_all_is_not_over():
    assert not heard().over
    assert not heard(targets=(NOVA,)).over
    assert not heard(Failure(101.0, NOVA.id, 1.0, "HTTP 503")).over


# The check


def look(canary: Canary):
    scene = replace(scene_of(a_cloud()), canary=canary)
    assert Functional().applies(scene)
    return judged(Functional(), scene, {})


def test_where_nothing_is_written_only_a_person_knows():
    assert not Functional().applies(scene_of(a_cloud()))


@pytest.mark.parametrize(
    ("came", "subjects", "unknown"),
    [
        (WELL, [], ""),
        ({PORT.id: "", BOOT.id: "HTTP 500"}, [BOOT.id], ""),
        ({PORT.id: ""}, [], "nobody has seen a server, until it is ACTIVE; a server, until it is gone"),
    ],
)
def test_it_says_what_was_done_what_was_refused_and_what_nobody_saw(came, subjects, unknown):
    found = look(Canary(LAST, WRITES, came))
    assert [finding.subject for finding in found.findings] == subjects
    assert all(finding.severity == "error" for finding in found.findings)
    assert unknown in found.unknown
    assert bool(unknown) == bool(found.unknown)
    assert "a port, made and removed" in found.evidence


def test_a_refusal_is_told_in_the_words_of_the_api():
    (finding,) = look(Canary(LAST, WRITES, {PORT.id: "", BOOT.id: "the server is in ERROR: No valid host"})).findings
    assert finding.message.endswith("failed: a server, until it is ACTIVE (the server is in ERROR: No valid host)")


def test_a_probe_that_never_wrote_is_unknown():
    assert "anything of what the write probe makes" in look(Canary(LAST, ())).unknown
