"""Every bench runs and gives sane ratios; how fast anything is, is no business of a test."""

import math
import os
import shutil
import urllib.parse

import pytest
from bench import dbos, discovery
from bench.__main__ import BENCHES, main
from bench.measuring import Cost, Failed, cheapest, cost_of
from bench.table import Ratio, Table

from stairlift.sandbox.process import SandboxProcess

#: What each bench promises not to exceed, as often as it does.
TARGETS = {
    "discovery": [2],
    "hosts": [1.25],
    "planning": [12, 12],
    "attempt": [],
    "attempts": [0, 0, 0],
    "run-loop": [3.5],
    "dbos": [1],
    "scale": [1, 1.25, 1, 1],
    "rolling": [1 / 1.5, 1.15],
    "meter": [5, 1, 1],
    "completing": [1],
    "pages": [1, 0.3, 300] * 6 + [3, 3, 300] + [1, 0.3, 300] * 2,
    "watchers": [1, 1, 1],
}


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_measures_something(name):
    if name == "hosts" and not shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("no OpenSSH server here")
    if name == "dbos" and not dbos.PYTHON.exists():
        pytest.skip("DBOS has an environment of its own, which `make bench` makes")
    table = BENCHES[name](True)
    assert len(table.rows) >= 2
    assert table.ratios
    assert all(math.isfinite(ratio.value) and ratio.value >= 0 for ratio in table.ratios)
    assert [ratio.at_most for ratio in table.ratios if ratio.at_most is not None] == TARGETS[name]


def test_a_table_is_markdown_with_the_ratios_below():
    table = Table("title", ("client", "s"), (("a", "1.5"), ("longer", "20")), (Ratio("b / a", 13.333, 20),))
    assert (
        str(table)
        == """\
title

| client |   s |
| ------ | --: |
| a      | 1.5 |
| longer |  20 |

b / a: 13.33 (at most 20)"""
    )


def test_the_bare_client_asks_for_the_same_pages_as_the_sources(tmp_path):
    with SandboxProcess("large", tmp_path, hosts=400) as cloud:
        cloud.clouds_yaml(tmp_path / "clouds.yaml")
        clients = discovery.Clients(cloud, tmp_path, 400)
        clients.bare()
        bare = _lists(cloud.log())
        clients.sources()
        both = _lists(cloud.log())
    assert len(bare) == 4  # services, hypervisors, two pages of agents
    assert sorted(both[len(bare) :]) == sorted(bare)


def _lists(log):
    """(path, query) of every list that was asked for, less version documents and tokens."""
    wanted = ("/os-services", "/agents", "/detail")
    return [(r["path"], sorted(urllib.parse.parse_qsl(r["query"]))) for r in log if r["path"].endswith(wanted)]


def test_a_client_that_gets_too_little_is_no_measurement(tmp_path):
    with SandboxProcess("large", tmp_path, hosts=3) as cloud:
        cloud.clouds_yaml(tmp_path / "clouds.yaml")
        with pytest.raises(Failed, match="instead of"):
            discovery.Clients(cloud, tmp_path, 4).sources()


def test_the_cost_of_a_process_counts_its_children_and_its_end(tmp_path):
    cost = cost_of(
        ["/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done"], {}, out=tmp_path / "o"
    )
    assert (tmp_path / "o").read_text() == "done\n"
    assert 0 < cost.cpu <= cost.wall + 0.1
    with pytest.raises(Failed, match="ended with 3"):
        cost_of(["/bin/sh", "-c", "exit 3"], {})


def test_subjects_take_turns_and_the_least_counts():
    asked = []
    costs = {"a": iter([Cost(3, 1), Cost(2, 2)]), "b": iter([Cost(1, 1), Cost(9, 9)])}

    def subject(name):
        asked.append(name)
        return next(costs[name])

    found = cheapest({name: lambda name=name: subject(name) for name in costs}, 2)
    assert asked == ["a", "b", "a", "b"]
    assert found == {"a": Cost(2, 1), "b": Cost(1, 1)}


@pytest.mark.parametrize(
    ("value", "quick", "code"), [(2.0, False, 0), (2.01, False, 1), (math.nan, False, 1), (3.0, True, 0)]
)
def test_a_missed_target_is_the_exit_code(monkeypatch, capsys, value, quick, code):
    table = Table("title", ("name", "n"), (("a", "1"),), (Ratio("a / b", value, 2), Ratio("c / d", 99)))
    monkeypatch.setitem(BENCHES, "attempt", lambda _: table)
    assert main(["attempt", *(["--quick"] if quick else [])]) == code
    said = capsys.readouterr()
    assert "title" in said.out
    assert ("missed: a / b" in said.err) == bool(code)


def test_a_bench_that_could_not_be_carried_out_says_why(monkeypatch, capsys):
    def fail(_):
        raise Failed("no such program")

    monkeypatch.setitem(BENCHES, "attempt", fail)
    assert main(["attempt"]) == 2
    assert capsys.readouterr().err == "attempt: no such program\n"
