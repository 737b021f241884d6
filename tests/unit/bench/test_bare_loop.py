"""What the bare loop is worth as a measure: it must leave what Stairlift's leaves, in as many commits."""

import sqlite3

import pytest
from bench import bench_run_loop

STEPS = "SELECT id, position, state, attempt, approved, reason, retries, started_at IS NULL, ended_at IS NULL FROM step"
ATTEMPTS = "SELECT step, number, result, returncode, reason, facts, undo, ended_at IS NULL FROM attempt"
EVENTS = "SELECT kind, step, attempt, data FROM event WHERE step IS NOT NULL"


def _rows(folder, query):
    with sqlite3.connect(folder / "journal.sqlite") as database:
        return sorted(database.execute(query).fetchall())


@pytest.mark.parametrize("name", ["bare", "bare-core"])
def test_the_bare_loops_keep_the_very_rows_that_stairlift_keeps(tmp_path, name):
    costs = {}
    for kind in ("ours", name):
        (tmp_path / kind).mkdir()
        costs[kind] = bench_run_loop.KINDS[kind](tmp_path / kind, 7, 3)
    for query in (STEPS, ATTEMPTS, EVENTS):
        found = _rows(tmp_path / "ours", query)
        assert found == _rows(tmp_path / name, query)
        assert len(found) in (7 * 4, 2 * 7 * 4)
    assert 0 <= costs["ours"]["commits"] - costs[name]["commits"] <= 2  # the run's own start, and its coming to rest
