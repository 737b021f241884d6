"""The timeline: every attempt is drawn once and in its place, and any paging shows each row once."""

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.outline import outline
from stairlift.model.plan_document import to_document
from stairlift.model.run import Attempt, AttemptId, Event, RunState, StepState, StepStatus
from stairlift.report.axis import Axis
from stairlift.report.bars import NARROWEST, Bar, of_attempt, placed
from stairlift.report.forecast import UNKNOWN, Forecast, Usual
from stairlift.report.moments import Moments
from stairlift.report.timeline import Known, timeline
from stairlift.report.timeline_rows import BARS, DENSE, ROWS, Asked, choose, cut, groups
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_binding, a_plan, a_rollout, a_step
from standings import a_run, a_status

S = StepState


def after(seconds: float):
    return NOON + timedelta(seconds=seconds)


def an_outline(plan):
    return outline(to_document(plan))


def an_attempt(step: str, begin: float, end: float | None, result: str | None = "done", number: int = 1, **given):
    ended = None if end is None else after(end)
    return Attempt(AttemptId("r", step, number), after(begin), ended, result, **given)


def shown(
    plan, statuses=(), attempts=(), *, asked=None, at=100.0, usual=None, events=(), state=RunState.RUNNING, **given
):
    found, asked = an_outline(plan), asked or Asked()
    by_id = {status.id: status for status in statuses}
    now = after(at)
    known = Known(
        run=a_run(state, started_at=NOON, created_at=NOON, **given),
        outline=found,
        statuses=by_id,
        moments=Moments().heard(events),
        forecast=Forecast(found, by_id, usual or Usual.of({}), now),
        now=now,
        attempts=attempts,
    )
    return timeline(known, choose(found, by_id, asked), asked)


def told(row) -> list[str]:
    return [part.told for placed_bar in row.bars for part in placed_bar.bar.each]


def looks(row) -> list[str]:
    return [part.look for placed_bar in row.bars for part in placed_bar.bar.each]


# The axis


@given(st.floats(1, 1e6), st.lists(st.floats(-1e6, 2e6), min_size=2))
def test_what_is_later_is_further_right(length, moments):
    axis = Axis.over(NOON, after(length))
    places = [axis.place(after(moment)) for moment in sorted(moments)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)


@given(st.integers(10, 10**7))
def test_marks_are_round_times_and_not_too_many(length):
    marks = Axis.over(NOON, after(length)).marks()
    assert len(marks) <= 8
    assert all(0 < mark.place <= 100 for mark in marks)
    apart = {(later.at - mark.at) for mark, later in itertools.pairwise(marks)}
    assert len(apart) <= 1


# Bars


bars = st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 200)), max_size=80)


@given(bars)
def test_every_bar_is_drawn_once_and_none_hides_another(given_bars):
    found = [Bar("done", after(b), after(b + length), "x", "x", f"s{n}") for n, (b, length) in enumerate(given_bars)]
    laid = placed(found, Axis.over(NOON, after(1200)))
    drawn = [part.step for one in laid for part in one.bar.each]
    assert sorted(drawn) == sorted(bar.step for bar in found)
    assert all(0 <= one.begin < one.end <= 100 for one in laid)
    assert all(one.width >= NARROWEST - 0.001 for one in laid)
    for lane in {one.lane for one in laid}:
        mine = sorted((one.begin, one.end) for one in laid if one.lane == lane)
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(mine))


def test_a_step_that_was_tried_three_times_has_three_bars():
    plan = a_plan(a_step("cmp1"))
    attempts = [
        an_attempt("cmp1", 0, 20, "failed", reason="exit status 3"),
        an_attempt("cmp1", 30, 50, "unknown", 2),
        an_attempt("cmp1", 60, None, None, 3),
    ]
    [row] = shown(plan, [StepStatus("cmp1", S.RUNNING, 3, started_at=NOON)], attempts).rows
    assert looks(row) == ["failed", "unknown", "running"]
    assert told(row)[0] == "cmp1: failed (exit status 3), 12:00:00Z to 12:00:20Z, 20s"
    assert told(row)[2] == "cmp1, attempt 3: at work, 12:01:00Z to now, 40s"


