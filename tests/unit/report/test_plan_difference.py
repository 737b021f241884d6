"""Drift is read in a minute, whatever the number of hosts."""

from dataclasses import replace

from planning import ANY, planned, policy
from stairlift.plan.difference import difference
from stairlift.report.plan_difference import difference_document, difference_lines
from stairlift.testing.clouds import a_cloud


def computes(hosts: int, **given):
    return planned(a_cloud(control=1, network=0, compute=hosts), stages=("compute",), **given)


def lines(old, new, settled=()) -> list[str]:
    return [line.text for line in difference_lines(difference(old, new, set(settled), set()))]


def test_one_host_is_named_by_its_step_and_many_are_counted():
    what = "upgrade neutron-openvswitch-agent, nova-compute on"
    assert lines(computes(3), computes(4)) == [f"new      2025.2-compute@cmp4: {what} cmp4"]
    assert lines(computes(40), computes(3)) == [f"gone     2025.2 compute: {what} 37 hosts (cmp4 .. cmp40)"]


def test_steps_that_change_alike_are_one_line():
    old, new = (computes(30, bindings=(replace(ANY, files={"/x/step": digest}),)) for digest in "ab")
    assert lines(old, new) == ["changed  2025.2-compute@cmp1 and 29 more: file /x/step"]


def test_numbers_are_told_with_what_they_were():
    found = lines(computes(3), computes(3, policy=policy(max_unavailable={"resource": 2}, deadline={"compute": 60})))
    assert "changed  2025.2-compute@cmp1 and 2 more: deadline: none -> 60" in found
    assert "plan     window plane:resource: 1 -> 2" in found


def test_what_is_done_again_is_said_so():
    [line] = lines(computes(2), computes(2), settled=["2025.2-compute@cmp2"])
    assert line.startswith("again    2025.2-compute@cmp2: upgrade ")


def test_a_list_tells_what_comes_and_goes():
    old = computes(2)
    new = replace(old, steps=tuple(replace(s, services=("nova-compute", "x")) for s in old.steps))
    assert lines(old, new) == ["changed  2025.2-compute@cmp1 and 1 more: services -neutron-openvswitch-agent +x"]


def test_an_approval_is_told_by_what_it_covers():
    found = lines(computes(2), computes(2, policy=policy(approve=("canary",))))
    assert "new      2025.2-approve-canary: the canary has come through (1 host: cmp1); next are 1 host: cmp2" in found


def test_nobody_reads_a_hundred_lines():
    old = computes(30)
    new = replace(old, steps=tuple(replace(s, deadline=n) for n, s in enumerate(old.steps, 1)))
    found = lines(old, new)
    assert len(found) == 13
    assert found[-1] == "changed  ... and 18 more; -o json has all"


def test_the_document_has_all_of_it():
    old, new = computes(3), computes(4, policy=policy(max_unavailable={"resource": 2}))
    document = difference_document(difference(old, new, set(), {"2025.2-compute@cmp1"}), (old, new), ("r1", "r2"))
    assert (document["run"], document["replaced_by"], document["hash"]) == ("r1", "r2", new.hash)
    assert [step["id"] for step in document["new"]] == ["2025.2-compute@cmp4"]
    assert document["kept"] == ["2025.2-compute@cmp1"]
    assert {"what": "window plane:resource", "before": 1, "after": 2} in document["plan"]
