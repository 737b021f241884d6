"""The whole life of runs on a simulated cloud by the API alone: nobody types anything, attempts are real processes."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import uvicorn

from houses import a_token, client
from operating import Operator, until
from pages import read
from stairlift.web.app import the_app
from stairlift.wiring.config.settings import read_settings
from stairlift.wiring.server.house import House, open_house

CANARY, SECOND = "2025.2-compute@cmp1", "2025.2-compute@cmp2"
WISHES = {"to": "2025.2", "from": "2025.1"}
ASKS = '[policy]\napprove = ["canary"]\n'


class Server:
    """A server over the sandbox's cloud, and somebody who may do everything and has no terminal."""

    def __init__(self, operator: Operator, house: House) -> None:
        self.operator, self.house, self.ada = operator, house, client(house)

    def gets(self, path: str):
        answer = self.ada.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def posts(self, path: str, **body):
        return self.ada.post(path, json=body)

    def job(self, answer):
        """What has come of the job that was begun."""
        assert answer.status_code == 202, answer.text
        place = answer.headers["Location"]
        until(lambda: self.gets(place)["state"] != "running", seconds=60)
        return self.gets(place)

    def does(self, path: str, **body):
        """The job, which ends well."""
        job = self.job(self.posts(path, **body))
        assert job["state"] == "done", job["problem"]
        return job

    def plans(self, **wishes) -> str:
        return self.does("/v1/plans", **WISHES, **wishes)["result"]["hash"]

    def begins(self, **wanted) -> str:
        return self.does("/v1/runs", **wanted)["result"]["run"]

    def actions(self, run: str):
        return self.ada.get(f"/v1/runs/{run}/actions")

    def tells(self, run: str, **word):
        seen = {"If-Match": self.actions(run).headers["ETag"]}
        what = "actions" if "action" in word else "approvals"
        answer = self.ada.post(f"/v1/runs/{run}/{what}", json=word, headers=seen)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def comes_to(self, run: str, state: str) -> None:
        until(lambda: self.actions(run).json()["state"] == state, seconds=60)

    def asked(self, run: str) -> list[str]:
        return [ask["step"] for ask in self.actions(run).json()["approvals"]]

    def offered(self, run: str) -> set[tuple[str, str | None]]:
        return {(a["action"], a["step"]) for a in self.actions(run).json()["actions"] if a["allowed"]}

    def states(self, run: str) -> dict[str, str]:
        return {status.id: str(status.state) for status in self.house.office.store.steps(run)}


