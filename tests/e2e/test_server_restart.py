"""The database server begins anew in the middle of a run: an error that says what to do, and nothing runs twice."""

import signal
from pathlib import Path

import pytest

from operating import Operator, small_cloud, until
from postgres import Server, running
from stairlift.sandbox.server import Sandbox

FIRST = "upgrade nova-compute cmp1 2025.1 2025.2"


def _begun(operator: Operator, server: Server):
    """A run whose first attempt goes on as long as there is a file `slow`."""
    operator.environ |= {"STAIRLIFT_DATABASE_URL": server.journal()}
    operator.with_strategy().plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes")
    until(lambda: operator.calls == [FIRST])
    return process


@pytest.mark.timeout(180)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_run_goes_on_after_its_server_began_anew(tmp_path: Path, how: signal.Signals) -> None:
    """In good order, and after a crash. Who orchestrates leaves; who stood by waits for the server, and goes on."""
    with running() as server, Sandbox(small_cloud(2)) as cloud:
        operator = Operator(tmp_path).at(cloud)
        first = _begun(operator, server)
        standby = operator.begins("resume", "--standby", stderr=(tmp_path / "standby").open("w"))
        until(lambda: "standing by" in (tmp_path / "standby").read_text())
        server.end(how)
        _, told = first.communicate(timeout=60)
        assert first.returncode == 1, told
        assert "[store.unavailable]" in told
        assert "`stairlift resume`" in told
        assert "Traceback" not in told
        until(lambda: "is asked again" in (tmp_path / "standby").read_text())
        server.begin()
        (operator.folder / "slow").unlink()
        assert standby.wait(60) == 0, (tmp_path / "standby").read_text()
        assert operator.calls == [FIRST, FIRST.replace("cmp1", "cmp2")]
