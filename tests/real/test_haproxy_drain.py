"""Draining a real HAProxy: who is out, who was out before us, and that no request fails meanwhile."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from planning import seen
from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.model.release import Release
from stairlift.model.work import Assignment, Outcome, Verdict
from stairlift.strategy.haproxy import HaproxyUpgradeStrategy
from stairlift.strategy.haproxy.options import read_options
from stairlift.strategy.haproxy.strategy import crew_of
from stairlift.strategy.own_job import Notes
from stairlift.testing.clouds import a_cloud
from stairlift.testing.plans import a_step

pytestmark = pytest.mark.real

CONFIGURATION = """\
global
  stats socket {folder}/haproxy.sock mode 600 level admin
  stats socket {folder}/operator.sock mode 600 level operator
  stats socket ipv4@127.0.0.1:{tcp} level admin
defaults
  mode http
  option http-server-close
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  default-server {check}
listen nova_api
  bind 127.0.0.1:{front}
  server ctl1 127.0.0.1:{one}
  server ctl2 127.0.0.1:{two}
listen keystone
  bind 127.0.0.1:{other}
  server ctl1 127.0.0.1:{one}
"""


class Handler(BaseHTTPRequestHandler):
    """Says its microversion; `/slow` takes as long as its server wants."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.slow.wait(20)
        body = json.dumps({"versions": [{"id": "v2.1", "version": self.server.newest}]}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Backend:
    """An API that can be stopped and started on its port."""

    port: int
    newest: str = "2.100"
    status: int = 200
    server: Any = None

    def start(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.newest, self.server.status, self.server.slow = self.newest, self.status, threading.Event()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


class Site:
    """A real HAProxy before two backends of nova-api, and attempts at steps around them."""

    def __init__(self, folder: Path, *, check: str = "check inter 100ms fall 2 rise 1") -> None:
        program = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/sbin:/bin")
        if program is None:
            pytest.skip("haproxy is not installed; the testbed brings it")
        self.program, self.folder = program, folder
        self.one, self.two = Backend(free_port()), Backend(free_port())
        self.front, self.tcp = free_port(), free_port()
        ports = {"one": self.one.port, "two": self.two.port, "front": self.front, "other": free_port(), "tcp": self.tcp}
        (folder / "haproxy.cfg").write_text(CONFIGURATION.format(folder=folder, check=check, **ports))
        self.options = {"folder": str(folder), "socket": ["haproxy.sock"], "drain_within": 10, "up_within": 4}
        self.ledger: dict[str, Effect] = {}
        self.attempts = 0
        self.one.start()
        self.two.start()
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "-db", "-f", self.folder / "haproxy.cfg"], stderr=subprocess.PIPE
        )
        until(lambda: (self.folder / "haproxy.sock").exists() and self.get() == 200)
        until(lambda: {s.status for s in self.servers()} <= {"UP", "no check"})

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def get(self, path: str = "/") -> int:
        try:
            with urlopen(f"http://127.0.0.1:{self.front}{path}", timeout=25) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code
        except OSError:
            return 0

    def ask(self, command: str) -> str:
        with closing(socket.socket(socket.AF_UNIX)) as connection:
            connection.connect(str(self.folder / "haproxy.sock"))
            connection.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    def servers(self):
        (balancer,) = crew_of(read_options("haproxy", self.options), Notes("")).balancers
        return balancer.servers()

    def server(self, path: str):
        return next(s for s in self.servers() if s.path == path)

    def told(self) -> dict[str, str]:
        return {s.path: s.told for s in self.servers() if s.section == "nova_api"}

    def strategy(self, **options: Any) -> HaproxyUpgradeStrategy:
        return HaproxyUpgradeStrategy({**self.options, **options})

    def does(self, action: str, *, host: str = "ctl1", service: str = "nova-api", undo: bool = False, **options: Any):
        """One attempt, as its own process: its verdict, with what the ledger then says."""
        self.attempts += 1
        step = a_step(f"{action}-{host}", action=action, services=[service], hosts=[host])
        step = replace(step, target=Release(2025, 1))
        folder = self.folder / "attempts" / step.id / str(self.attempts)
        folder.mkdir(parents=True)
        strategy, assignment = self.strategy(**options), Assignment("r1", step, self.attempts, folder, undo)
        for i in strategy.effects(assignment):
            if i.id not in self.ledger or not self.ledger[i.id].open:
                self.ledger[i.id] = Effect(
                    i.id, i.kind, i.subject, step.id, "haproxy", "intended", datetime.now(UTC), i.details
                )
        job = strategy.job(replace(assignment, effects=tuple(self.ledger.values())))
        for name, text in job.files.items():
            (folder / name).write_text(text)
        environ = {**os.environ, "STAIRLIFT_PROGRESS": str(folder / "progress.jsonl")}
        done = subprocess.run(job.argv, env=environ, capture_output=True, text=True, timeout=60, check=False)
        progress = folder / "progress.jsonl"
        outcome = Outcome(done.returncode, progress.read_text() if progress.exists() else "", done.stdout + done.stderr)
        verdict = strategy.judge(assignment, outcome)
        for name, state in verdict.effects.items():
            self.ledger[name] = replace(self.ledger[name], state=state)
        return verdict


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    built: list[Site] = []

    def build(**how: Any) -> Site:
        built.append(Site(tmp_path, **how))
        return built[-1]

    yield build
    for one in built:
        one.end()
        one.one.stop()
        one.two.stop()