@pytest.fixture
def server(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(operator.folder)
    environ = operator.environment()
    for name in set(os.environ) - set(environ):
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def read():
        return read_settings(os.environ, Path.cwd())

    house = open_house(read(), again=read)
    house.attendance.begin()
    yield Server(operator, house)
    house.close()


def test_a_run_from_the_first_look_to_its_end(server: Server) -> None:
    seen = server.does("/v1/observations")
    assert server.house.library.sighting(seen["result"]["observation"])[1]["cloud"] == seen["result"]["cloud"]
    checked = server.does("/v1/checks", **WISHES)
    assert (checked["result"]["schema"], checked["result"]["to"]) == ("stairlift.check/1", "2025.2")
    server.operator.with_strategy(ASKS)  # edited while the server runs
    plan = server.plans(stages=["compute"])
    assert server.gets(f"/v1/plans/{plan}")["hash"] == plan
    run = server.begins(plan=plan)
    server.comes_to(run, "waiting")
    assert server.asked(run) == [plan]
    assert server.operator.calls == []
    server.tells(run, step=plan, reason="read")
    until(lambda: server.asked(run) not in ([plan], []), seconds=60)
    [gate] = server.asked(run)
    assert server.states(run)[CANARY] == "done"
    assert server.states(run)[SECOND] == "pending"
    server.tells(run, step=gate)
    server.comes_to(run, "done")
    actors = {(c.kind, c.actor) for c in server.house.office.store.commands(run)}
    assert actors == {("approve", "ada")}
    again = server.does("/v1/runs", plan=plan, approve=True)
    assert again["result"] == {"run": run, "idle": True}


def test_it_is_paused_and_taken_up_again(server: Server) -> None:
    server.operator.write("slow", "cmp1")
    run = server.begins(plan=server.plans(stages=["compute"]), approve=True)
    until(lambda: server.operator.calls)
    server.tells(run, action="pause", reason="lunch")
    (server.operator.folder / "slow").unlink()
    server.comes_to(run, "paused")
    assert server.states(run)[SECOND] == "pending"
    assert ("resume", None) in server.offered(run)
    server.tells(run, action="resume")
    server.comes_to(run, "done")


def test_what_failed_is_retried_and_what_fails_again_is_skipped(server: Server) -> None:
    server.operator.write("fail", "upgrade cmp1\nupgrade cmp2\n")
    run = server.begins(plan=server.plans(stages=["compute"]), approve=True)
    server.comes_to(run, "failed")
    server.operator.write("fail", "upgrade cmp2\n")
    server.tells(run, action="retry", step=CANARY)
    until(lambda: server.states(run)[SECOND] == "failed", seconds=60)
    server.comes_to(run, "failed")
    assert {("retry", SECOND), ("skip", SECOND)} <= server.offered(run)
    server.tells(run, action="skip", step=SECOND, reason="done by hand")
    server.comes_to(run, "done")
    assert server.states(run) == {CANARY: "done", SECOND: "skipped"}


def test_a_run_is_cancelled_and_its_attempt_ended_by_force(server: Server) -> None:
    server.operator.write("slow", "cmp1")
    run = server.begins(plan=server.plans(stages=["compute"]), yes=True)
    until(lambda: server.operator.calls)
    server.tells(run, action="cancel", now=True, reason="the wrong cloud")
    server.comes_to(run, "cancelled")
    assert server.offered(run) == set()
    assert server.operator.calls == ["upgrade nova-compute cmp1 2025.1 2025.2"]


def test_a_run_is_taken_back(server: Server) -> None:
    server.operator.with_strategy('undo = ["./step", "undo", "{service}", "{host}", "{from}", "{to}"]')
    server.operator.write("fail", "upgrade cmp2\n")
    run = server.begins(plan=server.plans(stages=["compute"]), approve=True)
    server.comes_to(run, "failed")
    shown = server.gets(f"/v1/runs/{run}/rollback")
    assert (shown["allowed"], [step["id"] for step in shown["undo"]]) == (True, [SECOND, CANARY])
    server.tells(run, action="rollback", reason="back to before")
    server.comes_to(run, "rolled-back")
    assert [call.split()[0] for call in server.operator.calls[-2:]] == ["undo", "undo"]


def test_what_drifted_is_planned_anew_and_the_new_plan_takes_its_place(server: Server) -> None:
    server.operator.write("fail", "upgrade cmp2\n")
    run = server.begins(plan=server.plans(stages=["compute"]), approve=True)
    server.comes_to(run, "failed")
    server.operator.with_strategy("[policy]\nretries = 0\n")
    found = server.does(f"/v1/runs/{run}/replan")["result"]
    assert (found["run"], found["replaced_by"], found["kept"]) == (run, None, [CANARY])
    wrong = server.job(server.posts(f"/v1/runs/{run}/replan", approve="sha256:another"))
    assert wrong["problem"]["code"] == "plan.other_hash"
    taken = server.does(f"/v1/runs/{run}/replan", approve=found["hash"])["result"]["replaced_by"]
    server.comes_to(run, "cancelled")
    (server.operator.folder / "fail").unlink()
    server.tells(taken, action="resume")
    server.comes_to(taken, "done")


# The program of the handbook


@contextmanager
def listening(house: House) -> Iterator[str]:
    """The address of a real server of this house."""
    with socket.create_server(("127.0.0.1", 0)) as at:
        served = uvicorn.Server(uvicorn.Config(the_app(house), log_config=None, lifespan="off"))
        thread = Thread(target=served.run, args=([at],), daemon=True)
        thread.start()
        until(lambda: served.started)
        yield f"http://127.0.0.1:{at.getsockname()[1]}"
        served.should_exit = True
        thread.join(20)


def test_the_program_of_the_handbook_upgrades_and_asks(server: Server) -> None:
    server.operator.with_strategy(ASKS)
    [program] = re.findall(
        r"```python\n(# upgrade\.py\n.*?)```", read("docs/how-to/steer-from-a-program.md"), re.DOTALL
    )
    file = server.operator.write("upgrade.py", program)
    with listening(server.house) as url:
        ended = subprocess.run(
            [sys.executable, file, "2025.2", "2025.1"],
            env=server.operator.environment(STAIRLIFT_URL=url, STAIRLIFT_TOKEN=a_token(server.house, name="pipeline")),
            input="yes\n",
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert "3 steps from 2025.1 to 2025.2, 0 of them one-way" in ended.stdout
    [run] = server.house.office.store.runs()
    assert server.states(run.id)[SECOND] == "done"
    assert run.actor == "pipeline"


# What is not done for just anybody


def test_files_and_addresses_of_the_server_are_not_read_for_others(server: Server) -> None:
    for spec in ("ansible:/etc/passwd", "haproxy:http://169.254.169.254/", "hosts:ssh://root@ctl1", "recording:/etc"):
        refused = server.posts("/v1/observations", inventory=[spec])
        assert (refused.status_code, refused.json()["code"]) == (403, "access.inventory")
    server.operator.write("hosts.ini", "cmp1\n")
    server.operator.with_strategy('[sources]\ninventory = ["openstack", "ansible:hosts.ini"]')
    spec = f"ansible:{server.operator.folder / 'hosts.ini'}"
    assert server.job(server.posts("/v1/observations", inventory=["nova", spec]))["state"] in {"done", "failed"}


def test_a_plan_that_findings_refuse_is_not_kept_and_says_why(server: Server) -> None:
    refused = server.job(server.posts("/v1/plans", to="2026.1", **{"from": "2024.2"}))
    assert refused["state"] == "failed"
    assert refused["problem"]["findings"]
    assert server.gets("/v1/plans")["plans"] == []


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"to": "zappa"}, (400, "release.unknown")),
        ({"to": "2025.2", "policy": {"canary": "two"}}, (400, "config.invalid")),
        ({"to": "2025.2", "stages": ["attic"]}, (400, "plan.unknown_stage")),
        ({"to": 2025.2}, (400, "request.invalid")),
        ({}, (400, "request.invalid")),
        ({"to": "2025.2", "form": "2025.1"}, (400, "request.invalid")),
    ],
)
def test_wishes_that_nobody_understands_are_refused_at_once(server: Server, wishes, expected) -> None:
    answer = server.posts("/v1/plans", **wishes)
    assert (answer.status_code, answer.json()["code"]) == expected
