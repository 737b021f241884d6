"""Who planned or began a run does not approve it, where four eyes are wanted."""

import logging
from dataclasses import replace

import pytest

from houses import a_house, a_run, settings_in
from stairlift.model.access import Caller
from stairlift.model.errors import Refusal
from stairlift.model.shelf import KeptPlan
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_rollout
from stairlift.web.access.four_eyes import demand_approver_at_once, may_approve, may_approve_at_once
from stairlift.wiring.config.serve import ServeSettings
from stairlift.wiring.files import plan_document


def caller(name: str, *rights: str) -> Caller:
    return Caller(name, "id", frozenset(rights or ("read", "approve")))


@pytest.fixture
def house(tmp_path):
    return a_house(tmp_path, settings=settings_in(tmp_path, serve=ServeSettings(four_eyes=True)))


@pytest.fixture
def run(house):
    """Planned by pia, begun by ada."""
    plan = a_rollout(2)
    kept = KeptPlan(plan.hash, plan.cloud, "2025.1", "2025.2", len(plan.steps), NOON, "pia")
    house.library.keep_plan(kept, plan_document(plan))
    return replace(a_run(house, plan).run, actor="ada")


def test_somebody_else_may(house, run):
    assert may_approve(house, caller("bob"), run) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ada", "somebody else has to approve: ada began this run"),
        ("Ada", "somebody else has to approve: Ada began this run"),
        ("pia", "somebody else has to approve: pia made this plan"),
    ],
)
def test_who_had_a_hand_in_it_may_not(house, run, name, said):
    refused = may_approve(house, caller(name), run)
    assert refused
    assert (refused.code, refused.brief) == ("access.four_eyes", said)


def test_who_did_both_is_told_both(house, run):
    refused = may_approve(house, caller("pia"), replace(run, actor="pia"))
    assert refused
    assert refused.brief == "somebody else has to approve: pia made this plan and began this run"


def test_a_plan_that_was_made_elsewhere_has_no_planner_here(house, run):
    other = replace(run, plan_hash="sha256:unknown")
    assert may_approve(house, caller("pia"), other) is None
    assert may_approve(house, caller("ada"), other) is not None


def test_nobody_approves_what_he_begins(house, run):
    for name in ("ada", "bob", "pia"):
        refused = may_approve_at_once(house, caller(name), run.plan_hash)
        assert refused
        assert refused.code == "access.four_eyes"


def test_the_right_counts_first(house, run):
    for refused in (
        may_approve(house, caller("bob", "read", "operate"), run),
        may_approve_at_once(house, caller("bob", "operate"), run.plan_hash),
    ):
        assert refused
        assert refused.code == "access.forbidden"


def test_where_two_eyes_are_enough(tmp_path, run):
    house = a_house(tmp_path)
    assert may_approve(house, caller("ada"), run) is None
    assert may_approve_at_once(house, caller("ada"), run.plan_hash) is None
    assert may_approve(house, caller("ada", "read"), run) is not None


def test_it_is_on_record(house, run, caplog):
    with caplog.at_level(logging.WARNING), pytest.raises(Refusal):
        demand_approver_at_once(house, caller("bob"), run.plan_hash)
    [told] = caplog.messages
    assert told.startswith(f"bob may not approve a run of {run.plan_hash}: somebody else has to approve: bob")
