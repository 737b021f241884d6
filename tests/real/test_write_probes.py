"""The write probe on a real cloud: ports and servers come and go, in a project of their own, and nothing is left.

The meter is the process that runs have, with an order written by hand. Whole runs with it, and their ledger, are in
tests/e2e/test_write_probes.py.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench.availability.bed import ROOT, Bed

from stairlift.model.availability import Bucket, Failure
from stairlift.model.errors import SourceTrouble
from stairlift.openstack.client import SessionCloudClient
from stairlift.probe.order import ALIVE, OVER, SAMPLES, MeterOrder, MeterSettings, WriteSettings
from stairlift.probe.samples import SampleReader
from stairlift.probe.writing import BOOT, DELETE, PORT, clean, demand_quota, tag_of

pytestmark = [pytest.mark.real, pytest.mark.timeout(1500)]

#: What `testbed seed` has made, and what this makes beside it.
SEEDED, MINE, PASSWORD = "testbed", "stairlift-probe", "of-a-test"
RUN = "261123-abc123"
TAG = tag_of(RUN)
#: Servers that the project may have; the probe has one at a time.
QUOTA = 2
#: Turns of the probe: the second one begins a minute behind the first.
TURNS = 2
WRITES = (PORT.id, BOOT.id, DELETE.id)
#: Seconds until all turns have come to their end, until the process has left, and until Nova has let go of ports.
_LONGEST, _LEAVING, _LETTING_GO = 600.0, 420.0, 120.0


@dataclass(frozen=True)
class Probed:
    """What the meter wrote, and what was seen in the project meanwhile."""

    states: Counter[tuple[str, str]]
    failures: list[str]
    servers: dict[str, dict[str, Any]]
    ports: dict[str, dict[str, Any]]
    log: str


@dataclass(frozen=True)
class Home:
    """Whom the probe works as, in which project, and the testbed for who knows of it."""

    bed: Bed
    project: str
    client: SessionCloudClient

    def servers(self) -> list[dict[str, Any]]:
        """All servers of the project, with their tags."""
        return list(self.client.get("compute", "/servers/detail", "2.52").documents["body"]["servers"])

    def ports(self) -> list[dict[str, Any]]:
        """All ports of the project: their network is somebody else's."""
        return list(self.client.get("network", f"/ports?project_id={self.project}").documents["body"]["ports"])


@dataclass
class Looks:
    """Everything of the project that somebody saw, by its id."""

    home: Home
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    ports: dict[str, dict[str, Any]] = field(default_factory=dict)

    def look(self) -> None:
        """An API that does not answer for a moment is no matter: the next look follows."""
        with suppress(SourceTrouble):
            self.servers |= {one["id"]: one for one in self.home.servers()}
            self.ports |= {one["id"]: one for one in self.home.ports()}


def _id_of(client: SessionCloudClient, service: str, path: str, key: str) -> str:
    (row,) = client.get(service, path).documents["body"][key]
    return str(row["id"])


@contextmanager
def a_project(admin: SessionCloudClient) -> Iterator[str]:
    """A project with a user of its own name, a quota, and the seeded network to use; all of it is removed again."""
    body = {"name": MINE, "domain_id": "default"}
    project = admin.send("POST", "identity", "/projects", {"project": body}).documents["body"]["project"]["id"]
    undo = [("identity", f"/projects/{project}")]
    try:
        told = {"user": body | {"password": PASSWORD}}
        user = admin.send("POST", "identity", "/users", told).documents["body"]["user"]["id"]
        undo.append(("identity", f"/users/{user}"))
        role = _id_of(admin, "identity", "/roles?name=member", "roles")
        admin.send("PUT", "identity", f"/projects/{project}/users/{user}/roles/{role}")
        admin.send("PUT", "compute", f"/os-quota-sets/{project}", {"quota_set": {"instances": QUOTA}})
        undo.append(("compute", f"/os-quota-sets/{project}"))
        network = _id_of(admin, "network", f"/networks?name={SEEDED}", "networks")
        shared = {
            "object_type": "network",
            "object_id": network,
            "action": "access_as_shared",
            "target_tenant": project,
        }
        policy = admin.send("POST", "network", "/rbac-policies", {"rbac_policy": shared})
        undo.append(("network", f"/rbac-policies/{policy.documents['body']['rbac_policy']['id']}"))
        yield project
    finally:
        for service, path in reversed(undo):
            with suppress(SourceTrouble):  # one that is in the way must not keep the others
                admin.send("DELETE", service, path)


