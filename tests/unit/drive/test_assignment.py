"""Whatever a strategy of somebody else's does, its step fails or is unknown, and the run goes on."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePath

import pytest

from stairlift.drive.assignment import NoJob, intentions, job_for, verdict_on
from stairlift.model.effect import Effect, Intention
from stairlift.model.errors import Refusal
from stairlift.model.run import Ended
from stairlift.model.work import Assignment, Job, Outcome, Verdict
from stairlift.testing.plans import a_step

NOW = datetime(2026, 8, 1, tzinfo=UTC)
ASSIGNMENT = Assignment("r1", a_step("a", hosts=["cmp1"]), 1, PurePath("/attempts/1"))


class Theirs:
    """A strategy whose every answer is what a callable gives."""

    name = "theirs"

    def __init__(self, answer):
        self._answer = answer

    def job(self, assignment):
        return self._answer()

    def judge(self, assignment, outcome):
        return self._answer()


def refused():
    raise Refusal(code="their.own", brief="no such host")


AMISS = {
    "raises": (lambda: {}["rack"], "KeyError: 'rack'"),
    "leaves": (lambda: sys.exit(3), "SystemExit: 3"),
    "refuses": (refused, "no such host"),
    "nothing": (lambda: None, "None"),
}


@pytest.mark.parametrize("case", AMISS)
def test_no_job_is_told_as_the_strategys_own_failure(case):
    answer, words = AMISS[case]
    with pytest.raises(NoJob, match="the strategy theirs could not say what to do") as caught:
        job_for(Theirs(answer), ASSIGNMENT)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "job", [Job((), "/"), Job("true", "/"), Job(("sleep", 3), "/"), Job(("true",), None), Job(("true",), "/", {"A": 1})]
)
def test_what_cannot_be_started_is_no_job(job):
    with pytest.raises(NoJob, match="argv of one text or more"):
        job_for(Theirs(lambda: job), ASSIGNMENT)


@pytest.mark.parametrize("case", [*AMISS, "word"])
def test_an_outcome_that_nobody_judges_is_unknown(case):
    answer, words = {**AMISS, "word": (lambda: Verdict("Done"), "'Done' is none of done")}[case]
    verdict = verdict_on(Theirs(answer), ASSIGNMENT, Ended(Outcome(0), NOW))
    assert verdict.result == "unknown"
    assert words in verdict.reason


class Fencing(Theirs):
    """A strategy that changes what a callable gives."""

    def effects(self, assignment):
        return self._answer()

    def restore(self, effect):
        return ""

    def job(self, assignment):
        return Job(("true",), "/")


@pytest.mark.parametrize(
    "given", [{"kind": "x" * 40}, {"kind": ""}, {"details": {"when": NOW}}, {"details": {"ratio": float("nan")}}]
)
def test_what_no_journal_could_keep_is_not_begun(given):
    """PostgreSQL would refuse it in the transaction that starts the attempt, and all that moves with it."""
    intention = Intention(**{"kind": "cordon", "subject": "cmp1", **given})
    with pytest.raises(NoJob, match="could not say what it changes"):
        intentions(Fencing(lambda: [intention]), ASSIGNMENT)


def test_what_was_not_put_on_record_is_not_made():
    """Asked when the attempt was put on record it named nothing; asked for the job it does."""
    cordon = Intention("cordon", "cmp1")
    with pytest.raises(NoJob, match="did not say before that it changes cordon:cmp1"):
        job_for(Fencing(lambda: [cordon]), ASSIGNMENT)
    effect = Effect(cordon.id, cordon.kind, cordon.subject, "a", "theirs", "intended", NOW)
    assert job_for(Fencing(lambda: [cordon]), replace(ASSIGNMENT, effects=(effect,))).argv == ("true",)


def test_a_word_that_the_ledger_does_not_know_is_no_verdict():
    told = Verdict("done", effects={"cordon:cmp1": "undone"})
    verdict = verdict_on(Theirs(lambda: told), ASSIGNMENT, Ended(Outcome(0), NOW))
    assert (verdict.result, verdict.effects) == ("unknown", {})
    assert "'undone' is no state of a side effect" in verdict.reason


def test_what_the_process_is_told_wins_over_the_strategys_own_words():
    job = job_for(Theirs(lambda: Job(("true",), "/", {"STAIRLIFT_HOST": "none", "MINE": "1"})), ASSIGNMENT)
    assert (job.env["STAIRLIFT_HOST"], job.env["MINE"]) == ("cmp1", "1")
