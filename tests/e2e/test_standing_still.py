"""A project that is upgraded cold, on a cloud that runs: stopped everywhere before its schema changes, asked for first."""

import sys
from pathlib import Path

import pytest

from operating import Operator
from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.server import Sandbox

pytestmark = pytest.mark.timeout(300)

CONTROL = ("keystone", "nova-api", "nova-conductor", "heat-api", "heat-engine")
#: Does to the sandbox what a step says, and keeps what of heat was running when its schema changed.
DEPLOY = """\
#!{python}
import sys
sys.path.insert(0, {source!r})
from stairlift.sandbox.client import SandboxClient
action, project, services, host, to = sys.argv[1:]
cloud, names = SandboxClient({url!r}), services.split(",")
if action == "drain":
    for name in names:
        cloud.stop(host, name)
elif action.startswith("db-"):
    if project == "heat":
        rows = cloud.state()["hosts"].items()
        alive = [f"{{n}}@{{h}}" for h, r in rows for n, p in r["programs"].items()
                 if n.startswith("heat-") and p["state"] == "running"]
        with open("alive", "a") as file:
            print(action, *alive, file=file)
    cloud.step(host, action, services=names, project=project, to=to)
else:
    cloud.step(host, action, services=names, to=to)
"""
TOML = """\
[[strategy]]
match = {}
use = "command"
argv = ["./deploy", "{action}", "{project}", "{service}", "{host}", "{to}"]
"""
STOPS = """\
[[strategy]]
match = { project = "heat", action = "drain" }
use = "command"
argv = ["./deploy", "{action}", "{project}", "{service}", "{host}", "{to}"]

"""


@pytest.fixture
def cloud():
    scenario = Scenario(
        "cold", Release(2025, 1), hosts("ctl", 2, CONTROL) + hosts("cmp", 1, ("nova-compute",)), timing=QUICK
    )
    with Sandbox(scenario, doors=True) as running:
        yield running


@pytest.fixture
def operator(cloud, tmp_path):
    one = Operator(tmp_path).at(cloud)
    source = str(Path(__file__).resolve().parents[2] / "src")
    one.write("deploy", DEPLOY.format(python=sys.executable, source=source, url=cloud.url)).chmod(0o755)
    return one


def planned(operator, cloud):
    words = ("--inventory", "openstack", "--inventory", cloud.haproxy, "--from", "2025.1", "--to", "2025.2")
    answer = operator.types("plan", *words, "--out", "plan.json", "-o", "json")
    assert answer.code == 0, answer.err
    return answer.document


def heat(cloud):
    """Phase and release of each of heat's programs."""
    rows = cloud.state()["hosts"].items()
    return {
        (name, host): (one["state"], one["release"])
        for host, row in rows
        for name, one in row["programs"].items()
        if name.startswith("heat-")
    }


def test_nothing_old_of_it_meets_the_new_schema_and_the_question_comes_before_it_is_down(operator, cloud):
    operator.write("stairlift.toml", STOPS + TOML)
    made = planned(operator, cloud)
    assert "plan.cold" not in {f["code"] for f in made["findings"]}
    first = operator.types("run", "plan.json", "--approve", made["hash"])
    assert first.code == 6, first.err
    assert {phase for phase, _ in heat(cloud).values()} == {"running"}, "nobody is down while a question waits"
    done = operator.types("resume", "--yes")
    assert done.code == 0, done.err
    assert (operator.folder / "alive").read_text().splitlines() == ["db-expand"]
    assert set(heat(cloud).values()) == {("running", "2025.2")}


def test_without_an_entry_the_plan_warns_of_who_runs_on(operator, cloud):
    operator.write("stairlift.toml", TOML)
    made = planned(operator, cloud)
    [cold] = [f for f in made["findings"] if f["code"] == "plan.cold"]
    assert (cold["severity"], cold["subject"]) == ("warning", "heat")
    done = operator.types("run", "plan.json", "--yes")
    assert done.code == 0, done.err
    [line] = (operator.folder / "alive").read_text().splitlines()
    assert len(line.split()) == 5, "both of its programs on both hosts"
