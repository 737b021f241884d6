"""Drains on a real Nova and a real Neutron: what the simulated ones are held against."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.availability.bed import Bed

from stairlift.inventory.workload import WorkloadInventory
from stairlift.model.effect import EffectState
from stairlift.model.workload import Workload
from stairlift.openstack.client import SessionCloudClient
from stairlift.strategy.neutron.desk import DHCP
from stairlift.strategy.neutron.desk import Desk as Neutron
from stairlift.strategy.nova.desk import Desk
from stairlift.strategy.nova.drain import DrainHost, Ending
from stairlift.strategy.nova.pace import Pace
from stairlift.strategy.nova.services import ComputeServices
from stairlift.strategy.nova.story import Story
from stairlift.strategy.nova.task import DrainTask, stopped_tag

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]


class Ear:
    """Takes the words of a drain to the test's output."""

    def say(self, text: str) -> None:
        print(text)

    def tell(self, kind: str, **more: Any) -> None:
        print(kind, more)

    def effect(self, name: str, state: EffectState, text: str) -> None:
        print(name, state, text)


@pytest.fixture
def client(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> SessionCloudClient:
    for name, value in bed.environ.items():
        if name.startswith("OS_"):
            monkeypatch.setenv(name, value)
    return SessionCloudClient.from_config()


@pytest.fixture
def cordoned(client: SessionCloudClient) -> Iterator[Callable[[str], str]]:
    """Takes a host out of Nova's choice, and puts it back."""
    services, out = ComputeServices(client), list[str]()

    def cordon(host: str) -> str:
        services.disable(services.of(host), "stairlift test drain")
        out.append(host)
        return host

    yield cordon
    for host in out:
        services.enable(services.of(host))


def _busiest(desk: Desk) -> str:
    hosts = [server.host for server in desk.servers() if server.host and server.vm_state == "active"]
    assert hosts, "the testbed has servers"
    return max(set(hosts), key=hosts.count)


def _drain(desk: Desk, host: str, folder: Path, **given: Any) -> Ending:
    usual = {"run": "r1", "step": "s", "policy": "live-migrate", "per_host": 1, "per_cloud": 2, "deadline": 600.0}
    task = DrainTask(**{**usual, "host": host, "lock": str(folder / "lock"), "stop_tag": stopped_tag(host), **given})
    return DrainHost(task, desk, Story(Ear(), time.monotonic), Pace.known()).carry_out()


def test_a_host_is_emptied_by_live_migration_to_the_host_that_is_preferred(
    client: SessionCloudClient, cordoned: Callable[[str], str], tmp_path: Path
) -> None:
    desk = Desk(client)
    host = cordoned(_busiest(desk))
    before = {server.id for server in desk.servers(host=host)}
    new = next(one.name for one in desk.computes() if one.name != host and one.enabled)
    assert _drain(desk, host, tmp_path, new=(new,)).result == "done"
    after = {server.id: server for server in desk.servers()}
    assert {(after[one].host, after[one].vm_state) for one in before} == {(new, "active")}
    assert not desk.seen_on(host)
    assert not desk.held_on(host)


def test_a_cold_migration_is_confirmed_and_leaves_no_mark(
    client: SessionCloudClient, cordoned: Callable[[str], str], tmp_path: Path
) -> None:
    desk = Desk(client)
    host = cordoned(_busiest(desk))
    before = {server.id for server in desk.servers(host=host)}
    try:
        assert _drain(desk, host, tmp_path, policy="cold").result == "done"
    finally:
        _confirm_what_is_left(client)
    after = [server for server in desk.servers() if server.id in before]
    assert {(server.host != host, server.vm_state, server.tags) for server in after} == {(True, "active", ())}


def _confirm_what_is_left(client: SessionCloudClient) -> None:
    """A drain that failed half-way leaves resizes to be confirmed, and no later drain touches what is not its own."""
    answer = client.get("compute", "/servers/detail?all_tenants=1&status=VERIFY_RESIZE")
    for server in answer.documents["body"]["servers"]:
        client.send("POST", "compute", f"/servers/{server['id']}/action", {"confirmResize": None})


def test_the_source_of_plans_reads_what_a_real_cloud_says(client: SessionCloudClient) -> None:
    source = WorkloadInventory(client)
    answer = source.fetch()
    found = Workload.of(source.read(answer))
    assert answer.documents["notes"] == []
    assert found.servers
    nodes = {one.node for one in found.computes}
    assert nodes == {one.name for one in found.providers}
    assert all(dict(one.capacity)["VCPU"] > 0 for one in found.providers)
    placed = {one.name: dict(one.used)["VCPU"] for one in found.providers}
    for compute in found.computes:
        assert placed[compute.node] >= sum(server.vcpus for server in found.on.get(compute.name, ()))


def test_a_second_dhcp_agent_is_given_a_network_and_taken_off_it(client: SessionCloudClient) -> None:
    """Control hosts have no L2 agent here, so ports of DHCP stay down: to wait for them is for the sandbox to show."""
    desk = Neutron(client)
    made = client.send("POST", "network", "/networks", {"network": {"name": "of-a-test"}})
    network = made.documents["body"]["network"]["id"]
    try:
        one, two = (agent for agent in desk.agents(binary=DHCP) if agent.serves)
        desk.serve(one.id, network)
        assert [agent.host for agent in desk.serving(network)] == [one.host]
        desk.serve(two.id, network)
        assert sorted(agent.host for agent in desk.serving(network)) == sorted([one.host, two.host])
        assert network in desk.networks_of(two.id)
        desk.leave(one.id, network)
        assert [agent.host for agent in desk.serving(network)] == [two.host]
    finally:
        client.send("DELETE", "network", f"/networks/{network}")
