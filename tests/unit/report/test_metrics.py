"""The metrics that are promised, their labels and their values."""

from datetime import timedelta

import pytest

from stairlift.model.run import EndedAttempt, RunState, StepState
from stairlift.report.metrics import LENGTHS, RunNumbers, binned, families, service_label, together
from stairlift.report.probing import LATENCIES, Bins, Probed
from stairlift.testing.clouds import NOON
from standings import a_run

PROMISED = {
    "stairlift_build": ("info", ("version",)),
    "stairlift_run_state": ("gauge", ("cloud", "state")),
    "stairlift_run_steps": ("gauge", ("cloud", "state")),
    "stairlift_run_progress_ratio": ("gauge", ("cloud",)),
    "stairlift_run_eta_timestamp_seconds": ("gauge", ("cloud",)),
    "stairlift_run_last_event_timestamp_seconds": ("gauge", ("cloud",)),
    "stairlift_run_awaiting_approval": ("gauge", ("cloud",)),
    "stairlift_run_trouble": ("gauge", ("cloud",)),
    "stairlift_step_duration_seconds": ("histogram", ("strategy", "service", "outcome")),
    "stairlift_step_attempts": ("counter", ("strategy", "service", "outcome")),
    "stairlift_probe_up": ("gauge", ("cloud", "service")),
    "stairlift_probe_duration_seconds": ("histogram", ("cloud", "service")),
    "stairlift_probe_unavailable_seconds": ("counter", ("cloud", "service")),
    "stairlift_notifications": ("counter", ("channel", "outcome")),
}


def an_attempt(services: str = "nova-compute", result="done", length: float = 10, *, undo=False) -> EndedAttempt:
    return EndedAttempt(f"upgrade {services} ansible", result, timedelta(seconds=length), undo)


def values(*runs, attempts=(), notices=None, name: str) -> dict:
    found = families("1.0", runs, binned(attempts), notices or {}, NOON)
    (one,) = [family for family in found if family.name == name]
    return {sample.labels: sample.bins or sample.value for sample in one.samples}


def test_what_is_promised_is_there_with_its_labels():
    found = families("1.0", (), {}, {}, NOON)
    assert {one.name: (one.kind, one.labels) for one in found} == PROMISED


def test_a_run_is_in_one_state():
    found = values(RunNumbers(a_run(RunState.PAUSED), {}, NOON), name="stairlift_run_state")
    assert {labels for labels, value in found.items() if value} == {("lab", "paused")}
    assert len(found) == len(RunState)


def test_steps_are_counted_also_where_there_is_none():
    counts = {StepState.DONE: 3, StepState.SKIPPED: 1, StepState.FAILED: 1}
    one = RunNumbers(a_run(RunState.FAILED), counts, NOON, asking=2)
    assert values(one, name="stairlift_run_steps")["lab", "pending"] == 0
    assert values(one, name="stairlift_run_progress_ratio") == {("lab",): 0.8}
    assert values(one, name="stairlift_run_awaiting_approval") == {("lab",): 2}


def test_when_it_ends_is_there_only_where_somebody_knows():
    known = RunNumbers(a_run(RunState.RUNNING), {}, NOON, left=timedelta(seconds=90))
    assert values(known, name="stairlift_run_eta_timestamp_seconds") == {("lab",): NOON.timestamp() + 90}
    assert values(RunNumbers(a_run(RunState.RUNNING), {}, NOON), name="stairlift_run_eta_timestamp_seconds") == {}


def test_attempts_count_under_strategy_service_and_outcome():
    attempts = [an_attempt(), an_attempt(length=700), an_attempt(result="failed"), an_attempt(undo=True)]
    found = values(attempts=attempts, name="stairlift_step_attempts")
    assert found == {
        ("ansible", "nova-compute", "done"): 2,
        ("ansible", "nova-compute", "failed"): 1,
        ("ansible", "nova-compute", "undo-done"): 1,
    }
    bins = values(attempts=attempts, name="stairlift_step_duration_seconds")["ansible", "nova-compute", "done"]
    assert (bins.number, bins.seconds) == (2, 710)
    assert dict(bins.cumulated())[15.0] == 1


@pytest.mark.parametrize(
    ("services", "label"),
    [
        (("nova-api",), "nova-api"),
        (("nova-api", "nova-scheduler"), "nova"),
        (("nova-api", "glance-api"), "several"),
        ((), ""),
    ],
)
def test_a_service_label_has_few_values(services, label):
    assert service_label(services) == label


def test_runs_are_counted_together_and_leave_each_other_alone():
    one, other = binned([an_attempt(length=2)]), binned([an_attempt(length=20), an_attempt("nova-api")])
    found = together([one, other])
    assert found["ansible", "nova-compute", "done"].number == 2
    assert one["ansible", "nova-compute", "done"].number == 1
    assert sum(bins.number for bins in together([one, other]).values()) == 3
    assert tuple(found["ansible", "nova-compute", "done"].bounds) == LENGTHS


def test_an_api_of_which_nobody_has_heard_is_neither_up_nor_down():
    heard = Probed(Bins(LATENCIES), up=False, at=NOON.timestamp() - 5)
    silent = Probed(Bins(LATENCIES), up=True, at=NOON.timestamp() - 600, unavailable=7.5)
    one = RunNumbers(a_run(RunState.RUNNING), {}, NOON, apis={"nova": heard, "glance": silent})
    assert values(one, name="stairlift_probe_up") == {("lab", "nova"): 0}
    assert values(one, name="stairlift_probe_unavailable_seconds")["lab", "glance"] == 7.5


def test_notices_by_channel_and_outcome():
    found = values(notices={("ops", "sent"): 4, ("ops", "given-up"): 1}, name="stairlift_notifications")
    assert found == {("ops", "given-up"): 1, ("ops", "sent"): 4}