def well(verdict: Verdict) -> bool:
    assert verdict.result == "done", verdict.reason
    return True


def test_a_backend_is_replaced_and_no_request_fails(site) -> None:
    here = site()
    codes: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            codes.append(here.get())

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    slow = threading.Thread(target=lambda: codes.append(here.get("/slow")), daemon=True)
    slow.start()
    until(lambda: any(s.sessions for s in here.servers()))
    threading.Timer(1.5, lambda: (here.one.server.slow.set(), here.two.server.slow.set())).start()
    assert well(here.does("drain"))
    assert here.told() == {"nova_api/ctl1": "maint", "nova_api/ctl2": "ready"}
    assert here.server("nova_api/ctl1").sessions == 0
    here.one.stop()
    here.one.start()
    assert well(here.does("uncordon"))
    assert here.server("nova_api/ctl1").up
    assert {e.state for e in here.ledger.values()} == {"restored"}
    stop.set()
    asking.join()
    slow.join()
    assert set(codes) == {200}
    assert len(codes) > 50


def test_a_server_that_was_out_before_us_stays_out(site) -> None:
    here = site()
    here.ask("set server nova_api/ctl1 state maint")
    assert here.does("drain").effects == {"drain:nova-api@ctl1": "foreign"}
    assert well(here.does("uncordon"))
    assert here.told()["nova_api/ctl1"] == "maint"
    assert here.strategy().restore(replace(here.ledger["drain:nova-api@ctl1"], state="made")) == ""
    assert here.told()["nova_api/ctl1"] == "maint"


def test_an_attempt_that_died_half_way_is_done_again_and_what_it_did_is_ours(site) -> None:
    here = site()
    well(here.does("drain"))
    here.ledger = {name: replace(effect, state="intended") for name, effect in here.ledger.items()}
    assert here.does("drain").effects == {"drain:nova-api@ctl1": "made"}
    assert well(here.does("uncordon"))
    assert here.told()["nova_api/ctl1"] == "ready"


def test_the_last_server_that_is_up_is_never_taken(site) -> None:
    here = site()
    here.two.stop()
    until(lambda: here.server("nova_api/ctl2").status == "DOWN")
    verdict = here.does("drain")
    assert verdict.result == "failed"
    assert "no other server of its section is UP" in verdict.reason
    assert "ctl2 is DOWN" in verdict.reason
    assert here.told()["nova_api/ctl1"] == "ready"
    here.two.start()


def test_requests_that_do_not_end_are_cut_off_or_fail_the_step(site) -> None:
    here = site(check="")
    here.ask("set server nova_api/ctl2 state maint")
    slow = threading.Thread(target=lambda: here.get("/slow"), daemon=True)
    slow.start()
    until(lambda: here.server("nova_api/ctl1").sessions)
    here.ask("set server nova_api/ctl2 state ready")
    verdict = here.does("drain", drain_within=1, overtime="fail")
    assert verdict.result == "failed"
    assert "nova_api/ctl1 has 1 request under way; nothing was cut off, and it is back in" in verdict.reason
    assert here.told()["nova_api/ctl1"] == "ready"
    verdict = here.does("drain", drain_within=1)
    assert well(verdict)
    assert "1 request under way; they are cut off" in verdict.facts["cut off"]
    here.one.server.slow.set()


