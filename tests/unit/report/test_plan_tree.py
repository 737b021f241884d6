"""A plan is read in a minute, whatever the size of the cloud."""

from dataclasses import replace

import pytest

from golden_text import assert_golden
from planning import binding, planned, policy
from stairlift.model.plan import Around, Manner, Queue
from stairlift.report.plan_tree import as_lines, plan_tree
from stairlift.report.runbook import runbook
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud
from stairlift.testing.plans import a_plan, a_step


def tree(plan):
    return "\n".join(as_lines(plan_tree(plan))) + "\n"


def a_mixed_cloud(computes: int) -> CloudBuilder:
    """Every other hypervisor has a router agent."""
    built = a_cloud(network=4, compute=computes)
    for n in range(1, computes + 1, 2):
        built = built.reporting(f"cmp{n}", "neutron-l3-agent")
    return built


def with_infrastructure():
    """Preparation, a gate, and what the cloud stands on, before whole projects in the manner of a deployer."""
    manner = Manner("together", {"*": ("db-expand", "db-contract"), "nova": ("db-expand",)})
    entries = (binding("p-1", "cloud", stage="prepare"), binding("i-2", "cloud", stage="infra"))
    whole = replace(binding("w-3", "cloud"), use="kolla-ansible", manner=manner)
    built = a_cloud().placed("ctl1", "mariadb", "rabbitmq").placed("lb1", "haproxy", "keepalived")
    return planned(built, bindings=(*entries, whole))


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("small", planned(a_cloud())),
        ("large", planned(a_mixed_cloud(500), policy=policy(max_unavailable={"compute": "10%"}))),
        ("two-hops", planned(a_cloud(), to="2026.2", source="2025.1")),
        ("founding", planned(the_founding_cloud(), to="2016.2", source="2016.1")),
        ("ovn", planned(an_ovn_cloud())),
        ("no-strategy", planned(a_cloud(), bindings=(binding("only-compute", stage="compute"),))),
        ("infrastructure", with_infrastructure()),
        ("part", planned(a_cloud(), hosts=("cmp[1-3]",))),
    ],
)
def test_what_people_read(name, plan):
    assert_golden(f"plan/{name}.txt", tree(plan))


def test_five_hundred_hosts_fit_on_a_screen():
    assert len(tree(planned(a_mixed_cloud(500))).splitlines()) < 40


def test_hosts_that_are_treated_alike_are_one_line_wherever_they_stand():
    told = tree(planned(a_mixed_cloud(20)))
    assert "on 10 hosts (cmp1 .. cmp19)" in told
    assert "on 9 hosts (cmp4 .. cmp20)" in told


def test_what_cannot_be_taken_back_says_so():
    plan = planned(a_cloud())
    told = tree(plan)
    assert all("ONE-WAY" in line for line in told.splitlines() if "db-contract" in line)
    assert "safe to stop here" in told


def test_steps_that_nobody_carries_out_stand_out():
    assert "[NO STRATEGY]" in tree(planned(a_cloud(), bindings=()))


def test_more_kinds_than_a_person_reads_are_cut():
    steps = [a_step(f"s{n}", services=(f"nova-{n}",)) for n in range(30)]
    told = tree(a_plan(*steps))
    assert "... and 18 more kinds of steps; -o json has all" in told


def test_an_approval_is_a_persons():
    assert "[a person]" in tree(a_plan(a_step("gate", action="approve")))


def test_the_runbook():
    plan = planned(a_cloud(control=1, network=1, compute=2))
    lines = runbook(plan, lambda step: (f"do {step.action} {','.join(step.services)} on {','.join(step.hosts)}",))
    assert_golden("runbook.txt", "\n".join(lines).replace(plan.hash, "HASH") + "\n")


def test_what_surrounds_a_run_is_its_first_branch_and_both_ends_of_its_runbook():
    alerts, banner = (Around(name, (name, "on"), (name, "off")) for name in ("alerts", "banner"))
    plan = replace(a_plan(a_step("a")), around=(alerts, banner))
    assert tree(plan).splitlines()[1:4] == [
        "├─ around the run, whenever it is not at rest",
        "│  ├─ alerts: alerts on, then alerts off",
        "│  └─ banner: banner on, then banner off",
    ]
    lines = runbook(plan, lambda step: (step.id,), lambda one: (" ".join(one.begin), " ".join(one.end)))
    typed = [line for line in lines if line and not line.startswith("#")]
    assert typed == ["alerts on", "banner on", "a", "banner off", "alerts off"]


def test_a_runbook_can_be_given_to_a_shell_even_where_nothing_is_to_be_typed():
    plan = a_plan(a_step("it's", strategy=None), a_step("gate", action="approve"))
    lines = list(runbook(plan, lambda _: ()))
    assert [line for line in lines if line.startswith(": ")] == [
        ": 'no strategy matches it'\"'\"'s'",
        ": 'a person approves what follows'",
    ]


def test_the_order_of_the_finish_is_kept():
    told = [line for line in tree(planned(a_cloud())).splitlines() if "ONE-WAY" in line]
    places = [next(n for n, line in enumerate(told) if word in line) for word in ("of keystone", "unpin", "of nova")]
    assert places == sorted(places)


def test_queues_and_deadlines_are_said_and_tell_lines_apart():
    made = planned(
        a_cloud(control=1, network=0, compute=0).compute("a1", "a2", zone="az1").compute("b1", zone="az2"),
        queues=(Queue("near-a", {"zone": ("az1",)}),),
        policy=policy(canary=0, deadline={"az1": 5400, "az2": 5400}),
    )
    lines = [line for line in as_lines(plan_tree(made)) if "nova-compute on" in line]
    assert len(lines) == 2
    assert "on 2 hosts (a1, a2), one at a time, by workers of queue near-a, ended after 1h 30m [" in lines[0]
    assert "on b1, ended after 1h 30m [" in lines[1]


def test_approvals_stand_where_they_are_asked_for():
    made = planned(a_cloud(control=1, network=0, compute=2), policy=policy(approve=("start", "canary")))
    lines = [line.strip("├─└│ ") for line in as_lines(plan_tree(made))]
    assert lines.count("approve what follows [a person] safe to stop here") == 2
    assert "why: the canary has come through (1 host: cmp1); next are 1 host: cmp2" in lines
