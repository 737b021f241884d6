"""How long a plan may take: by what the like took, with the plan's own windows, and never by a guess."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.likeness import parts_of, sort_of
from stairlift.report.estimates import Length, Remaining, estimate, history, known, seconds
from stairlift.run.rehearsing import play
from stairlift.store.alike import sort_of as sort_of_document
from stairlift.testing.plans import a_plan, a_rollout, a_step

UPGRADE = "upgrade nova-compute command"


def taken(*lengths: float) -> list[timedelta]:
    return [timedelta(seconds=length) for length in lengths]


def estimated(plan, past):
    found = known(plan, history(past))
    courses = ({s: (one.begin, one.end) for s, one in play(plan, seconds(found, w)).items()} for w in ("p50", "p90"))
    return estimate(plan, found, tuple(courses))


def test_the_middle_one_and_the_longest_of_nine_in_ten():
    plan = a_plan(a_step("cmp1"))
    found = known(plan, history({UPGRADE: taken(*range(1, 11))}))
    assert found.lengths == {"cmp1": Length(5, 9)}
    assert found.of == 10
    assert found.whole


def test_what_was_never_done_tells_nothing():
    found = estimated(a_plan(a_step("cmp1")), {})
    assert (found.whole, found.course, found.known.unknown) == (None, {}, {UPGRADE: 1})


def test_what_was_done_once_tells_something_with_a_word_of_care():
    found = estimated(a_plan(a_step("cmp1")), {UPGRADE: taken(7)})
    assert found.whole == Length(7, 7)
    assert found.known.thin == 1


def test_what_an_entry_says_counts_until_something_is_on_record():
    steps = a_step("ctl1", stage="control", services=("nova-api",)), a_step("cmp1", needs=("ctl1",))
    plan = a_plan(*steps)
    plan = replace(plan, bindings=tuple(replace(one, takes=(60, 90)) for one in plan.bindings))
    found = estimated(plan, {})
    assert (found.whole, found.known.said, found.known.of) == (Length(120, 180), 2, 0)
    found = estimated(plan, {UPGRADE: taken(5, 5, 5)})
    assert (found.whole, found.known.said, found.known.of) == (Length(65, 95), 1, 3)


def test_hosts_go_side_by_side_as_far_as_the_window_lets_them():
    narrow, wide = (
        estimated(a_rollout(4, actions=("upgrade",), window=w), {UPGRADE: taken(10, 10, 10)}) for w in (1, 4)
    )
    assert (narrow.whole, wide.whole) == (Length(40, 40), Length(10, 10))


def test_a_stage_is_told_where_another_one_is_not():
    plan = a_plan(a_step("ctl1", stage="control", services=("nova-api",)), a_step("cmp1", needs=("ctl1",)))
    found = estimated(plan, {UPGRADE: taken(5, 5, 5)})
    assert found.whole is None
    assert found.stages == {("2026.1", "compute"): Length(5, 5)}


def test_gates_take_no_time():
    plan = a_plan(a_step("gate", action="approve", services=()), a_step("cmp1", needs=("gate",)))
    assert estimated(plan, {UPGRADE: taken(5, 5, 5)}).whole == Length(5, 5)


def test_what_is_left_gets_less_with_every_step():
    left = Remaining.of({"a": (0, 10), "b": (10, 30), "c": (30, 60)})
    assert [left.left(n).total_seconds() for n in range(5)] == [60, 50, 30, 0, 0]


@given(st.integers(1, 8), st.integers(1, 8), st.lists(st.floats(1, 500), min_size=3, max_size=12))
def test_a_whole_is_no_shorter_than_a_stage_and_careful_no_shorter_than_usual(hosts, window, lengths):
    found = estimated(a_rollout(hosts, actions=("upgrade",), window=window), {UPGRADE: taken(*lengths)})
    assert found.whole.p90 >= found.whole.p50 > 0
    assert all(found.whole.p50 >= stage.p50 for stage in found.stages.values())


def test_a_sort_is_the_same_for_the_journal_and_comes_back():
    step = a_step("x", services=("nova-api", "nova-scheduler"))
    sort = sort_of(step.action, step.services, step.strategy)
    assert sort == sort_of_document({"action": step.action, "services": step.services, "strategy": step.strategy})
    assert parts_of(sort) == ("upgrade", ("nova-api", "nova-scheduler"), "command")
    assert parts_of("approve") == ("approve", (), "")
