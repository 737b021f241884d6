"""A whole upgrade typed at a machine that has neither the cloud's credentials nor a journal: a server does all of it."""

import os
import signal

import pytest

from client_desks import Desk, desk_at
from operating import PATIENCE, until
from servers import Served

CANARY = "2025.2-approve-canary"
ASKS = '[policy]\napprove = ["canary"]\n'


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
    until(lambda: desk.status()["state"] == "done")
    assert desk.types("status", run, "--watch").code == 0


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


def test_who_watches_waits_for_a_server_that_is_started_anew(server, desk):
    server.operator.write("slow", "cmp1")
    desk.plans()
    run = desk.types("run", "plan.json", "--yes", "--detach").out.strip()
    until(lambda: desk.status()["steps"].get("running"))
    desk.operator.environ.update(desk.environ())
    watched = [
        desk.operator.begins(*words)
        for words in (("status", "--watch"), ("logs", "--follow"), ("events", "--follow"), ("resume", "--standby"))
    ]
    for one in watched:
        hears(one, "")
    server.dies()
    for one in watched:
        hears(one, "; waiting for it")
    (server.operator.folder / "slow").unlink()
    with Served(server.operator, "--port", desk.url.rpartition(":")[2], name="again"):
        for one in watched:
            _, said = one.communicate(timeout=PATIENCE)
            assert one.returncode == 0, said
    assert server.operator.status(run)["state"] == "done"


def hears(one, words: str) -> None:
    """Wait until a command has printed something, or said this."""
    stream, heard = (one.stderr if words or "resume" in one.args else one.stdout).fileno(), ""
    while words not in heard or not heard:
        piece = os.read(stream, 65536).decode()
        assert piece, f"it left: {heard}"
        heard += piece


def test_a_run_is_given_up(server, desk):
    server.operator.write("slow", "cmp1")
    desk.plans()
    run = desk.types("run", "plan.json", "--yes", "--detach").out.strip()
    until(lambda: desk.status()["steps"].get("running"))
    told = desk.types("cancel", run, "--now", "--reason", "the wrong cloud")
    assert told.code == 0, told.err
    until(lambda: desk.status()["state"] == "cancelled")
    again = desk.types("resume", run)
    assert (again.code, "it never goes on" in again.err) == (8, True)
    assert (again.err, again.code) == ((here := server.operator.types("resume", run)).err, here.code)
    assert "by ada" in desk.types("events", run).out


class TestPrepared:
    """A run that was begun to prepare, and waits for its plan's approval."""

    @pytest.fixture
    def server(self, operator):
        prepares = '[[strategy]]\nmatch = { stage = "prepare" }\nuse = "command"\nargv = ["true"]\n\n'
        able = operator.with_strategy()
        able.write("stairlift.toml", prepares + (able.folder / "stairlift.toml").read_text())
        with Served(able) as it:
            yield it

    @pytest.fixture
    def run(self, desk):
        desk.plans()
        waits = desk.types("run", "plan.json", "--stage", "prepare")
        assert waits.code == 6, waits.err
        return desk.status()["run"]

    def test_who_may_not_approve_is_told_so(self, server, desk, run):
        with server.asks("read", "operate", name="bob") as bob:
            token = bob.headers["Authorization"].partition(" ")[2]
        refused = desk.operator.types("resume", run, "--yes", STAIRLIFT_URL=desk.url, STAIRLIFT_TOKEN=token)
        assert (refused.code, "[access.forbidden]" in refused.err) == (4, True)
        assert desk.status()["state"] == "waiting"

    def test_all_of_it_is_approved_where_it_goes_on(self, desk, run):
        done = desk.types("resume", run, "--yes")
        assert done.code == 0, done.err
        assert desk.status()["state"] == "done"

    def test_its_plan_is_approved_where_it_goes_on(self, desk, run):
        waits = desk.types("resume", run, "--approve", desk.status()["plan"])
        assert waits.code == 6, waits.err
        assert "ONE-WAY" in desk.types("status", run).out


class TestWhatIsTakenBack:
    @pytest.fixture
    def server(self, operator):
        operator.write("undo", "#!/bin/sh\nexit 0\n").chmod(0o755)
        able = operator.with_strategy('undo = ["./undo", "{service}", "{host}"]\n[policy]\ncordon = true\n')
        with Served(able) as it:
            yield it

    @pytest.fixture
    def failed(self, server, desk):
        """A run that has failed at the second of two hypervisors, which is kept out; its id."""
        server.operator.write("fail", "upgrade cmp2\n")
        desk.plans("--stage", "compute")
        answer = desk.types("run", "plan.json", "--yes")
        assert answer.code == 5, answer.err
        return desk.status()["run"]

    def test_a_run(self, server, desk, failed):
        shown, here = desk.types("rollback", "--dry-run"), server.operator.types("rollback", "--dry-run")
        assert (shown.out, shown.code) == (here.out, 0)
        told = desk.types("rollback", failed, "--reason", "not tonight")
        assert told.code == 0, told.err
        assert desk.status()["state"] == "rolled-back"
        again = desk.types("rollback", failed)
        assert (again.code, again.err) == (0, server.operator.types("rollback", failed).err)

    def test_side_effects(self, server, desk, failed):
        unknown = desk.types("ledger", "--restore", "cordon:nobody")
        assert (unknown.code, unknown.err) == (2, server.operator.types("ledger", "--restore", "cordon:nobody").err)
        put_back = desk.types("ledger", failed, "--restore", "-o", "json")
        assert put_back.code == 0, put_back.err
        assert "cordon:cmp2 put back by ada" in put_back.err
        states = {effect["id"]: effect["state"] for effect in put_back.document["effects"]}
        assert states == {"cordon:cmp1": "restored", "cordon:cmp2": "restored"}
        assert put_back.document == server.operator.types("ledger", "-o", "json").document

    def test_a_word_that_nothing_is_left(self, desk, failed):
        settled = desk.types("ledger", failed, "cordon:cmp2", "--settle", "--reason", "enabled by hand")
        assert settled.code == 0, settled.err
        assert "enabled by hand" in settled.err + settled.out
        assert [e["state"] for e in desk.types("ledger", "-o", "json").document["effects"] if e["open"]] == []

    def test_what_cannot_be_put_back(self, cloud, desk, failed):
        cloud.fault("http", path="/os-services", status=503)
        left = desk.types("ledger", "--restore")
        assert (left.code, "[ledger.left]" in left.err) == (4, True), left.err
        assert "cordon:cmp2" in left.out
