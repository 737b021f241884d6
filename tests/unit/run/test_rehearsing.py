"""A plan is played through by the decisions that a run would take: nothing out of order, nothing too many at once."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.run import StepState, StepStatus
from stairlift.run.rehearsing import Played, play
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step


def test_each_step_begins_when_what_it_needs_has_ended():
    plan = a_plan(a_step("a"), a_step("b", needs=("a",)), a_step("c", needs=("b",)))
    found = play(plan, {"a": 5, "b": 7, "c": 1})
    assert found == {"a": Played(0, 5), "b": Played(5, 12), "c": Played(12, 13)}


def test_gates_and_one_way_steps_keep_nobody_waiting():
    plan = a_plan(a_step("gate", action="approve", services=()), a_step("db", needs=("gate",), one_way=True))
    assert play(plan, {"db": 3}) == {"gate": Played(0, 0), "db": Played(0, 3)}


def test_a_strategy_that_bears_one_process_at_a_time_has_one():
    steps = [a_step(name, strategy="k") for name in ("a", "b")]
    plan = a_plan(*steps, bindings=(a_binding("k", concurrency="cloud"),))
    assert play(plan, {"a": 4, "b": 4})["b"] == Played(4, 8)


def test_what_is_settled_takes_no_time_and_what_failed_is_done_again():
    plan = a_plan(a_step("a"), a_step("b", needs=("a",)), a_step("c", needs=("b",)))
    statuses = [StepStatus("a", StepState.DONE, 1), StepStatus("b", StepState.FAILED, 2)]
    assert play(plan, {"a": 9, "b": 2, "c": 3}, statuses) == {"b": Played(0, 2), "c": Played(2, 5)}


@given(st.integers(1, 6), st.integers(1, 3), st.data())
def test_windows_are_kept_and_every_step_is_played(hosts, window, data):
    plan = a_rollout(hosts, window=window)
    lengths = {step.id: float(data.draw(st.integers(0, 9))) for step in plan.steps}
    found = play(plan, lengths)
    assert set(found) == {step.id for step in plan.steps}
    units = {step.unit: [found[s.id] for s in plan.steps if s.unit == step.unit] for step in plan.steps}
    spans = [(min(p.begin for p in mine), max(p.end for p in mine)) for mine in units.values()]
    for begin, _ in spans:
        assert sum(b <= begin < e for b, e in spans) <= window


def test_a_plan_without_steps_takes_no_time():
    assert play(replace(a_plan(a_step("a")), steps=()), {}) == {}
