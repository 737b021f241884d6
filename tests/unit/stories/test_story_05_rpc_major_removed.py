"""Story 5: Rocky's controllers no longer spoke to Pike's computes, which had to be new before them."""

from planning import codes, finding, planned, seen
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("release.known", "every hop ends before the next begins")

LEFT_BEHIND = a_cloud(compute=3).running("cmp3", "29.2.0", "nova-compute").running("cmp1", "31.0.0", "nova-compute")


def test_a_compute_that_was_left_a_hop_behind_is_seen_by_the_version_on_it():
    told = finding(seen(LEFT_BEHIND).findings, "release.unfinished")
    assert "nova 29.2.0 on 1 host (2024.1)" in told.message
    assert "--to 2025.1" in told.resolution


def test_the_plan_brings_it_up_before_anything_of_the_next_hop():
    plan = planned(LEFT_BEHIND, to="2026.1", source=None)
    computes = [step for step in plan.steps if "nova-compute" in step.services]
    (behind,) = [step for step in computes if step.hosts == ("cmp3",) and str(step.target) == "2025.1"]
    order = {step.id: number for number, step in enumerate(plan.steps)}
    assert order[behind.id] < min(order[s.id] for s in plan.steps if str(s.target) == "2026.1")


def test_who_says_that_all_is_one_release_is_contradicted():
    told = planned(LEFT_BEHIND, to="2026.1", source="2025.1").findings
    assert "release.contradicted" in codes(told, "error")
