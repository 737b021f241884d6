"""Servers are looked at only where a plan moves them, and a plan's hash knows nothing of them."""

from dataclasses import replace

import pytest

from stairlift.model.policy import Policy
from stairlift.model.release import Release
from stairlift.openstack.client import SessionCloudClient
from stairlift.plan import Request
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.server import Sandbox
from stairlift.sandbox.tenants import FlavorSpec, ServerSpec
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.look import Where, look
from stairlift.wiring.planning import make_plan

TPM = FlavorSpec("tpm", vcpus=1, ram=64, disk=1, extra_specs={"hw:tpm_version": "2.0"})


@pytest.fixture
def box(tmp_path, monkeypatch):
    scenario = replace(
        cloud(control=1, network=2, compute=3), flavors=(TPM,), servers=(ServerSpec("secret", "cmp2", flavor="tpm"),)
    )
    with Sandbox(scenario) as made:
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(made.clouds_yaml(tmp_path / "clouds.yaml")))
        monkeypatch.setenv("OS_CLOUD", "sandbox")
        yield made


def planned(where, **policy):
    request = Request(Release(2025, 2), source=Release(2025, 1), policy=Policy(**policy))
    return make_plan(look(where), request, where, Settings(policy=request.policy))


WHERE = Where(("openstack",))


def asked(box):
    return [one["path"] for one in box.log() if "servers/detail" in one["path"]]


def codes(made):
    return {f.code for f in made.findings}


def test_a_plan_that_moves_nobody_asks_for_no_servers(box):
    made = planned(WHERE, cordon=True)
    assert not asked(box)
    assert "drain.stays" not in codes(made)
    assert {s.action for s in made.steps if s.stage == "compute"} == {"cordon", "upgrade", "uncordon"}


def test_a_drain_tells_who_stays_and_the_hash_stays_the_same(box):
    made = planned(WHERE, drain="live-migrate")
    assert asked(box)
    [found] = [f for f in made.findings if f.code == "drain.stays"]
    assert "secret (project " in found.message
    assert "cmp2" in found.message
    server = found.subject
    SessionCloudClient.from_config("sandbox").send("DELETE", "compute", f"/servers/{server}")
    again = planned(WHERE, drain="live-migrate")
    assert "drain.stays" not in codes(again)
    assert again.hash == made.hash


def test_a_recording_needs_the_servers_in_it(box, tmp_path):
    for name, specs in (("without", ("openstack",)), ("with", ("openstack", "workload"))):
        look(Where(specs), save=tmp_path / name)
    bare = planned(Where((f"recording:{tmp_path / 'without'}",)), drain="cold")
    assert ("drain.unseen", "error") in {(f.code, f.severity) for f in bare.findings}
    whole = planned(Where((f"recording:{tmp_path / 'with'}",)), drain="live-migrate")
    assert "drain.stays" in codes(whole)


def test_network_nodes_are_looked_after_by_policy(box):
    made = planned(WHERE, drain_networks=True)
    assert [s.action for s in made.steps if s.hosts == ("net1",) and s.stage == "network"] == [
        "drain",
        "upgrade",
        "uncordon",
    ]
    assert {b.use for b in made.bindings} == {"neutron"}
    assert made.policy["drain_networks"] is True