def test_a_backend_that_does_not_serve_stays_out(site) -> None:
    here = site()
    well(here.does("drain"))
    here.one.stop()
    verdict = here.does("uncordon", up_within=1)
    assert verdict.result == "failed"
    assert f"127.0.0.1:{here.one.port} does not serve: nothing listens there" in verdict.reason
    assert here.told()["nova_api/ctl1"] == "maint"
    here.one.status = 503
    here.one.start()
    assert "it answers 503" in here.does("uncordon", up_within=1).reason
    here.one.stop()
    here.one.status, here.one.newest = 200, "2.96"
    here.one.start()
    assert "it still offers microversion 2.96, which is 2024.2's" in here.does("uncordon", up_within=1).reason
    assert here.told()["nova_api/ctl1"] == "maint"
    here.one.stop()
    here.one.newest = "2.100"
    here.one.start()
    assert well(here.does("uncordon"))


def test_a_reload_in_between_is_told(site) -> None:
    here = site()
    well(here.does("drain"))
    here.end()
    here.begin()
    verdict = here.does("uncordon")
    assert well(verdict)
    assert "nova_api/ctl1 had requests in the meantime: HAProxy was reloaded" in verdict.facts["reloaded"]


def test_what_is_put_back_at_rest_is_in_at_once_and_twice_is_once(site) -> None:
    here = site()
    well(here.does("drain"))
    for _ in range(2):
        assert here.strategy().restore(here.ledger["drain:nova-api@ctl1"]) == ""
    assert here.told()["nova_api/ctl1"] == "ready"


def test_taking_back_goes_the_other_way_round_and_waits_for_nobody(site) -> None:
    here = site()
    well(here.does("drain"))
    well(here.does("uncordon"))
    assert here.does("uncordon", undo=True).effects == {"drain:nova-api@ctl1": "made"}
    assert here.told()["nova_api/ctl1"] == "maint"
    here.one.stop()
    verdict = here.does("drain", undo=True, up_within=1)
    assert (verdict.result, verdict.effects) == ("done", {})
    here.one.start()
    assert here.does("drain", undo=True).effects == {"drain:nova-api@ctl1": "restored"}
    assert here.told()["nova_api/ctl1"] == "ready"


def test_several_balancers_all_have_to_let_it_go(site) -> None:
    here = site()
    both = ["haproxy.sock", f"tcp://127.0.0.1:{here.tcp}"]
    assert well(here.does("drain", socket=both))
    assert well(here.does("uncordon", socket=both))
    verdict = here.does("drain", socket=["haproxy.sock", "nowhere.sock"])
    assert (verdict.result, verdict.temporary) == ("failed", True)
    assert "nowhere.sock cannot be reached" in verdict.reason
    assert here.told()["nova_api/ctl1"] == "ready"


def test_a_socket_that_may_only_look_is_refused_with_the_remedy(site) -> None:
    here = site()
    verdict = here.does("drain", socket=["operator.sock"])
    assert verdict.result == "failed"
    assert "does not set nova_api/ctl1 to drain: Permission denied" in verdict.reason


def test_a_review_tells_what_cannot_be_told_and_what_stands_alone(site) -> None:
    here = site()
    cloud = seen(a_cloud()).cloud
    steps = [
        a_step(f"drain-{n}", action="drain", services=[service], hosts=[host])
        for n, (service, host) in enumerate([("nova-api", "ctl1"), ("keystone", "ctl1"), ("nova-api", "ctl9")])
    ]
    found = {f.subject: f for f in here.strategy().review(steps, cloud)}
    assert {subject: f.code for subject, f in found.items()} == {
        "keystone@ctl1": "balancer.last",
        "nova-api@ctl9": "balancer.unknown",
    }
    assert "(nova_api/ctl1, nova_api/ctl2)" in found["nova-api@ctl9"].message
    said = here.strategy(servers={"nova-api@ctl9": "nova_api/ctl2"})
    assert not [f for f in said.review(steps, cloud) if f.subject == "nova-api@ctl9"]
    (silent,) = here.strategy(socket=["nowhere.sock"]).review(steps, cloud)
    assert silent.code == "balancer.silent"


def test_no_word_of_the_options_is_taken_for_another(site) -> None:
    here = site()
    with pytest.raises(StairliftError, match="socket is missing"):
        HaproxyUpgradeStrategy({"folder": str(here.folder)})
