"""A run is judged by the first of its steps as the whole of it would be, however it came to stand so."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from stairlift.model.outline import outline
from stairlift.model.plan import STAGES, Plan
from stairlift.model.plan_document import to_document
from stairlift.model.release import Release
from stairlift.model.run import RunState, StepState, StepStatus
from stairlift.run.commands import stage_refusal
from stairlift.run.firsts import Firsts
from stairlift.run.undoing import rollback_refusal
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from standings import a_run

RUN = a_run(RunState.RUNNING)
HOPS = Release(2025, 2), Release(2026, 1)
ACTIONS = ("upgrade", "cordon", "db-expand", "db-contract", "prepare", "verify")


@st.composite
def a_way(draw) -> Plan:
    """Up to two hops, stage by stage, by strategies that can and cannot undo."""
    steps = []
    for hop in HOPS[: draw(st.integers(1, 2))]:
        for stage in STAGES:
            for _ in range(draw(st.integers(0, 4))):
                action, strategy = draw(st.sampled_from(ACTIONS)), draw(st.sampled_from(("able", "unable", "other")))
                one_way = draw(st.integers(0, 5)) == 0
                step = a_step(f"s{len(steps)}", action=action, stage=stage, strategy=strategy, one_way=one_way)
                steps.append(replace(step, target=hop))
    able = a_binding("able", can_undo=True)
    return a_plan(*(steps or [a_step("s0")]), bindings=[able, a_binding("unable"), a_binding("other")])


STANDINGS = st.tuples(st.sampled_from(list(StepState)), st.integers(0, 2))


def stands(plan: Plan, draw) -> list[StepStatus]:
    drawn = [draw(STANDINGS) for _ in plan.steps]
    return [StepStatus(step.id, state, number) for step, (state, number) in zip(plan.steps, drawn, strict=True)]


def begun(plan: Plan) -> Firsts:
    return Firsts(outline(to_document(plan)), {step.id: StepStatus(step.id) for step in plan.steps})


def drawn(plan: Plan, firsts: Firsts) -> tuple[Plan, tuple[StepStatus, ...]]:
    found = firsts.drawn()
    return replace(plan, steps=tuple(step for one in found if (step := plan.step(one.id)))), found


def judged(plan: Plan, statuses) -> list[str | None]:
    found = [stage_refusal(stage, RUN, plan, statuses) for stage in STAGES]
    return [refused.brief if refused else None for refused in (*found, rollback_refusal(plan, RUN, statuses))]


@settings(max_examples=300, deadline=None)
@given(plan=a_way(), data=st.data())
def test_it_is_judged_as_the_whole_is(plan: Plan, data: st.DataObject) -> None:
    firsts = begun(plan)
    for _ in range(2):
        statuses = stands(plan, data.draw)
        firsts.move(statuses)
        assert judged(*drawn(plan, firsts)) == judged(plan, statuses)


def test_it_is_small_however_large_the_plan_is() -> None:
    plan = a_rollout(500)
    firsts = begun(plan)
    firsts.move(StepStatus(step.id, StepState.DONE, 1) for step in plan.steps[:900])
    statuses = firsts.drawn()
    assert len(statuses) == 8
    assert [status.id for status in statuses[:4]] == [step.id for step in plan.steps[:4]]