def test_an_attempt_goes_on_until_its_services_have_reported():
    step = an_outline(a_plan(a_step("cmp1"))).steps[0]
    attempt = an_attempt("cmp1", 0, 20)
    verifying = StepStatus("cmp1", S.VERIFYING, 1, started_at=NOON, worked_at=after(20))
    bar = of_attempt(attempt, step, verifying, after(50))
    assert (bar.look, bar.end) == ("verifying", after(50))
    done = StepStatus("cmp1", S.DONE, 1, started_at=NOON, ended_at=after(35))
    assert of_attempt(attempt, step, done, after(50)).end == after(35)


def test_an_undo_says_so():
    [row] = shown(
        a_plan(a_step("cmp1")),
        [StepStatus("cmp1", S.UNDOING, 2, started_at=NOON)],
        [an_attempt("cmp1", 0, 20), an_attempt("cmp1", 30, None, None, 2, undo=True)],
    ).rows
    assert looks(row) == ["done", "undo"]
    assert told(row)[1].startswith("undo of cmp1, attempt 2: is taken back")


def test_narrow_bars_that_touch_become_one_that_tells_of_all():
    plan = a_rollout(1, actions=("cordon", "drain", "upgrade", "uncordon"))
    steps = ("cordon", "drain", "upgrade", "uncordon")
    attempts = [an_attempt(f"cmp1-{name}", n, n + 1) for n, name in enumerate(steps)]
    statuses = [StepStatus(f"cmp1-{name}", S.DONE, 1, started_at=NOON, ended_at=after(4)) for name in steps]
    [row] = shown(plan, statuses, attempts, at=3600).rows
    [one] = row.bars
    assert one.bar.told == "4 bars, 4 done: cmp1-cordon .. cmp1-uncordon, 12:00:00Z to 12:00:04Z"


def test_a_skipped_step_is_seen():
    skipped = StepStatus("cmp1", S.SKIPPED, 0, ended_at=after(30), reason="as bob said: gone")
    [row] = shown(a_plan(a_step("cmp1")), [skipped]).rows
    assert told(row) == ["cmp1: skipped: as bob said: gone, 12:00:30Z"]


# What is to come


def test_what_is_to_come_is_dotted_and_as_long_as_the_like_took():
    usual = Usual.of({"upgrade nova-compute command": [timedelta(seconds=n) for n in (20, 30, 40)]})
    row, other = shown(a_plan(a_step("cmp1"), a_step("cmp2", needs=("cmp1",))), usual=usual).rows
    assert looks(row) == looks(other) == ["planned"]
    [first], [second] = ([one.bar for one in mine.bars] for mine in (row, other))
    assert (first.begin, first.end) == (after(100), after(130))
    assert (second.begin, second.end) == (after(130), after(160))
    assert first.told == "cmp1: to come, usually 30s"


def test_where_nobody_knows_how_long_it_says_so():
    [row] = shown(a_plan(a_step("cmp1"))).rows
    [one] = row.bars
    assert (one.bar.look, one.bar.glyph) == ("guessed", "~")
    assert one.bar.end - one.bar.begin == timedelta(seconds=UNKNOWN)
    assert one.bar.told == "cmp1: to come, nobody knows how long"


def test_windows_keep_hosts_apart():
    plan = a_rollout(4, actions=("upgrade",), window=2)
    rows = shown(plan).rows
    begins = [(row.bars[0].bar.begin - after(100)).total_seconds() for row in rows]
    assert begins == [0, 0, 60, 60]


