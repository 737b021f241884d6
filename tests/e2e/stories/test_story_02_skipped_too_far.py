"""Story 2: from Rocky to Xena at once. Conductors refused to start, and without one no compute could show that it is new."""

from dataclasses import replace

import pytest

from planning import hosts_of, planned
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.client import SandboxError
from stairlift.testing.clouds import a_cloud
from stories import checked, sections

CAUGHT_BY = ("path.allowed", "nova.minimum_version", "every hop ends before the next begins")


def test_the_accident_itself_in_the_sandbox(staged):
    cloud_there, _ = staged(replace(cloud(release="2023.1", control=1, network=0, compute=1), name="far"))
    cloud_there.database("nova", "expand", "2025.1")
    with pytest.raises(SandboxError, match="TooOldComputeService"):
        cloud_there.upgrade("ctl1", "nova-conductor", "2025.1")


def test_no_plan_leads_there_in_one_hop(staged):
    _, desk = staged(replace(cloud(release="2023.1", control=1, network=1, compute=2), name="far"))
    assert desk.plans(source="2023.1", to="2025.1")["hops"] == ["2024.1", "2025.1"]
    assert "plan.not_an_upgrade" in desk.refused(source="2023.1", to="2022.2")


def test_before_slurp_no_release_is_skipped():
    plan = planned(a_cloud(microversion="2.65"), to="2021.2", source="2018.2")
    assert list(map(str, plan.hops)) == ["2019.1", "2019.2", "2020.1", "2020.2", "2021.1", "2021.2"]


def test_all_computes_of_a_hop_come_before_the_control_plane_of_the_next():
    plan = planned(a_cloud(microversion="2.95"), to="2025.1", source="2023.1")
    order = {step.id: n for n, step in enumerate(plan.steps)}
    first = [s for s in plan.steps if "nova-compute" in s.services and str(s.target) == "2024.1"]
    second = [s for s in plan.steps if str(s.target) == "2025.1"]
    assert set(hosts_of(first)) == {f"cmp{n}" for n in range(1, 7)}
    assert max(order[s.id] for s in first) < min(order[s.id] for s in second)


def test_a_compute_that_is_older_than_the_target_takes_is_seen_in_the_database():
    built = a_cloud(control=1, network=0, compute=1).placed("db1", "mariadb")
    answers = {"db1": sections(version="10.11.6-MariaDB", services="nova_cell1\t61\t3")}
    result = checked("nova.minimum_version", built, answers, to="2026.1")
    (found,) = result.findings
    assert (result.state, found.subject) == ("failed", "nova_cell1")
    assert "version 61" in found.message
