"""The bounds that the rolling bench compares with."""

from pathlib import Path

import pytest
from bench.rolling import TASKS, Field, drawn, list_schedule
from hypothesis import given
from hypothesis import strategies as st

DURATIONS = st.lists(st.floats(0.1, 50), min_size=1, max_size=30)


def test_the_next_host_takes_the_first_place_that_is_free():
    assert list_schedule([4, 1, 1, 1, 3], 2) == 6  # 4 beside 1, 1 and 1; then 3
    assert list_schedule([4, 1, 1, 1, 3], 1) == 10
    assert list_schedule([4, 1, 1, 1, 3], 9) == 4


@given(DURATIONS, st.integers(1, 12))
def test_no_schedule_beats_the_work_shared_out_or_the_longest_host(durations, places):
    makespan = list_schedule(durations, places)
    assert makespan >= max(*durations, sum(durations) / places) - 1e-9
    assert makespan <= sum(durations) / places + max(durations) + 1e-9  # Graham


@given(st.integers(1, 40), st.integers(1, 10))
def test_barriers_never_beat_list_scheduling_by_more_than_a_host(hosts, window):
    field = Field(Path("/nowhere"), drawn(hosts, 15.0), window)
    longest = max(sum(tasks) for tasks in field.draws.values())
    assert field.barriers() >= field.bound() - longest


def test_the_draw_is_the_same_each_time_and_has_the_mean_that_it_says():
    draws = drawn(100, 15.0)
    assert draws == drawn(100, 15.0)
    assert all(len(tasks) == len(TASKS) for tasks in draws.values())
    assert sum(map(sum, draws.values())) / 100 == pytest.approx(15.0, rel=0.01)
    assert max(map(sum, draws.values())) > 2 * 15.0
