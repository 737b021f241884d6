"""A host that failed is set aside within the budget, keeps its place, and holds up only what needs it."""

import pytest

from operating import Operator, small_cloud
from stairlift.sandbox.server import Sandbox

POLICY = '[policy]\nfailure_budget = {{ compute = "2%" }}\nmax_unavailable = {{ compute = 20 }}\n{more}'


@pytest.fixture(scope="module")
def cloud():
    """A hundred hypervisors, so that two percent are two."""
    with Sandbox(small_cloud(computes=100)) as it:
        yield it


@pytest.mark.parametrize(
    ("failing", "done", "why"), [((7, 42), 98, "nothing else can start"), ((7, 8, 9), None, "compute is 2")]
)
def test_two_of_a_hundred_may_fail_and_a_third_stops_the_rest(tmp_path, cloud, failing, done, why):
    operator = Operator(tmp_path).at(cloud).with_strategy(POLICY.format(more=""))
    plan = operator.plans("--stage", "compute")
    assert plan["budgets"]["role:compute"] == 2
    operator.write("fail", "".join(f"upgrade cmp{n}\n" for n in failing))
    answer = operator.types("run", "plan.json", "--yes")
    assert answer.code == 5
    status = operator.status()
    assert status["steps"]["failed"] == len(failing)
    assert why in answer.err
    if done is not None:
        assert status["steps"]["done"] == done, "a failed host holds up nobody who does not need it"
    else:
        assert status["steps"]["pending"] > 50, "nothing starts once the budget is spent"
