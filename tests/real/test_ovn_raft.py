"""A Raft cluster of three real ovsdb-servers: what the looks and the checks make of it while members come and go."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stairlift.check.hosts.ovn import MEMBERS
from stairlift.drive.checks import judged
from stairlift.inventory.host_facts import facts
from stairlift.inventory.host_script import rows
from stairlift.inventory.host_script import script as look_script
from stairlift.knowledge.scripts import script
from stairlift.model.check import Judgement, Reply, Scene
from stairlift.model.observation import DutyRecord
from stairlift.testing.clouds import CloudBuilder
from stairlift.testing.scenes import scene_of

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("ovsdb-server") is None, reason="needs Debian's openvswitch-switch"),
]

HOSTS = ("ctl1", "ctl2", "ctl3")
SCHEMA = """{"name": "OVN_Northbound", "version": "1.0.0", "tables":
  {"NB_Global": {"columns": {"nb_cfg": {"type": "integer"}}, "isRoot": true}}}"""
#: Many times the election timer of a new cluster, which is a second.
_LONG = 60.0


class Cluster:
    """Three servers of one database. Each has a folder of its own for what a host has in /var/run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._addresses = dict(zip(HOSTS, map("tcp:127.0.0.1:{}".format, _free_ports(len(HOSTS))), strict=True))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def create(self) -> None:
        """The first makes it, the others join it."""
        schema = self._folder / "schema"
        schema.write_text(SCHEMA)
        first, *others = HOSTS
        for host in HOSTS:
            (self.run(host) / "ovn").mkdir(parents=True)
        _tool("create-cluster", self._base(first), schema, self._addresses[first])
        for host in others:
            _tool("join-cluster", self._base(host), "OVN_Northbound", self._addresses[host], self._addresses[first])
        for host in HOSTS:
            self.start(host)

    def run(self, host: str) -> Path:
        """What is in /var/run there."""
        return self._folder / host

    def _base(self, host: str) -> Path:
        return self._folder / f"{host}.db"

    def start(self, host: str) -> None:
        """The server of this host."""
        control = self.run(host) / "ovn" / "ovnnb_db.ctl"
        argv = ["ovsdb-server", str(self._base(host)), f"--unixctl={control}", f"--log-file={self._folder / host}.log"]
        self._processes[host] = subprocess.Popen([*argv, "-vconsole:off"])

    def stop(self, host: str, how: signal.Signals = signal.SIGTERM) -> None:
        """End it in this way."""
        self._processes[host].send_signal(how)
        self._processes.pop(host).wait(_LONG)

    def close(self) -> None:
        """End all that runs."""
        for host in tuple(self._processes):
            self.stop(host, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _tool(*words: object) -> None:
    subprocess.run(["ovsdb-tool", *map(str, words)], check=True, capture_output=True, timeout=_LONG)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster whose members are all there."""
    made = Cluster(tmp_path_factory.mktemp("raft"))
    try:
        made.create()
        yield made
    finally:
        made.close()


def _fed(cluster: Cluster, host: str, text: str) -> bytes:
    """What a script says of a host on which nothing runs but a member of the cluster."""
    whole = f"RUN={cluster.run(host)}\nPROC={cluster.run(host)}\n{text}"
    return subprocess.run(["sh", "-s"], input=whole.encode(), capture_output=True, check=True, timeout=_LONG).stdout


def _scene() -> Scene:
    built = CloudBuilder()
    for host in HOSTS:
        built = built.placed(host, "neutron-server", "ovn-nb-db")
    return scene_of(built)


def _judged(cluster: Cluster) -> Judgement:
    told = {host: _fed(cluster, host, script("ovn.sh")).decode() for host in HOSTS}
    return judged(MEMBERS(), _scene(), {host: Reply(out=out, returncode=0) for host, out in told.items()})


def _until(cluster: Cluster, wanted: Callable[[Judgement], bool]) -> Judgement:
    end = time.monotonic() + _LONG
    while True:
        made = _judged(cluster)
        if wanted(made):
            return made
        assert time.monotonic() < end, made
        time.sleep(0.2)


def _whole(made: Judgement) -> bool:
    return not made.findings and not made.unknown and "leads OVN_Northbound of 3" in made.evidence


def _leaders(cluster: Cluster) -> list[str]:
    """Who leads, as the look at each host tells it."""
    told = {host: facts(host, None, rows(_fed(cluster, host, look_script()))) for host in HOSTS}
    return [host for host, found in told.items() if DutyRecord("ovn-nb-db", host, "leader") in found]


def test_a_whole_cluster_passes_and_the_look_at_its_hosts_tells_who_leads(cluster: Cluster) -> None:
    made = _until(cluster, _whole)
    [leader] = _leaders(cluster)
    assert f"{leader}: leads OVN_Northbound" in made.evidence


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_follower_that_is_away_is_missed_until_it_is_back(cluster: Cluster, how: signal.Signals) -> None:
    _until(cluster, _whole)
    leaders = _leaders(cluster)
    away = next(host for host in HOSTS if host not in leaders)
    cluster.stop(away, how)
    try:
        made = _until(cluster, lambda made: any("has not heard of" in one.message for one in made.findings))
        subjects = {one.subject for one in made.findings}
        if how is signal.SIGKILL:  # which leaves its socket behind
            assert f"ovn-nb-db@{away}" in subjects
        else:
            assert away in made.unknown
    finally:
        cluster.start(away)
    _until(cluster, _whole)


def test_when_the_leader_restarts_another_one_leads(cluster: Cluster) -> None:
    _until(cluster, _whole)
    [leader] = _leaders(cluster)
    cluster.stop(leader)
    try:
        made = _until(cluster, lambda made: any("has not heard of" in one.message for one in made.findings))
        assert leader not in _leaders(cluster)
        assert f"{leader}: leads" not in made.evidence
    finally:
        cluster.start(leader)
    _until(cluster, _whole)
    assert _leaders(cluster) != [leader]


def test_one_member_of_three_is_no_quorum(cluster: Cluster) -> None:
    _until(cluster, _whole)
    left, *others = HOSTS
    for host in others:
        cluster.stop(host)
    try:
        made = _until(cluster, lambda made: any(one.subject == f"ovn-nb-db@{left}" for one in made.findings))
        assert any(
            "disconnected from the cluster" in one.message or "no leader" in one.message for one in made.findings
        )
    finally:
        for host in others:
            cluster.start(host)
    _until(cluster, _whole)