def test_a_strategy_that_bears_one_process_goes_alone():
    plan = a_plan(a_step("cmp1"), a_step("cmp2"), bindings=[a_binding(concurrency="cloud")])
    begins = [(row.bars[0].bar.begin - after(100)).total_seconds() for row in shown(plan).rows]
    assert begins == [0, 60]


def test_nothing_is_to_come_of_what_is_done_or_has_begun_meanwhile():
    plan = a_plan(a_step("cmp1"), a_step("cmp2"))
    found = an_outline(plan)
    old = Forecast(found, {}, Usual.of({}), NOON)
    status = a_status("cmp1", S.RUNNING)
    known = Known(
        run=a_run(RunState.RUNNING),
        outline=found,
        statuses={"cmp1": status},
        moments=Moments(),
        forecast=old,
        now=after(10),
        attempts=[an_attempt("cmp1", 0, None, None)],
    )
    one, other = timeline(known, choose(found, known.statuses, Asked()), Asked()).rows
    assert looks(one) == ["running"]
    assert looks(other) == ["guessed"]


# Gates and rests


def test_whoever_waits_for_a_person_is_a_diamond_until_somebody_answers():
    plan = a_plan(a_step("gate", action="approve"), a_step("cmp1", needs=("gate",)))
    waiting = Event("r", 5, after(10), "step.waiting", "gate")
    line = shown(plan, [StepStatus("gate", S.WAITING)], events=[waiting])
    assert looks(line.gates) == ["asked"]
    assert told(line.gates) == ["gate: waits for approval, for 1m 30s"]
    approved = Event("r", 6, after(40), "step.approved", "gate", data={"actor": "ada"})
    line = shown(plan, [StepStatus("gate", S.DONE, ended_at=after(40))], events=[waiting, approved])
    assert told(line.gates) == ["gate: approved by ada 12:00:40Z, after 30s"]
    assert (line.gates.done, line.gates.steps) == (1, 1)


def test_a_gate_that_is_to_come_is_there_before_it_asks():
    plan = a_plan(a_step("cmp1"), a_step("gate", action="approve", needs=("cmp1",)))
    line = shown(plan)
    assert looks(line.gates) == ["open"]
    assert line.gates.bars[0].bar.begin == after(100 + UNKNOWN)
    assert "gate" not in [row.name for row in line.rows]


def test_where_nobody_is_asked_there_is_no_row_for_it():
    assert shown(a_plan(a_step("cmp1"))).gates is None


def test_a_run_that_stood_still_has_a_band():
    events = [
        Event("r", 1, NOON, "run.started"),
        Event("r", 2, after(20), "run.paused", data={"reason": "as ada said: lunch"}),
        Event("r", 3, after(50), "run.resumed"),
        Event("r", 4, after(80), "run.failed", data={"reason": "cmp1 failed"}),
    ]
    first, second = shown(a_plan(a_step("cmp1")), events=events).bands
    assert first.told == "the run paused, 12:00:20Z to 12:00:50Z, 30s: as ada said: lunch"
    assert second.told == "the run failed, 12:01:20Z to now, 20s: cmp1 failed"
    assert first.begin < second.begin


def test_now_is_on_the_axis_of_a_run_that_goes_on():
    plan = a_plan(a_step("cmp1"))
    assert 0 < shown(plan).now < 100
    assert shown(plan, state=RunState.DONE, ended_at=after(90)).now is None
    assert shown(plan, asked=Asked(begin=NOON, end=after(50))).now is None


def test_it_says_where_the_axis_ends_before_what_is_to_come():
    plan = a_plan(*(a_step(f"cmp{n}", needs=[f"cmp{n - 1}"] if n else []) for n in range(5)))
    hours = Usual({}, 3600.0)
    assert shown(plan, usual=hours).beyond == after(100 + 5 * 3600)
    assert shown(plan, usual=Usual({}, 60.0)).beyond is None, "all of it is there"
    assert shown(plan, usual=hours, asked=Asked(end=after(200))).beyond is None, "that end was asked for"


