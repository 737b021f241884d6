"""The hash is over decisions: nothing of the moment changes it, and every decision does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import ANY, binding, planned, policy, request, seen
from stairlift.model.observation import ServiceRecord
from stairlift.model.plan import Around
from stairlift.plan import plan, plan_hash
from stairlift.reconcile import reconcile
from stairlift.testing.clouds import NOON, CloudBuilder, a_cloud, an_ovn_cloud

PLAN = planned(a_cloud())


def later(built: CloudBuilder, **given) -> CloudBuilder:
    """The same cloud with other heartbeats."""

    def beat(fact):
        return replace(fact, **given) if isinstance(fact, ServiceRecord) else fact

    return replace(built, facts=tuple((source, beat(fact)) for source, fact in built.facts))


def test_a_hash_is_a_sha256_of_the_plan():
    assert PLAN.hash.startswith("sha256:")
    assert len(PLAN.hash) == len("sha256:") + 64
    assert plan_hash(PLAN) == PLAN.hash


@given(st.data())
def test_shuffled_observations_give_the_same_plan(data):
    built = data.draw(st.sampled_from([a_cloud(), an_ovn_cloud()]))
    observations = [replace(o, facts=tuple(data.draw(st.permutations(o.facts)))) for o in built.observations()]
    other = reconcile(data.draw(st.permutations(observations)), name="lab")
    made = plan(other.cloud, data.draw(st.permutations(other.findings)), request("2025.2", "2025.1"), (ANY,))
    assert made == planned(built)


def test_how_long_somebody_expects_it_to_take_decides_nothing():
    told = replace(PLAN, bindings=tuple(replace(one, takes=(60, 90)) for one in PLAN.bindings))
    assert told.bindings != PLAN.bindings
    assert plan_hash(told) == PLAN.hash


def test_heartbeats_do_not_count():
    assert planned(later(a_cloud(), updated_at=NOON - timedelta(minutes=4))).hash == PLAN.hash


def test_what_is_down_or_disabled_for_a_moment_does_not_count():
    assert planned(later(a_cloud(), state="down")).hash == PLAN.hash
    assert planned(later(a_cloud(), status="disabled")).hash == PLAN.hash


def test_findings_do_not_count():
    made = seen(a_cloud())
    other = plan(made.cloud, (), request("2025.2", "2025.1"), (ANY,))
    assert other.findings != PLAN.findings
    assert other.hash == PLAN.hash


AROUND = Around("alerts", ("./silence",), ("./unsilence",))
DECISIONS = {
    "a host more": planned(a_cloud(compute=7)),
    "a service more": planned(a_cloud().reporting("net1", "neutron-metering-agent")),
    "the target": planned(a_cloud(), "2026.1"),
    "where it starts": planned(a_cloud(), "2026.1", "2025.2"),
    "the order": planned(a_cloud(), policy=policy(order="service")),
    "the canary": planned(a_cloud(), policy=policy(canary=2)),
    "a window": planned(a_cloud(), policy=policy(max_unavailable={"compute": 2})),
    "a window as a share": planned(a_cloud(), policy=policy(max_unavailable={"compute": "34%"})),
    "a budget": planned(a_cloud(), policy=policy(failure_budget={"compute": 1})),
    "what happens on failure": planned(a_cloud(), policy=policy(on_failure="pause")),
    "a waiver": planned(a_cloud(), waive=("record.stale",)),
    "a waiver for a subject": planned(a_cloud(), waive=("record.stale:x",)),
    "a stage": planned(a_cloud(), stages=("control",)),
    "some hosts": planned(a_cloud(), hosts=("cmp1",)),
    "all but some hosts": planned(a_cloud(), exclude=("cmp1",)),
    "where it was looked": planned(a_cloud(), sources=("openstack",)),
    "no strategy": planned(a_cloud(), bindings=()),
    "another strategy": planned(a_cloud(), bindings=(replace(ANY, use="ansible"),)),
    "a strategy's options": planned(a_cloud(), bindings=(replace(ANY, options={"argv": ["./step"]}),)),
    "a strategy's files": planned(a_cloud(), bindings=(replace(ANY, files={"/etc/step": "0" * 64}),)),
    "a tool's version": planned(a_cloud(), bindings=(replace(ANY, versions={"ansible-core": "2.19"}),)),
    "an entry more": planned(a_cloud(), bindings=(ANY, binding("never"))),
    "what surrounds it": planned(a_cloud(), around=(AROUND,)),
    "how that ends": planned(a_cloud(), around=(replace(AROUND, end=("./loud",)),)),
    "what can be undone": planned(a_cloud(), bindings=(replace(ANY, can_undo=True),)),
}


@pytest.mark.parametrize("decision", DECISIONS)
def test_every_decision_counts(decision):
    assert DECISIONS[decision].hash != PLAN.hash


def test_no_two_decisions_give_the_same_hash():
    assert len({made.hash for made in DECISIONS.values()}) == len(DECISIONS)


def test_a_plan_that_was_tampered_with_does_not_have_its_hash():
    first, *rest = PLAN.steps
    assert plan_hash(replace(PLAN, steps=(*rest, first))) != PLAN.hash
    assert plan_hash(replace(PLAN, steps=(replace(first, needs=("x",)), *rest))) != PLAN.hash
    assert plan_hash(replace(PLAN, windows={**PLAN.windows, "plane:resource": 99})) != PLAN.hash
