"""How soon watchers of a run hear of what happens, and what it costs a server that many only wait.

A real server in a process of its own; its watchers are real sockets in another one. First 200 watch one run, of whose
journal an event is written every 100 ms; then 1,000 hang on a doorbell that never rings, and somebody asks beside them.
Times are from just before an event is committed to its arrival, on one machine's clock.
"""

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.request import Request, urlopen

import psutil

from bench.measuring import Failed
from bench.table import Ratio, Table
from stairlift.drive.begin import new_run
from stairlift.model.plan_document import to_document
from stairlift.model.run import Change
from stairlift.ports import Journal
from stairlift.run import changes
from stairlift.store.keys import SqlKeys
from stairlift.store.opening import open_engine
from stairlift.store.sql import open_store
from stairlift.testing.plans import a_rollout
from stairlift.wiring.admitting import Wish, issue
from stairlift.wiring.clock import now

WATCHERS, QUICK_WATCHERS = 200, 5
IDLE, QUICK_IDLE = 1000, 20
SECONDS, QUICK_SECONDS = 20.0, 2.0
#: Between two events, in seconds.
PAUSE = 0.1
#: What the page promises, and how long somebody may wait for an answer beside idle watchers. Seconds.
MOST_LATE, MOST_ASKED = 1.0, 0.5
_CLIENT = Path(__file__).parent / "clients" / "watching.py"


@dataclass(frozen=True)
class Site:
    """A server, and a run that only this process writes about."""

    address: str
    token: str
    run: str
    process: psutil.Process

    def ask(self, path: str) -> float:
        """Seconds that an answer takes."""
        asked = Request(f"{self.address}{path}", headers={"Authorization": f"Bearer {self.token}"})
        began = time.perf_counter()
        with urlopen(asked, timeout=30) as answer:
            answer.read()
        return time.perf_counter() - began

    @property
    def cpu(self) -> float:
        """Seconds of processor so far."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)

    @property
    def resident_mb(self) -> float:
        """What it holds."""
        return float(self.process.memory_info().rss / 2**20)


def measure(quick: bool) -> Table:
    """Two tables in one: those who watch, those who wait."""
    watchers, idle, seconds = (QUICK_WATCHERS, QUICK_IDLE, QUICK_SECONDS) if quick else (WATCHERS, IDLE, SECONDS)
    _room_for(2 * idle + 200)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder / 'stairlift.sqlite'}", folder / "locks")
        with store.hold("bench") as journal, _site(folder, journal) as site:
            heard = _watched(site, journal, watchers, seconds)
            waited = _waited_beside(site, idle, seconds)
    return _table(watchers, idle, heard | waited)


def _watched(site: Site, journal: Journal, watchers: int, seconds: float) -> dict[str, float]:
    with _clients(site, f"/v1/runs/{site.run}/events?after=2", watchers) as client:
        cpu, began, written = site.cpu, time.monotonic(), 0
        while time.monotonic() - began < seconds:
            journal.commit(site.run, [Change("bench.tick", now())])
            written += 1
            time.sleep(PAUSE)
        share = (site.cpu - cpu) / (time.monotonic() - began)
        time.sleep(1.0)  # for the last of them to arrive
        late = _told(client)["late"]
    if len(late) != watchers * written:
        raise Failed(f"watchers: {watchers * written} arrivals were due, and {len(late)} came")
    late.sort()
    return {"p50": median(late), "p99": late[int(0.99 * len(late))], "max": late[-1], "busy": share}


def _waited_beside(site: Site, idle: int, seconds: float) -> dict[str, float]:
    before = site.resident_mb
    with _clients(site, f"/v1/runs/{site.run}/bell?after=1000000", idle):
        held, cpu, began, asked = site.resident_mb, site.cpu, time.monotonic(), []
        while time.monotonic() - began < seconds:
            asked.append(site.ask(f"/v1/runs/{site.run}/status"))
            time.sleep(0.5)
        share = (site.cpu - cpu) / (time.monotonic() - began)
    return {"kb": 1024 * (held - before) / idle, "share": share, "asked": median(asked), "slowest": max(asked)}


@contextmanager
def _site(folder: Path, journal: Journal) -> Iterator[Site]:
    plan = a_rollout(2, cloud="bench")
    run = new_run(journal, plan, to_document(plan), now=now(), actor="bench")
    journal.commit(run.id, [changes.begun(run, now(), approve_all=False)])
    token = issue(
        SqlKeys(open_engine(f"sqlite:///{folder / 'stairlift.sqlite'}")), Wish("bench", ("read",)), "", now()
    )[1]
    port = _free_port()
    environ = {**os.environ, "STAIRLIFT_STATE_DIR": str(folder)}
    argv = [str(Path(sys.executable).with_name("stairlift")), "serve", "--port", str(port)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(argv, env=environ, stdout=log, stderr=log, cwd=folder)
        try:
            site = Site(f"http://127.0.0.1:{port}", token, run.id, psutil.Process(server.pid))
            _await(site, server, folder / "server.log")
            yield site
        finally:
            server.terminate()
            server.wait(60)


def _await(site: Site, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            site.ask("/readyz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise Failed(f"watchers: the server did not begin: {log.read_text(encoding='utf-8')[-500:]}")


@contextmanager
def _clients(site: Site, path: str, number: int) -> Iterator["subprocess.Popen[str]"]:
    """So many watchers, once all of them are heard."""
    argv = [sys.executable, str(_CLIENT), site.address, site.token, path, str(number)]
    client = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if client.stdout is None or client.stdout.readline().strip() != "ready":
            raise Failed("watchers: not all of them got through")
        yield client
    finally:
        client.kill()
        client.wait()


def _told(client: "subprocess.Popen[str]") -> Mapping[str, list[float]]:
    """What the watchers have heard."""
    found: Mapping[str, list[float]] = json.loads(client.communicate("end\n", timeout=60)[0])
    return found


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _room_for(files: int) -> None:
    """The server inherits how many files may be open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < files:
        raise Failed(f"watchers: {files} files must be open at once, and {most} may")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), most))


def _table(watchers: int, idle: int, found: Mapping[str, float]) -> Table:
    facts = {
        f"an event at {watchers} watchers: p50, ms": f"{1000 * found['p50']:.0f}",
        "p99, ms": f"{1000 * found['p99']:.0f}",
        "the latest, ms": f"{1000 * found['max']:.0f}",
        f"the server, at {1 / PAUSE:.0f} events a second, share of a core": f"{found['busy']:.2f}",
        f"{idle} watchers who wait: memory, KB each": f"{found['kb']:.0f}",
        "the server meanwhile, share of a core": f"{found['share']:.2f}",
        "a status beside them: median, ms": f"{1000 * found['asked']:.0f}",
        "the slowest, ms": f"{1000 * found['slowest']:.0f}",
    }
    return Table(
        title=f"watchers: {watchers} who hear, {idle} who wait",
        heads=("", "measured"),
        rows=tuple(facts.items()),
        ratios=(
            Ratio("latest arrival / 1 s", found["max"] / MOST_LATE, 1.0),
            Ratio("slowest answer beside idle watchers / 0.5 s", found["slowest"] / MOST_ASKED, 1.0),
        ),
    )
