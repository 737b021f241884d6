"""Which workers carry out which steps."""

from planning import binding, codes, finding, planned, policy
from stairlift.model.plan import Queue
from stairlift.testing.clouds import CloudBuilder, a_cloud

NEAR_A = Queue("a", {"zone": ("az1",)})
REST = Queue("rest", {})


def zones() -> CloudBuilder:
    return a_cloud(control=1, network=0, compute=0).compute("a1", "a2", zone="az1").compute("b1", zone="az2")


def queues(*rules: Queue, **given) -> dict[str, str]:
    return {step.id: step.queue for step in planned(zones(), queues=rules, **given).steps}


def test_without_queues_all_stays_on_the_orchestrators_machine():
    assert set(queues().values()) == {""}
    assert planned(zones()).hash == planned(zones(), queues=()).hash


def test_the_first_that_matches_counts():
    found = queues(NEAR_A, REST)
    assert (found["2025.2-compute@a1"], found["2025.2-compute@b1"]) == ("a", "rest")
    assert found["2025.2-control@ctl1"] == "rest"
    assert set(queues(REST, NEAR_A).values()) == {"rest"}


def test_what_no_queue_matches_stays():
    assert queues(NEAR_A)["2025.2-compute@b1"] == ""


def test_the_keys_of_strategies_match_as_well():
    found = queues(Queue("db", {"action": ("db-*",), "project": ("nova",)}), Queue("one", {"host": ("b?",)}))
    assert {step for step, queue in found.items() if queue == "db"} == {
        step for step in found if "-db-" in step and step.endswith("-nova")
    }
    assert found["2025.2-compute@b1"] == "one"


def test_an_approval_is_in_no_queue():
    made = planned(zones(), queues=(REST,), policy=policy(approve=("start", "canary")))
    assert {s.queue for s in made.steps if s.action == "approve"} == {""}


def test_a_step_over_several_queues_stays_and_a_finding_says_so():
    one_host = (Queue("first", {"host": ("a1",)}), REST)
    given = {"bindings": (binding("all", "batch"),), "policy": policy(canary=0, max_unavailable={"resource": 2})}
    made = planned(zones(), queues=one_host, **given)
    [both] = [s for s in made.steps if s.hosts == ("a1", "a2")]
    assert both.queue == ""
    told = finding(made.findings, "queue.several")
    assert (told.severity, told.subject) == ("warning", "compute/upgrade")
    assert both.id in told.message
    assert "first and rest" in told.message


def test_a_queue_that_nothing_goes_to_is_told_but_not_of_a_part():
    far = Queue("far", {"zone": ("az9",)})
    assert finding(planned(zones(), queues=(far, REST)).findings, "queue.unused").subject == "far"
    assert "queue.unused" not in codes(planned(zones(), queues=(far, REST), hosts=("a1",)).findings)


def test_where_it_is_carried_out_is_decided_and_so_in_the_hash():
    assert planned(zones(), queues=(REST,)).hash != planned(zones()).hash
