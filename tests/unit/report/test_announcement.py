"""What users of a cloud are told: plain, true, and nothing from inside."""

from dataclasses import replace
from datetime import timedelta

import pytest

from golden_text import assert_golden
from meters import failure, seconds, session
from planning import planned, policy
from proposals import an_estimate
from stairlift.knowledge.binaries import all_binaries
from stairlift.model.run import RunState
from stairlift.report.announcement import Contact, Occurrence, announced, service_of
from stairlift.report.availability import measured
from stairlift.testing.clouds import NOON, a_cloud
from standings import a_run

CONTACT = Contact("Cloud North", "cloud@example.org", "https://status.example.org")
ONE_CONTROLLER = planned(a_cloud(control=1), policy=policy(drain="live-migrate"))


def an_occurrence(state: RunState = RunState.RUNNING, plan=ONE_CONTROLLER, taken=(30, 30, 90), **given) -> Occurrence:
    run = a_run(state, plan_hash=plan.hash, ended_at=NOON if state is RunState.DONE else None)
    return Occurrence(plan, an_estimate(plan, *taken), run, **given)


def test_the_beginning():
    assert_golden("report/announce-start.txt", announced("start", an_occurrence(), CONTACT))


def test_the_end():
    felt = measured([session(), *seconds(0, 20), *failure(20.0), *failure(100.0), *seconds(101, 160)], [])
    assert_golden("report/announce-end.txt", announced("end", an_occurrence(RunState.DONE, felt=felt), CONTACT))


@pytest.mark.parametrize("occasion", ["start", "end"])
def test_nothing_from_inside_gets_out(occasion):
    text = announced(occasion, an_occurrence(), CONTACT)
    inside = {"ctl1", "cmp1", "lab", "sha256", "haproxy", *(one.name for one in all_binaries())}
    assert {word for word in inside if word in text} == set()


def test_without_a_past_no_length_is_promised():
    text = announced("start", an_occurrence(taken=()), CONTACT)
    assert "How long it takes is not known beforehand." in text
    assert "it does not answer for a time. Please" in text


def test_a_plan_that_nobody_has_begun_gives_no_time():
    text = announced("start", replace(an_occurrence(), run=None), Contact())
    assert "We tell you when we begin." in text
    assert "Questions" not in text


@pytest.mark.parametrize("state", [RunState.PAUSED, RunState.FAILED, RunState.WAITING])
def test_a_run_that_rests_is_not_called_complete(state):
    text = announced("end", an_occurrence(state), CONTACT)
    assert "takes longer than one go" in text
    assert "is complete.\n" in text
    assert "upgrade of Cloud North to OpenStack 2025.2 Flamingo is complete" not in text


def test_a_run_that_was_taken_back_says_which_release_it_runs():
    assert "runs OpenStack 2025.1 Epoxy, as before" in announced("end", an_occurrence(RunState.ROLLED_BACK), CONTACT)


def test_who_lost_nothing_is_told_so():
    felt = measured([session(), *seconds(0, 20)], [])
    assert "none of our requests failed" in announced("end", an_occurrence(RunState.DONE, felt=felt), CONTACT)


def test_services_have_the_names_that_users_know():
    named = [service_of(name) for name in ("cinder", "horizon", "designate", "unheard-of")]
    assert named == ["Block storage", "Dashboard", "DNS", "Unheard of"]


def test_the_time_of_the_beginning_is_in_utc():
    about = an_occurrence()
    begun = replace(about, run=replace(about.run, started_at=NOON + timedelta(minutes=7)))
    assert "We began at 2026-05-04 12:07 UTC." in announced("start", begun, CONTACT)
