"""A plan as JSON and back, and what is no plan."""

import copy
import json
from dataclasses import replace

import pytest

from planning import ANY, binding, planned, policy
from stairlift.model.errors import UsageError
from stairlift.model.plan import Around
from stairlift.model.plan_document import SCHEMA, from_document, to_document
from stairlift.plan import plan_hash
from stairlift.testing.clouds import a_cloud

PLAN = planned(
    a_cloud(),
    "2026.1",
    bindings=(binding("p", "batch", stage="prepare"), ANY),
    policy=policy(max_unavailable={"compute": "10%"}, failure_budget={"compute": 1}),
    waive=("record.stale:nova-compute@x:y", "cell.unreachable"),
    sources=("openstack", "ansible:/etc/inventory"),
    os_cloud="lab",
)
DOCUMENT = json.loads(json.dumps(to_document(PLAN)))


def test_it_comes_back_as_it_left():
    back = from_document(DOCUMENT)
    assert back == PLAN
    assert plan_hash(back) == PLAN.hash
    assert json.loads(json.dumps(to_document(back))) == DOCUMENT


def test_what_surrounds_a_run_comes_back_and_without_it_nothing_is_said_of_it():
    around = Around(
        "alerts", ("./silence", "{run}"), ("./unsilence", "{begun}"), ("true",), 45, "/etc", {"/x": "0" * 64}
    )
    made = planned(a_cloud(), around=(around,))
    back = from_document(json.loads(json.dumps(to_document(made))))
    assert back == made
    assert plan_hash(back) == made.hash
    assert "around" not in DOCUMENT


def test_how_long_an_entry_says_comes_back_and_where_none_does_nothing_is_said():
    made = planned(a_cloud(), bindings=(replace(ANY, takes=(60, 90)),))
    assert from_document(json.loads(json.dumps(to_document(made)))) == made
    assert all("takes" not in one for one in DOCUMENT["strategies"])


def test_the_keys_of_the_contract():
    assert DOCUMENT["schema"] == SCHEMA == "stairlift.plan/1"
    assert {"schema", "hash", "cloud", "from", "to", "hops", "steps", "findings"} <= set(DOCUMENT)
    step = {
        "id",
        "action",
        "stage",
        "plane",
        "project",
        "services",
        "hosts",
        "strategy",
        "needs",
        "reason",
        "reversibility",
    }
    assert all(step <= set(s) for s in DOCUMENT["steps"])
    assert (DOCUMENT["from"], DOCUMENT["to"], DOCUMENT["hops"]) == ("2025.1", "2026.1", ["2026.1"])


def test_what_a_later_version_adds_is_no_harm():
    assert from_document(DOCUMENT | {"weather": "fine"}) == PLAN


@pytest.mark.parametrize(
    "document", [None, [], "plan", 7, {}, {"schema": "stairlift.plan/2"}, {"schema": "stairlift.cloud/1"}]
)
def test_what_is_no_plan(document):
    with pytest.raises(UsageError) as wrong:
        from_document(document)
    assert wrong.value.code == "plan.unreadable"
    assert wrong.value.resolution


@pytest.mark.parametrize("key", sorted(set(DOCUMENT) - {"schema", "os_cloud"}))
def test_a_plan_with_a_key_missing_or_of_another_kind(key):
    torn = {k: v for k, v in DOCUMENT.items() if k != key}
    with pytest.raises(UsageError):
        from_document(torn)


@pytest.mark.parametrize(
    "key", ["steps", "hops", "placement", "windows", "findings", "strategies", "waivers", "left_out"]
)
@pytest.mark.parametrize("value", [7, "text", [7], {"a": None}, None])
def test_a_plan_with_a_value_of_another_kind_never_ends_in_a_traceback(key, value):
    with pytest.raises(UsageError):
        from_document(DOCUMENT | {key: value})


@pytest.mark.parametrize("key", ["id", "action", "services", "hosts", "needs", "after", "from", "to", "slots"])
@pytest.mark.parametrize("value", [7, [7], None, {}])
def test_a_step_with_a_value_of_another_kind(key, value):
    document = copy.deepcopy(DOCUMENT)
    document["steps"][0][key] = value
    with pytest.raises(UsageError):
        from_document(document)


@pytest.mark.parametrize(
    ("key", "word"), [("action", "explode"), ("stage", "encore"), ("plane", "astral"), ("reversibility", "maybe")]
)
def test_a_step_with_a_word_that_means_nothing(key, word):
    document = copy.deepcopy(DOCUMENT)
    document["steps"][0][key] = word
    with pytest.raises(UsageError):
        from_document(document)
