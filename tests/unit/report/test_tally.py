from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.run import IN_FLIGHT, SETTLED, UNWELL, Event, StepState
from stairlift.report.events import LEAVES
from stairlift.report.tally import SHOWN, Tally
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_step

STEPS = tuple(a_step(f"compute@cmp{n}", hosts=(f"cmp{n}",)) for n in range(1, 9))


def an_event(kind, step, seconds=0):
    return Event("r1", 1, NOON + timedelta(seconds=seconds), kind, step)


def heard(*events, states=None):
    tally = Tally(STEPS, states or {}, NOON)
    for event in events:
        tally.hear(event)
    return tally


def test_what_runs_has_a_line_with_its_task():
    tally = heard(an_event("step.started", "compute@cmp1"), an_event("step.started", "compute@cmp2", 5))
    lines = tally.lines(NOON + timedelta(seconds=65), {"compute@cmp1": "restart nova-compute"})
    assert lines == (
        "  compute@cmp1 on cmp1, 1m 05s  restart nova-compute",
        "  compute@cmp2 on cmp2, 1m 00s",
    )


def test_what_is_verified_says_so_and_counts_from_then_on():
    tally = heard(an_event("step.started", "compute@cmp1"), an_event("step.verifying", "compute@cmp1", 30))
    [line] = tally.lines(NOON + timedelta(seconds=40), {"compute@cmp1": "an old task"})
    assert line == "  compute@cmp1 on cmp1, 10s  waits for its services"


def test_more_than_a_screen_bears_is_counted():
    tally = heard(*(an_event("step.started", step.id) for step in STEPS))
    assert len(tally.in_flight()) == SHOWN
    assert tally.lines(NOON, {})[-1] == f"  and {len(STEPS) - SHOWN} more"


def test_the_summary():
    tally = heard(
        an_event("step.started", "compute@cmp1"),
        an_event("step.failed", "compute@cmp1"),
        an_event("step.started", "compute@cmp2"),
        an_event("step.skipped", "compute@cmp3"),
        states={"compute@cmp4": StepState.DONE},
    )
    assert tally.summary(NOON + timedelta(minutes=2)) == "2 of 8 steps done, 1 failed, 1 in flight, 2m 00s"


def test_a_step_that_was_in_flight_when_we_came_is_in_flight():
    assert heard(states={"compute@cmp2": StepState.VERIFYING}).in_flight() == ("compute@cmp2",)


def test_events_of_the_run_and_of_strangers_change_nothing():
    tally = heard(an_event("run.resumed", None), an_event("step.done", "another"))
    assert tally.summary(NOON) == "0 of 8 steps done, 0 in flight, 0s"


@given(st.lists(st.tuples(st.sampled_from(sorted(LEAVES)), st.sampled_from([s.id for s in STEPS]))))
def test_it_always_counts_what_the_last_events_said(told):
    tally = heard(*(an_event(kind, step) for kind, step in told))
    last = {step: LEAVES[kind] for kind, step in told}
    groups = [sum(state in group for state in last.values()) for group in (SETTLED, UNWELL, IN_FLIGHT)]
    failed = f", {groups[1]} failed" if groups[1] else ""
    assert tally.summary(NOON) == f"{groups[0]} of 8 steps done{failed}, {groups[2]} in flight, 0s"
