"""A whole upgrade typed at a machine that has neither the cloud's credentials nor a journal: a server does all of it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from operating import Answer, Operator, until
from servers import Served

CANARY = "2025.2-approve-canary"
ASKS = '[policy]\napprove = ["canary"]\n'


@dataclass
class Desk:
    """Somebody with a folder, an address and a token, and nothing else."""

    operator: Operator
    url: str
    token: str

    def environ(self) -> dict[str, str]:
        return {"STAIRLIFT_URL": self.url, "STAIRLIFT_TOKEN": self.token}

    def types(self, *words: object) -> Answer:
        return self.operator.types(*words, **self.environ())

    def plans(self) -> str:
        """Have a plan made; its hash."""
        made = self.types("plan", "--to", "2025.2", "--from", "2025.1", "--out", "plan.json")
        assert made.code == 0, made.err
        return self.types("plan", "--to", "2025.2", "--from", "2025.1", "-o", "json").document["hash"]

    def status(self):
        return self.types("status", "-o", "json").document

    def approves_what_waits(self, run: str) -> str:
        """Approve all that waits for somebody; how the run is."""
        found = self.status()
        for waiting in found.get("waiting_for", ()):
            self.types("approve", run, waiting["step"])
        return found["state"]


def desk_at(server: Served, folder: Path) -> Desk:
    folder.mkdir()
    with server.asks() as client:
        return Desk(Operator(folder), server.url, client.headers["Authorization"].partition(" ")[2])


@pytest.fixture
def server(operator):
    with Served(operator.with_strategy(ASKS)) as it:
        yield it


@pytest.fixture
def desk(server, tmp_path) -> Desk:
    return desk_at(server, tmp_path / "desk")


def test_an_upgrade_from_the_plan_to_the_report(server, desk):
    plan_hash = desk.plans()
    waits = desk.types("run", "plan.json")
    assert waits.code == 6
    assert f"--approve {plan_hash}" in waits.err
    assert desk.types("list").err == "there is no run yet\n"

    begun = desk.types("run", "plan.json", "--approve", plan_hash)
    assert begun.code == 6, begun.err
    assert f"{CANARY} waits" in begun.err
    run = desk.status()["run"]
    assert desk.status()["waiting_for"][0]["step"] == CANARY

    told = desk.types("approve", run, CANARY, "--reason", "it looks well")
    assert told.code == 0, told.err
    assert "takes it up" in told.err
    until(lambda: desk.approves_what_waits(run) == "done")
    assert desk.types("status", run, "--watch").code == 0
    assert "ada" in desk.types("events", run).out
    assert "upgrade nova-compute on cmp1" in desk.types("logs", run).out.replace("  ", " ")
    assert "it looks well" in desk.types("report", run).out
    assert desk.types("run", "plan.json", "--approve", plan_hash).code == 0, "it has been carried out"
    refused = desk.types("pause", run)
    assert (refused.code, server.operator.types("pause", run).err) == (4, refused.err)
    assert not (desk.operator.folder / "state").exists(), "there is a journal where none was meant"


def test_a_step_that_fails_is_tried_again(server, desk):
    server.operator.write("fail", "upgrade cmp1\n")
    plan_hash = desk.plans()
    failed = desk.types("run", "plan.json", "--yes")
    assert failed.code == 5, failed.err
    run = desk.status()["run"]
    assert desk.types("run", "plan.json", "--approve", "sha256:0").code == 4, plan_hash
    server.operator.write("fail", "")
    assert desk.types("retry", run, desk.status()["blocked_by"][0]["step"]).code == 0
    until(lambda: desk.approves_what_waits(run) == "done")


def test_pause_resume_and_take_back(server, desk):
    server.operator.write("slow", "cmp1")
    desk.plans()
    begun = desk.types("run", "plan.json", "--yes", "--detach")
    assert begun.code == 0, begun.err
    run = begun.out.strip()
    until(lambda: desk.status()["steps"].get("running"))
    assert desk.types("resume", run).code == 4, "it is carried out already"
    paused = desk.types("pause", run, "--reason", "lunch")
    assert paused.code == 0, paused.err
    (server.operator.folder / "slow").unlink()
    until(lambda: desk.status()["state"] == "paused")
    resumed = desk.types("resume", run)
    assert resumed.code == 0, resumed.err
    assert "done" in resumed.err


def test_who_leaves_leaves_it_going(server, desk):
    server.operator.write("slow", "cmp1")
    desk.plans()
    desk.operator.environ.update(desk.environ())
    following = desk.operator.begins("run", "plan.json", "--yes")
    until(lambda: desk.types("list", "-o", "json").document and desk.status()["steps"].get("running"))
    until(lambda: os.read(following.stderr.fileno(), 1), seconds=60)
    following.send_signal(signal.SIGINT)
    _, said = following.communicate(timeout=60)
    assert following.returncode == 130
    assert "goes on with the server; watch it: stairlift status" in said
    (server.operator.folder / "slow").unlink()
    assert desk.types("status", "--watch").code == 0
    assert desk.status()["state"] == "done"
