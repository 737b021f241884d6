"""The meter of a run as its orchestrator has it, fed with a file: the process is in tests/e2e/test_meter.py."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from meters import NOVA, TARGETS, answers, session
from stairlift.model.availability import Bucket, Failure, Tally, Target, grade
from stairlift.model.cause import Cause, held_by
from stairlift.model.run import Attempt, AttemptId, Ended, Lost, RunState, StepState, StepStatus
from stairlift.model.work import Outcome
from stairlift.probe import meter
from stairlift.probe.meter import Place, RunMeter
from stairlift.probe.order import ACKNOWLEDGED, ALIVE, GIVEN_UP, SAMPLES, MeterOrder, MeterSettings, WriteSettings
from stairlift.probe.samples import SampleFile
from stairlift.probe.writing import BOOT, DELETE, PORT
from stairlift.testing.clouds import NOON
from standings import a_run

RUN = a_run(RunState.RUNNING)


class Journal:
    """One attempt that is in flight; the stores of the contract suite have real ones."""

    def attempts(self, _run):
        return (Attempt(AttemptId(RUN.id, "step", 1), NOON),)

    def steps(self, _run):
        return ()


class Written:
    """A folder that a meter writes to, that began a while ago."""

    def __init__(self, folder, budget, **settings) -> None:
        self.at = time.time() - 100
        self.folder = folder
        self.file = SampleFile(folder / SAMPLES, TARGETS)
        self.place = Place(folder, MeterOrder(RUN.id, None, MeterSettings(**settings)), budget)

    def seconds(self, number: int) -> "Written":
        for _ in range(number):
            self.file.put(answers(self.at), [])
            self.at += 1
        return self

    def fails(self) -> "Written":
        self.file.put(answers(self.at), [Failure(self.at, NOVA.id, 0.1, "HTTP 503")])
        self.at += 1
        return self

    def meter(self, run=RUN) -> RunMeter:
        return RunMeter(self.place, run, None, Journal())


@pytest.fixture
def written(tmp_path):
    made = Written(tmp_path, {"nova": 0.0})
    made.file.begin(session(made.at, baseline=5))
    return made


def said(one: RunMeter) -> tuple[str, str]:
    async def ask():
        return await one.baseline(), await one.breach()

    return asyncio.run(ask())


def test_it_waits_for_a_baseline(written):
    found = written.seconds(3).meter()
    assert said(found) == ("the meter takes its baseline: 3 of 5 s", "")
    written.seconds(2)
    assert said(found) == ("", "")
    assert (written.folder / ALIVE).exists(), "and tells the meter that somebody is there"


def test_a_breach_names_the_step_and_where_there_is_more(written):
    reason = said(written.seconds(6).fails().meter())[1]
    assert reason.startswith("users lost 1 request of nova")
    assert "while step was in flight" in reason
    assert reason.endswith(f"`stairlift availability {RUN.id}` tells more")


def test_who_takes_up_a_run_that_it_paused_knows_of_what_was_lost(written):
    written.seconds(6).fails()
    again = written.meter(held_by(Cause.METER, replace(RUN, state=RunState.PAUSED, reason="users lost something")))
    assert said(again) == ("", "")
    assert (written.folder / ACKNOWLEDGED).exists()
    assert said(written.meter()) == ("", ""), "also the next one, however that came to be"
    written.at = max(written.at, time.time() + 1)
    written.fails()
    assert "lost 1 request" in said(again)[1]


def test_a_run_that_was_recorded_before_there_were_causes_is_known_by_its_words(written):
    reason = said(written.seconds(6).fails().meter())[1]
    assert said(written.meter(replace(RUN, state=RunState.PAUSED, reason=reason))) == ("", "")


@pytest.mark.parametrize("cause", [None, Cause.PERSON])
def test_a_run_that_somebody_paused_for_another_reason_acknowledges_nothing(written, cause):
    reason = said(written.seconds(6).fails().meter())[1]
    paused = replace(RUN, state=RunState.PAUSED, reason=f"as bob said: {reason}" if cause else "as bob said")
    assert said(written.meter(held_by(cause, paused)))[1]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_set_is_no_silence(written, monkeypatch, hours):
    found, real = written.seconds(6).meter(), time.time
    assert said(found) == ("", "")
    monkeypatch.setattr(meter.time, "time", lambda: real() + hours * 3600)
    assert said(found) == ("", "")
    monkeypatch.setattr(meter.time, "time", lambda: real() + hours * 3600 + 2)
    monkeypatch.setattr("stairlift.check.budget.SILENCE", 1.0)
    assert "no data" in said(found)[1] or hours < 0, "from then on it counts"


def test_without_an_answer_the_budget_cannot_be_judged(tmp_path, monkeypatch):
    found = Written(tmp_path, {"nova": 0.0}).meter()
    assert said(found) == ("the meter takes its baseline: 0 of 30 s", "")
    monkeypatch.setattr(meter, "_PATIENCE", -31.0)
    assert "no baseline to judge it by" in said(found)[1]


def test_without_a_budget_nobody_insists(tmp_path, monkeypatch):
    found = Written(tmp_path, {}).meter()
    assert said(found)[0]
    monkeypatch.setattr(meter, "_PATIENCE", -31.0)
    assert said(found) == ("", "")


class Leaving:
    """An executor whose processes leave at once; tests/contract has those that start some."""

    def __init__(self, ending) -> None:
        self._ending = ending
        self.another = asyncio.Event()

    async def run(self, attempt, job):
        job()
        if attempt.number > 1:
            self.another.set()
        return self._ending

    async def end(self, _attempt) -> None: ...


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (Ended(Outcome(2, log_tail="one\nit cannot measure: no key\n"), NOON), "it cannot measure: no key"),
        (Ended(Outcome(-9), NOON), "exit code -9"),
        (Lost("its machine died"), "its machine died"),
    ],
)
def test_a_process_that_has_left_is_told_by_its_last_words(written, caplog, monkeypatch, ending, told):
    monkeypatch.setattr(meter, "_AGAIN", 0.0)

    async def scene():
        executor = Leaving(ending)
        attends = asyncio.create_task(RunMeter(written.place, RUN, executor, Journal()).attend())
        await executor.another.wait()
        attends.cancel()

    asyncio.run(scene())
    assert caplog.messages[0] == f"the meter of run {RUN.id} has left: {told}; another one follows"


def test_what_the_write_probe_makes_is_told_beforehand(tmp_path):
    assert Written(tmp_path, {}).meter().makes() == ()
    [intention] = Written(tmp_path, {}, write=WriteSettings("probe")).meter().makes()
    assert intention.details == {"tag": f"stairlift-probe-{RUN.id}", "cloud": "probe"}


# Behind the last step

WRITES = (PORT, BOOT, DELETE)
ENDED = NOON - timedelta(hours=1)


class BehindThem(Journal):
    """Two steps, the last of which ended at ENDED."""

    def steps(self, _run):
        return tuple(
            StepStatus(name, StepState.DONE, ended_at=ENDED - timedelta(hours=n)) for n, name in enumerate("ba")
        )


class Proving:
    """The meter of a run whose last step has ended, and what it notes."""

    def __init__(self, folder, *, proves=True, write=True) -> None:
        settings = MeterSettings(write=WriteSettings("probe") if write else None)
        self.folder, self.noted = folder, []
        self.file = SampleFile(folder / SAMPLES, WRITES)
        self.file.begin(session(ENDED.timestamp() - 100, targets=WRITES))
        place = Place(folder, MeterOrder(RUN.id, None, settings), {}, proves=proves)
        self.meter = RunMeter(place, RUN, None, BehindThem(), self.noted.append)

    def writes(self, after: float, target: Target, why: str = "") -> None:
        at = ENDED.timestamp() + after
        failed = [Failure(at, target.id, 0.1, why)] if why else []
        self.file.put(Bucket(at, 1.0, {target.id: Tally({}, {"failed": 1}) if why else Tally({grade(5.0): 1})}), failed)

    def waits(self) -> str:
        return asyncio.run(self.meter.canary())


def test_what_users_do_is_waited_for_behind_the_last_step(tmp_path):
    run = Proving(tmp_path)
    for after, target in ((-20, PORT), (1, BOOT), (2, DELETE), (60, PORT), (70, BOOT)):
        assert "has not been tried since the last step ended" in run.waits()
        run.writes(after, target)
    run.writes(73, DELETE)
    assert run.waits() == ""
    assert run.meter.tried().came == {target.id: "" for target in WRITES}
    assert run.noted == ["the last step has ended; what users do is tried once more, for 480 s at most"]


def test_what_the_cloud_refuses_is_waited_for_no_longer(tmp_path):
    run = Proving(tmp_path)
    run.writes(60, PORT)
    run.writes(62, BOOT, "HTTP 500")
    assert run.waits() == ""
    assert run.meter.tried().came[BOOT.id] == "HTTP 500"


@pytest.mark.parametrize("given", [{"proves": False}, {"write": False}])
def test_where_nothing_is_to_be_tried_nobody_waits(tmp_path, given):
    run = Proving(tmp_path, **given)
    assert (run.waits(), run.meter.tried(), run.noted) == ("", None, [])


def test_that_nothing_is_written_is_told_when_it_shows_and_once(tmp_path):
    run = Proving(tmp_path)
    said(run.meter)
    assert run.noted == []
    (tmp_path / GIVEN_UP).touch()
    said(run.meter)
    said(run.meter)
    [told] = run.noted
    assert told.startswith(f"the write probe makes nothing, and its log says why: attempts/{RUN.id}/meter/")


def test_a_probe_that_cannot_write_and_one_that_takes_for_ever_are_told_and_not_waited_for(tmp_path, monkeypatch):
    run = Proving(tmp_path)
    assert run.waits()
    (tmp_path / GIVEN_UP).touch()
    assert run.waits() == ""
    assert not run.meter.tried().over
    (tmp_path / GIVEN_UP).unlink()
    assert run.waits()
    monkeypatch.setattr(meter, "_PATIENCE", -1000.0)
    assert run.waits() == ""
