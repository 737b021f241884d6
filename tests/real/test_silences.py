"""Alerts of a real Alertmanager, silenced around runs on the simulated cloud by amtool: who is alerted, and when."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from operating import Operator, small_cloud, until
from pages import blocks, read
from real.loopback import require
from stairlift.sandbox.server import Sandbox

pytestmark = pytest.mark.real

#: What the guide has its reader write, and where its Alertmanager is.
GUIDE, THEIRS = "docs/how-to/silence-alerts-during-a-run.md", "http://alertmanager.example.com:9093"


@dataclass
class Alertmanager:
    """One on a port of its own, that can be stopped and started and keeps its silences meanwhile."""

    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        (self.folder / "am.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        words = ("--config.file=am.yml", "--storage.path=data", "--cluster.listen-address=")
        listen = f"--web.listen-address=127.0.0.1:{self.port}"
        with (self.folder / "am.log").open("ab") as log:
            argv = ["prometheus-alertmanager", *words, listen]
            self.process = subprocess.Popen(argv, cwd=self.folder, stdout=log, stderr=log)
        until(self._answers, 120)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/-/ready", timeout=5):
                return True
        except (URLError, OSError):
            return False

    def amtool(self, *words: str) -> str:
        command = ["amtool", *words, f"--alertmanager.url={self.url}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    def fires(self) -> None:
        """A hypervisor that restarts is noticed, and so is a printer."""
        self.amtool("alert", "add", "HostDown", "cloud=lab", "instance=cmp1")
        self.amtool("alert", "add", "PaperJam", "instance=printer")
        until(lambda: len(self.alerts()) == 2)

    def alerts(self) -> dict[str, str]:
        """What becomes of each: somebody is told where it is active, nobody where it is suppressed."""
        with urlopen(f"{self.url}/api/v2/alerts", timeout=10) as answer:
            return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in json.load(answer)}

    def silences(self) -> list[tuple[str, str]]:
        """The state and the comment of each, the oldest first."""
        with urlopen(f"{self.url}/api/v2/silences", timeout=10) as answer:
            found = sorted(json.load(answer), key=lambda silence: silence["startsAt"])
        return [(silence["status"]["state"], silence["comment"]) for silence in found]

    @property
    def states(self) -> list[str]:
        return [state for state, _ in self.silences()]


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Sandbox]:
    with Sandbox(small_cloud()) as it:
        yield it


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    require("prometheus-alertmanager", "prometheus-alertmanager")
    require("prometheus-alertmanager", "amtool")
    made = Alertmanager(tmp_path, free_port())
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def operator(cloud: Sandbox, alertmanager: Alertmanager, tmp_path: Path) -> Operator:
    written = next(block.text for block in blocks(read(GUIDE)) if block.file == "stairlift.toml")
    assert THEIRS in written
    found = Operator(tmp_path).at(cloud).with_strategy(written.replace(THEIRS, alertmanager.url))
    found.plans("--stage", "compute")
    return found


def upgrading(operator: Operator, host: str) -> "subprocess.Popen[str]":
    """A run that is at work on this host, and stays so until the file `slow` has gone."""
    operator.write("slow", host)
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: any(call.split()[2] == host for call in operator.calls), 120)
    return process


def go_on(operator: Operator) -> None:
    (operator.folder / "slow").unlink()


def test_nobody_is_alerted_while_a_host_is_upgraded_and_everybody_afterwards(operator, alertmanager) -> None:
    process = upgrading(operator, "cmp2")
    alertmanager.fires()
    until(lambda: alertmanager.alerts() == {"HostDown": "suppressed", "PaperJam": "active"})
    run = operator.status()["run"]
    assert alertmanager.silences() == [("active", f"run {run}: 2025.1 to 2025.2")]
    go_on(operator)
    assert process.wait(120) == 0
    assert alertmanager.states == ["expired"]
    until(lambda: alertmanager.alerts() == {"HostDown": "active", "PaperJam": "active"})
    assert "around:alerts  restored" in operator.types("ledger").out


def test_a_paused_run_silences_nobody_and_the_next_silence_is_another(operator, alertmanager) -> None:
    process = upgrading(operator, "cmp1")
    assert operator.types("pause").code == 0
    go_on(operator)
    assert process.wait(120) == 7
    assert alertmanager.states == ["expired"]
    assert operator.types("resume", "--yes").code == 0
    assert alertmanager.states == ["expired", "expired"]


def test_what_a_dead_orchestrator_has_silenced_is_heard_again_once_its_run_is_given_up(operator, alertmanager) -> None:
    process = upgrading(operator, "cmp2")
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    assert alertmanager.states == ["active"]
    go_on(operator)
    operator.write("stairlift.toml", "")  # what ending takes is on record
    until(lambda: not operator.types("cancel").code, 60)
    assert alertmanager.states == ["expired"]


def test_without_an_alertmanager_nothing_starts(operator, alertmanager) -> None:
    alertmanager.stop()
    stopped = operator.types("run", "plan.json", "--yes")
    assert stopped.code == 7
    assert "around.not_begun alerts: `begin` ended: exit status 1: amtool: error: Post" in stopped.err
    assert operator.calls == []
    assert "around:alerts  restored" in operator.types("ledger").out
    alertmanager.start()
    assert operator.types("resume", "--yes").code == 0
    assert alertmanager.states == ["expired"]


def test_an_alertmanager_that_is_away_at_the_end_keeps_no_run_from_it(operator, alertmanager) -> None:
    process = upgrading(operator, "cmp2")
    alertmanager.stop()
    go_on(operator)
    assert process.wait(120) == 0
    (left,) = operator.status()["fenced"]
    assert "connection refused" in left["note"]
    alertmanager.start()
    assert alertmanager.states == ["active"]
    assert operator.types(*left["command"].split()[1:]).code == 0
    assert alertmanager.states == ["expired"]