@pytest.fixture(scope="module")
def home(bed: Bed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A project of its own, and a second entry in clouds.yaml that leads there."""
    clouds = yaml.safe_load(Path(bed.environ["OS_CLIENT_CONFIG_FILE"]).read_text(encoding="utf-8"))
    admin = clouds["clouds"][bed.environ["OS_CLOUD"]]
    auth = admin["auth"] | {"username": MINE, "project_name": MINE, "password": PASSWORD}
    clouds["clouds"][MINE] = admin | {"auth": auth}
    file = tmp_path_factory.mktemp("clouds") / "clouds.yaml"
    file.write_text(yaml.safe_dump(clouds), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
        with a_project(SessionCloudClient.from_config(bed.environ["OS_CLOUD"])) as project:
            own = replace(bed, environ={**bed.environ, "OS_CLIENT_CONFIG_FILE": str(file)})
            yield Home(own, project, SessionCloudClient.from_config(MINE))


@pytest.fixture(scope="module")
def probed(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Probed:
    """The meter with a write probe, for as many turns: some 90 seconds on a machine with nothing else to do."""
    folder, looks = tmp_path_factory.mktemp("meter"), Looks(home)
    write = WriteSettings(MINE, network=SEEDED, image=SEEDED, flavor=SEEDED)
    (folder / ALIVE).touch()
    MeterOrder(RUN, home.bed.environ["OS_CLOUD"], MeterSettings(rate=5.0, write=write)).write(folder)
    meter = home.bed.spawn([sys.executable, "-m", "stairlift.probe", str(folder)], log=folder / "log", cwd=ROOT)
    try:
        _await_turns(folder, meter, looks)
    finally:
        (folder / OVER).touch()
        _await_end(meter)
    return Probed(*_read(folder), looks.servers, looks.ports, (folder / "log").read_text(encoding="utf-8"))


def _await_turns(folder: Path, meter: subprocess.Popen[bytes], looks: Looks) -> None:
    """What came while this machine stood still tells nothing, so it takes another turn then."""
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end and meter.poll() is None:
        looks.look()
        states, failures = _read(folder)
        if failures or all(states[name, "ok"] >= TURNS for name in WRITES):
            return
        time.sleep(1)


def _await_end(meter: subprocess.Popen[bytes]) -> None:
    """It takes away what it has made before it leaves."""
    try:
        meter.wait(timeout=_LEAVING)
    except subprocess.TimeoutExpired:
        meter.kill()
        meter.wait()


def _read(folder: Path) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How often each target of the write probe came to which state, and why it failed."""
    states, failures = Counter[tuple[str, str]](), list[str]()
    for piece in SampleReader(folder / SAMPLES).pieces():
        match piece:
            case Bucket():
                for name in set(WRITES) & set(piece.tallies):
                    tally = piece.tallies[name]
                    states[name, "ok"] += sum(tally.ok.values())
                    states.update({(name, str(state)): count for state, count in tally.others.items()})
            case Failure() if piece.target in WRITES:
                failures.append(f"{piece.target}: {piece.why}")
            case _:
                pass
    return states, failures


def test_its_project_may_have_few_servers_and_the_probe_asks_for_that(home: Home) -> None:
    limits = home.client.get("compute", "/limits").documents["body"]["limits"]["absolute"]
    assert limits["maxTotalInstances"] == QUOTA
    demand_quota(home.client)


def test_ports_and_servers_were_made_and_removed(probed: Probed) -> None:
    assert probed.failures == [], probed.log
    for name in WRITES:
        assert probed.states[name, "ok"] >= TURNS, (probed.states, probed.log)
        assert probed.states[name, "failed"] == probed.states[name, "denied"] == 0
    assert "nothing is written" not in probed.log


def test_a_minute_lies_between_two_turns(probed: Probed) -> None:
    """There was one server for each turn, and no more than the time allowed."""
    boots = sum(count for (name, _), count in probed.states.items() if name == BOOT.id)
    assert TURNS <= len(probed.servers) <= boots + 1


def test_all_that_it_made_carries_the_tag(probed: Probed) -> None:
    """Nova makes a server's port by itself, and takes it away with the server."""
    assert {(one["name"], tuple(one["tags"]), one["metadata"]["stairlift"]) for one in probed.servers.values()} == {
        (TAG, (TAG,), TAG)
    }
    own = [one for one in probed.ports.values() if one["device_id"] not in probed.servers]
    assert {(one["name"], one["description"]) for one in own} <= {(TAG, TAG)}


def test_nothing_is_left(home: Home, probed: Probed) -> None:
    assert probed.servers, "there was something to be removed"
    assert home.servers() == []
    end = time.monotonic() + _LETTING_GO
    while (left := home.ports()) and time.monotonic() < end:
        time.sleep(1)
    assert left == []
    assert clean(home.client, TAG) == 0
