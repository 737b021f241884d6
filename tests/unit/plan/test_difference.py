"""What another plan would do otherwise, of what remains."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from planning import ANY, binding, planned, policy
from stairlift.model.difference import Difference, Other
from stairlift.model.plan import Around, Plan, Queue
from stairlift.plan.difference import difference
from stairlift.testing.clouds import a_cloud
from stairlift.testing.plans import a_plan, a_step


def apart(old: Plan, new: Plan, settled=(), kept=()) -> Difference:
    return difference(old, new, set(settled), set(kept))


def computes(hosts: int, **given) -> Plan:
    return planned(a_cloud(control=1, network=0, compute=hosts), stages=("compute",), **given)


def others(found: Difference) -> dict[str, set[str]]:
    return {one.step.id: {other.what for other in one.others} for one in found.changed}


def test_the_same_is_no_difference():
    assert apart(computes(3), computes(3)).empty


def test_hosts_that_come_and_go():
    found = apart(computes(3), computes(4))
    assert [s.id for s in found.new] == ["2025.2-compute@cmp4"]
    assert [s.id for s in apart(computes(3), computes(2)).gone] == ["2025.2-compute@cmp3"]
    assert not found.changed


def test_what_is_settled_is_no_concern_of_either():
    """It may be gone, since it is done, or be there once more and carried over."""
    first = "2025.2-compute@cmp1"
    found = apart(computes(3), replace(computes(3), steps=computes(3).steps[1:]), settled=[first])
    assert (found.gone, found.kept) == ((), ())
    found = apart(computes(3), computes(3), settled=[first], kept=[first])
    assert (found.empty, found.kept) == (True, (first,))


def test_what_was_done_and_has_to_be_done_again_is_told_apart_from_what_is_new():
    found = apart(computes(3), computes(3), settled=["2025.2-compute@cmp1"])
    assert ([s.id for s in found.again], found.new) == (["2025.2-compute@cmp1"], ())


def test_files_and_options_of_a_strategy_are_told_by_the_steps_that_have_it():
    mended = replace(ANY, files={"/x/step": "b"}, options={"argv": ["./other"]})
    old = computes(2, bindings=(replace(ANY, files={"/x/step": "a"}),))
    found = apart(old, computes(2, bindings=(mended,)))
    assert set(others(found)) == {"2025.2-compute@cmp1", "2025.2-compute@cmp2"}
    assert found.changed[0].others == (Other("option argv", None, ["./other"]), Other("file /x/step", "a", "b"))
    assert found.plan == (), "it is told once"


def test_a_strategy_that_no_remaining_step_has_is_told_all_the_same():
    """A run of the old plan would not go on with another file of it."""
    unused = binding("other", stage="prepare")
    entries = (replace(unused, files={"/x": "a"}), ANY), (replace(unused, files={"/x": "b"}), ANY)
    old, new = (computes(2, bindings=given) for given in entries)
    assert apart(old, new).plan == (Other("other: file /x", "a", "b"),)


def test_the_number_of_an_entry_is_no_difference():
    old, new = computes(2, bindings=(ANY,)), computes(2, bindings=(replace(ANY, id="any-2"),))
    assert not apart(old, new).changed


def test_windows_and_policy_are_of_the_plan_as_a_whole():
    found = apart(computes(4), computes(4, policy=policy(max_unavailable={"resource": 2})))
    assert found.plan == (
        Other("policy max_unavailable", {}, {"resource": "2"}),
        Other("window plane:resource", 1, 2),
    )
    assert not found.changed


def test_what_surrounds_a_run_is_of_the_plan_and_so_is_its_order():
    alerts, banner = (Around(name, ("true",), ("true",)) for name in ("alerts", "banner"))
    found = apart(computes(1), computes(1, around=(alerts,)))
    assert [(other.what, other.before, other.after["place"]) for other in found.plan] == [("around alerts", None, 1)]
    turned = apart(computes(1, around=(alerts, banner)), computes(1, around=(banner, alerts)))
    assert [other.what for other in turned.plan] == ["around alerts", "around banner"]


def test_a_deadline_and_a_queue_are_of_the_step():
    careful = {"policy": policy(deadline={"compute": 60}), "queues": (Queue("near", {}),)}
    assert others(apart(computes(1), computes(1, **careful))) == {"2025.2-compute@cmp1": {"deadline", "queue"}}


def test_an_approval_that_covers_something_else():
    asked = policy(approve=("canary",))
    found = apart(computes(3, policy=asked), computes(4, policy=asked))
    assert others(found) == {"2025.2-approve-canary": {"covers"}}


def test_a_step_that_waits_for_another_one():
    old = a_plan(a_step("a"), a_step("b"), a_step("c", needs=("a",)))
    new = a_plan(a_step("a"), a_step("b"), a_step("c", needs=("a", "b")))
    assert others(apart(old, new)) == {"c": {"order"}}


def test_waiting_for_what_is_new_is_no_other_order():
    old = a_plan(a_step("a"), a_step("c", needs=("a",)))
    new = a_plan(a_step("a"), a_step("b", needs=("a",)), a_step("c", needs=("a", "b")))
    assert others(apart(old, new)) == {}


@given(st.permutations("abcdef"), st.integers(0, 5))
def test_one_step_that_has_moved_is_the_only_one_that_is_told(names, to):
    moved = names[0]
    order = [*names[1:]]
    order.insert(to, moved)
    old, new = (a_plan(*(a_step(name) for name in steps)) for steps in (names, order))
    found = others(apart(old, new))
    assert set(found) <= {moved} if to != 1 else len(found) == 1
    assert bool(found) == (to != 0)
