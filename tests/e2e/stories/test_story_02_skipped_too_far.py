"""Story 2: from Rocky to Xena at once. Conductors refuse to start, and without them no compute can show that it is new."""

from dataclasses import replace

import pytest

from planning import hosts_of, planned
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.client import SandboxError
from stairlift.testing.clouds import a_cloud

CAUGHT_BY = ("path.allowed", "every hop ends before the next begins")


def test_the_accident_itself_in_the_sandbox(staged):
    cloud_there, _ = staged(replace(cloud(release="2023.1", control=1, network=0, compute=1), name="far"))
    cloud_there.database("nova", "expand", "2025.1")
    with pytest.raises(SandboxError, match="TooOldComputeService"):
        cloud_there.upgrade("ctl1", "nova-conductor", "2025.1")


def test_no_plan_leads_there_in_one_hop(staged):
    _, desk = staged(replace(cloud(release="2023.1", control=1, network=1, compute=2), name="far"))
    plan = desk.plans(source="2023.1", to="2025.1")
    assert plan["hops"] == ["2024.1", "2025.1"] or [hop.get("to") for hop in plan["hops"]] == ["2024.1", "2025.1"]
    assert "plan.no_path" in desk.refused(source="2018.2", to="2015.2") or "not_an_upgrade" in desk.refused(
        source="2018.2", to="2015.2"
    )


def test_all_computes_of_a_hop_come_before_the_control_plane_of_the_next():
    plan = planned(a_cloud(microversion="2.95"), to="2025.1", source="2023.1")
    order = {step.id: n for n, step in enumerate(plan.steps)}
    first = [s for s in plan.steps if "nova-compute" in s.services and str(s.target) == "2024.1"]
    second = [s for s in plan.steps if str(s.target) == "2025.1"]
    assert set(hosts_of(first)) == {f"cmp{n}" for n in range(1, 7)}
    assert max(order[s.id] for s in first) < min(order[s.id] for s in second)