# Rows


def test_rows_are_hosts_services_or_stages():
    plan = a_plan(a_step("api@ctl1", hosts=["ctl1"], services=["nova-api"], stage="control"), a_step("cmp1"))
    assert [row.name for row in shown(plan).rows] == ["ctl1", "cmp1"]
    assert [row.name for row in shown(plan, asked=Asked("services")).rows] == ["nova-api", "nova-compute"]
    assert [row.name for row in shown(plan, asked=Asked("stages")).rows] == ["control", "compute"]


def test_rows_are_chosen_by_host_stage_and_state():
    plan = a_plan(a_step("ctl1", stage="control"), a_step("cmp1"), a_step("cmp2"))
    assert [row.name for row in shown(plan, asked=Asked(host="cmp*")).rows] == ["cmp1", "cmp2"]
    assert [row.name for row in shown(plan, asked=Asked(stage="control")).rows] == ["ctl1"]
    failed = [a_status("cmp2", S.FAILED)]
    assert [row.name for row in shown(plan, failed, asked=Asked(state=S.FAILED)).rows] == ["cmp2"]
    assert [row.name for row in shown(plan, failed, asked=Asked(sort="trouble")).rows] == ["cmp2", "ctl1", "cmp1"]
    assert next(row.name for row in shown(plan, failed, asked=Asked(sort="newest")).rows) == "cmp2"
    assert [row.name for row in shown(plan, failed, asked=Asked(sort="name")).rows] == ["cmp1", "cmp2", "ctl1"]


def test_many_hosts_are_shown_in_groups_with_a_way_into_each():
    plan = a_rollout(250)
    line = shown(plan)
    assert line.kind == "groups"
    assert [(row.key, row.name, row.hosts) for row in line.rows] == [
        ("compute/1", "compute: cmp1 .. cmp100", 100),
        ("compute/2", "compute: cmp101 .. cmp200", 100),
        ("compute/3", "compute: cmp201 .. cmp250", 50),
    ]
    inside = shown(plan, asked=Asked(group="compute/3"))
    assert [row.name for row in inside.rows] == [f"cmp{n}" for n in range(201, 251)]
    assert shown(plan, asked=Asked("hosts")).chosen.of == 250


def test_a_row_of_many_steps_tells_of_them_by_sorts():
    plan = a_rollout(30)
    statuses = [
        StepStatus(f"cmp{n}-{action}", S.DONE, 1, started_at=after(n), ended_at=after(n + 1))
        for n in range(1, 11)
        for action in ("cordon", "drain", "upgrade", "uncordon")
    ]
    [row] = shown(plan, statuses, asked=Asked("stages")).rows
    assert row.steps == 120 > DENSE
    assert (row.done, next(one.bar.name for one in row.bars)) == (40, "cordon: 10 of 30")
    assert "cordon: 20 to come" in [one.bar.name for one in row.bars]


@given(st.lists(st.integers(1, 90), max_size=300))
def test_any_paging_shows_each_row_once(weights):
    pages = cut(weights)
    assert [place for begin, end in pages for place in range(begin, end)] == list(range(len(weights)))
    for begin, end in pages:
        assert end - begin <= ROWS
        assert sum(weights[begin:end]) <= BARS or end - begin == 1


@given(st.integers(1, 400), st.integers(-3, 30))
def test_each_host_is_on_one_page(hosts, page):
    plan = a_rollout(hosts, actions=("upgrade",))
    found = an_outline(plan)
    asked = [choose(found, {}, Asked("hosts", page=n)) for n in range(1, choose(found, {}, Asked("hosts")).pages + 1)]
    assert [row.name for one in asked for row in one.rows] == [f"cmp{n}" for n in range(1, hosts + 1)]
    assert 1 <= choose(found, {}, Asked("hosts", page=page)).page <= len(asked)
    assert sum(row.hosts for row in groups(found)) == hosts
