"""Three workers, each on a machine of its own as far as the network goes: one is cut off, one is slow, one is gone."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crews import Crew, prepare_database, until
from postgres import Server, running
from real.networks import Cable, cables
from slowly import slow_road
from stairlift.store.sql import open_store
from witness import begun, check, lines_of

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may make network namespaces"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs iproute2"),
]
TTL = 9.0
#: In seconds each way: every transaction takes about half a second. Not every kernel has netem, so it is a relay.
SLOW_PORT, DELAY = 5999, 0.04
HOSTS, WINDOW, LASTING = 24, 6, 2.0
PROGRAM = Path(__file__).parents[1] / "e2e" / "orchestrate_crew.py"


@pytest.fixture
def machines() -> Iterator[list[Cable]]:
    with cables(3) as made:
        yield made


@pytest.fixture
def server(machines: list[Cable]) -> Iterator[Server]:
    """A server that listens on every cable, and nowhere else but on the loopback."""
    with running() as made:
        made.end(signal.SIGINT)
        heard = ",".join(["127.0.0.1", *(cable.here for cable in machines)])
        with (made.folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(f"listen_addresses = '{heard}'\n")
        with (made.folder / "data" / "pg_hba.conf").open("a") as let_in:
            let_in.write("host all all 10.213.0.0/16 scram-sha-256\n")
        made.begin()
        yield made


@pytest.fixture
def crew(server: Server, tmp_path: Path) -> Iterator[Crew]:
    made = Crew(server.database(), tmp_path, ttl=TTL)
    prepare_database(made.url)
    yield made
    made.end()


def _worker(crew: Crew, server: Server, cable: Cable, name: str, port: int = 0) -> None:
    """A worker in a namespace, for whose way to the server another port may be the slow one."""
    address = server.url(crew.url.rpartition("/")[2], host=cable.here)
    address = address.replace(f":{server.port}/", f":{port or server.port}/")
    crew.worker(name, jobs=3, around=cable.inside, url=f"{address}?connect_timeout=3&tcp_user_timeout=4000")


def _lost(crew: Crew) -> set[str]:
    """The workers whose attempts were given up; what was lost in another way, as it was told."""
    store = open_store(crew.url, crew.folder / "locks")
    try:
        attempts = [attempt for run in store.runs() for attempt in store.attempts(run.id)]
    finally:
        store.close()
    lost = [attempt.reason for attempt in attempts if attempt.result == "unknown"]
    return {reason.split()[1] if "has not been heard of" in reason else reason for reason in lost}


def test_cut_slow_gone(crew: Crew, server: Server, machines: list[Cable]) -> None:
    cut, slow, gone = machines
    _worker(crew, server, cut, "cut")
    _worker(crew, server, gone, "gone")
    with slow_road(slow.here, SLOW_PORT, (slow.here, server.port), DELAY):
        _worker(crew, server, slow, "slow", SLOW_PORT)
        _cut_slow_gone(crew, cut, gone)


def _cut_slow_gone(crew: Crew, cut: Cable, gone: Cable) -> None:
    argv = [sys.executable, str(PROGRAM), str(crew.folder), str(HOSTS), str(WINDOW), str(LASTING)]
    orchestrator = subprocess.Popen(
        argv, env=crew.environment("orchestrator"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: begun(crew.folder) >= WINDOW or orchestrator.poll() is not None)
    assert orchestrator.poll() is None, orchestrator.communicate()
    until(lambda: bool(crew.workers()["cut"].attempts))
    cut.cut()
    until(lambda: begun(crew.folder) >= WINDOW + 2)
    until(lambda: bool(crew.workers()["gone"].attempts))
    gone.lose()
    until(lambda: {"cut", "gone"} <= _lost(crew), 90)
    before = len(lines_of(crew.folder))
    cut.mend()
    out, errors = orchestrator.communicate(timeout=180)
    assert (out.split()[-1:], errors) == (["done"], "")
    store = open_store(crew.url, crew.folder / "locks")
    results = check(store, crew.folder, HOSTS)
    store.close()
    assert len(lines_of(crew.folder)) > before
    assert results["unknown"] >= 2
    assert _lost(crew) == {"cut", "gone"}, "who is only slow keeps what he has"
    until(lambda: crew.workers()["cut"].silence < TTL, 60)
    print(f"{HOSTS} steps, {results['unknown']} attempts lost and done again: 0 lost, 0 finished twice, 0 doubles")
