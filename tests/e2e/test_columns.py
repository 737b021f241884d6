"""`-f value|csv` and `-c` on what people look at as lines, trees and several tables, of a run that has ended."""

import csv
import io
import json

import pytest

from operating import Operator, small_cloud
from stairlift.sandbox.server import Sandbox

STEPS = ["2025.2-compute@cmp1", "2025.2-compute@cmp2"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    with Sandbox(small_cloud()) as cloud:
        operator = Operator(tmp_path_factory.mktemp("finished")).at(cloud).with_strategy()
        operator.plans("--stage", "compute")
        assert operator.types("run", "plan.json", "--yes").code == 0
        yield operator


def lines(operator, *words):
    answer = operator.types(*words)
    assert answer.code == 0, answer.err
    return answer.out.splitlines()


def test_a_status(finished):
    assert lines(finished, "status", "-f", "value", "-c", "STATE") == ["done"]
    assert lines(finished, "list", "-f", "value", "-c", "state", "-c", "cloud") == ["done sandbox"]
    assert lines(finished, "status", "--steps", "-f", "value", "-c", "STEP") == STEPS


def test_the_events(finished):
    rows = list(csv.DictReader(lines(finished, "events", "-f", "csv", "-c", "SEQ", "-c", "KIND")))
    assert [row["SEQ"] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert (rows[0]["KIND"], rows[-1]["KIND"]) == ("run.created", "run.done")
    assert lines(finished, "events", "--follow", "-f", "value", "-c", "KIND")[-1] == "run.done"


def test_the_steps_of_a_plan(finished):
    words = ("plan", "--from", "2025.1", "--to", "2025.2", "--stage", "compute")
    assert lines(finished, *words, "-f", "value", "-c", "STEP") == STEPS
    found = json.loads("\n".join(lines(finished, *words, "-o", "json", "-c", "STEP", "-c", "ACTION")))
    assert found == [{"STEP": step, "ACTION": "upgrade"} for step in STEPS]


def test_one_of_several_tables(finished):
    assert lines(finished, "discover", "-f", "value", "-c", "SERVICE") == ["nova-conductor", "nova-compute"]
    assert sorted(lines(finished, "discover", "-f", "value", "-c", "HOST")) == ["cmp1", "cmp2", "ctl1"]
    wide = csv.reader(io.StringIO("\n".join(lines(finished, "discover", "-f", "csv", "-c", "host", "-c", "roles"))))
    assert next(wide) == ["HOST", "ROLES"]


def test_nothing_to_show_is_nothing(finished):
    answer = finished.types("notices", "-f", "value")
    assert (answer.code, answer.out) == (0, "")
