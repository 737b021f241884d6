"""How soon watchers of a run hear of what happens, and what it costs a server that many only wait.

A real server in a process of its own; its watchers are real sockets in another one. First 200 watch one run, of whose
journal an event is written every 100 ms. Then 200 have the page of that run open, and do what its script does: at each
ring of the doorbell they fetch the page's regions; an event is written every second. Then 1,000 hang on a doorbell that
never rings, and somebody asks beside them. Times are from just before an event is committed to its arrival, in the
stream or on the page, on one machine's clock.
"""

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

import psutil

from bench.measuring import Failed
from bench.table import Ratio, Table
from stairlift.drive.begin import new_run
from stairlift.model.plan_document import to_document
from stairlift.model.run import Change
from stairlift.ports import Journal, Records
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
#: Between two events, in seconds: for who reads the stream, for who has the page open. Hosts of the run.
PAUSE, PAGE_PAUSE, HOSTS = 0.1, 1.0, 200
#: For the last of them to arrive.
LAST = 5.0
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
    records: Records

    @property
    def newest(self) -> int:
        """The number of the run's newest event."""
        event = self.records.latest(self.run)
        return event.seq if event else 0

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
    """Three tables in one: those who watch, those who have the page open, those who wait."""
    watchers, idle, seconds = (QUICK_WATCHERS, QUICK_IDLE, QUICK_SECONDS) if quick else (WATCHERS, IDLE, SECONDS)
    _room_for(2 * idle + 200)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder / 'stairlift.sqlite'}", folder / "locks")
        with store.hold("bench") as journal, _site(folder, store, journal) as site:
            heard = _watched(site, journal, watchers, seconds)
            heard |= _looked_at(site, journal, watchers, seconds)
            waited = _waited_beside(site, idle, seconds)
    return _table(watchers, idle, heard | waited)


def _watched(site: Site, journal: Journal, watchers: int, seconds: float) -> dict[str, float]:
    with _clients(site, f"/v1/runs/{site.run}/events?after={site.newest}", watchers) as client:
        written, share = _written(site, journal, (seconds, PAUSE))
        time.sleep(LAST)
        late = sorted(_told(client)["late"])
    if len(late) != watchers * len(written):
        raise Failed(f"watchers: {watchers * len(written)} arrivals were due, and {len(late)} came")
    return {"p50": median(late), "p99": late[int(0.99 * len(late))], "max": late[-1], "busy": share}


def _looked_at(site: Site, journal: Journal, watchers: int, seconds: float) -> dict[str, float]:
    bell = f"/v1/runs/{site.run}/bell?after={site.newest}"
    with _clients(site, bell, watchers, f"/runs/{site.run}") as client:
        written, share = _written(site, journal, (seconds, PAGE_PAUSE))
        time.sleep(LAST)
        seen = _told(client)["seen"]
    late = sorted(_lateness(seq, at, pages) for seq, at in written for pages in seen)
    drawn = sum(map(len, seen))
    return {
        "page p50": median(late),
        "page p99": late[int(0.99 * len(late))],
        "page max": late[-1],
        "page busy": share,
        "page cpu": share * len(written) * PAGE_PAUSE / drawn,
    }


def _lateness(seq: int, at: float, pages: Sequence[tuple[int, float]]) -> float:
    """How long after an event a watcher had it on its page."""
    for shown, when in pages:
        if shown >= seq:
            return when - at
    raise Failed(f"watchers: event {seq} was never on the page of one of them")


def _written(site: Site, journal: Journal, rhythm: tuple[float, float]) -> tuple[list[tuple[int, float]], float]:
    """Events for so many seconds, with a pause between two: number and time of each, and how busy the server was."""
    seconds, pause = rhythm
    cpu, began = site.cpu, time.monotonic()
    written = []
    while time.monotonic() - began < seconds:
        at = now()
        [event] = journal.commit(site.run, [Change("bench.tick", at)])
        written.append((event.seq, at.timestamp()))
        time.sleep(pause)
    return written, (site.cpu - cpu) / (time.monotonic() - began)


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
def _site(folder: Path, records: Records, journal: Journal) -> Iterator[Site]:
    plan = a_rollout(HOSTS, cloud="bench")
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
            site = Site(f"http://127.0.0.1:{port}", token, run.id, psutil.Process(server.pid), records)
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
def _clients(site: Site, path: str, number: int, page: str = "") -> Iterator["subprocess.Popen[str]"]:
    """So many watchers, once all of them are heard; with a page that they have open."""
    argv = [sys.executable, str(_CLIENT), site.address, site.token, path, str(number), *filter(None, (page,))]
    client = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if client.stdout is None or client.stdout.readline().strip() != "ready":
            raise Failed("watchers: not all of them got through")
        yield client
    finally:
        client.kill()
        client.wait()


def _told(client: "subprocess.Popen[str]") -> Mapping[str, list[Any]]:
    """What the watchers have heard."""
    found: Mapping[str, list[Any]] = json.loads(client.communicate("end\n", timeout=60)[0])
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
        f"the same on {watchers} open pages, 1 event a second: p50, ms": f"{1000 * found['page p50']:.0f}",
        "on the page: p99, ms": f"{1000 * found['page p99']:.0f}",
        "on the page: the latest, ms": f"{1000 * found['page max']:.0f}",
        "the server meanwhile, share of a core, with pages": f"{found['page busy']:.2f}",
        "of it for each page, ms": f"{1000 * found['page cpu']:.1f}",
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
            Ratio("latest arrival on a page / 1 s", found["page max"] / MOST_LATE, 1.0),
            Ratio("slowest answer beside idle watchers / 0.5 s", found["slowest"] / MOST_ASKED, 1.0),
        ),
    )
