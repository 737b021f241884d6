"""The demo, end to end, with real Ansible; the founding document's cloud is one of its scenarios."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from operating import COMMAND, Operator, Terminal, until
from stairlift.sandbox.scenario_file import load

pytestmark = pytest.mark.timeout(400)

HERE = str(Path(sys.executable).parent)


def demo(folder, *words, **environ):
    operator = Operator(folder)
    operator.environ = {"PATH": f"{HERE}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [*COMMAND, "demo", *words],
        cwd=folder,
        env=operator.environment(**environ),
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_whole_way(tmp_path):
    """Also behind a proxy, and whatever cloud the environment names."""
    done = demo(
        tmp_path,
        "--keep",
        "kept",
        OS_CLOUD="production",
        OS_AUTH_URL="https://cloud.example",
        http_proxy="http://127.0.0.1:1",
        HTTP_PROXY="http://127.0.0.1:1",
    )
    assert done.returncode == 0, done.stderr
    talk = done.stderr
    order = ["$ stairlift discover", "$ stairlift plan", "$ stairlift run plan.json --yes", "$ stairlift list"]
    assert [talk.index(command) for command in order] == sorted(talk.index(command) for command in order)
    assert "11 hosts, 41 services, 6 hypervisors" in done.stdout
    assert "ONE-WAY" in done.stdout
    assert "24 of 24 steps done (100%)" in talk
    assert "in the simulated cloud itself: 41 programs of 2026.1 are running" in talk
    assert "production" not in done.stdout
    attempts = tmp_path / "kept" / "state" / "attempts"
    assert any("PLAY RECAP" in log.read_text() for log in attempts.rglob("log")), "real Ansible has done it"
    kept = Operator(tmp_path / "kept", {"STAIRLIFT_STATE_DIR": str(tmp_path / "kept" / "state")})
    assert kept.status()["state"] == "done"


def test_the_founding_documents_cloud(tmp_path):
    """devstack-1 is a control node and a resource node: its control plane first, its nova-compute with the others."""
    done = demo(tmp_path, "--scenario", "founding", "--keep", "kept")
    assert done.returncode == 0, done.stderr
    programs = sum(len(host.programs) for host in load("founding").hosts)
    assert f"in the simulated cloud itself: {programs} programs of 2016.2 are running" in done.stderr
    started = [line for line in done.stderr.splitlines() if line.endswith(" started") and "@devstack" in line]
    upgrades = [line.split()[2] for line in started if "unpin" not in line]
    assert upgrades[0] == "2016.2-control@devstack-1.coreitpro.com"
    assert sorted(upgrades[1:]) == [f"2016.2-compute@devstack-{n}.coreitpro.com" for n in (1, 2, 3)]


@pytest.mark.parametrize("words", [("--scenario", "nope")])
def test_a_scenario_that_does_not_exist(tmp_path, words):
    done = demo(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nope" in done.stderr


def test_without_ansible(tmp_path):
    """A Python without it: the demo says what to install, and starts nothing."""
    (tmp_path / "python").symlink_to(sys.executable)
    script = "import sys; sys.executable = sys.argv.pop(1); from stairlift.cli import main; main()"
    environ = {**os.environ, "PATH": str(tmp_path)}
    words = [sys.executable, "-c", script, str(tmp_path / "python"), "demo"]
    done = subprocess.run(words, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "pip install 'stairlift[demo]'" in done.stderr


def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path):
    operator = Operator(tmp_path)
    operator.environ = {"PATH": f"{HERE}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    terminal = Terminal(operator, "demo").until("db-expand-placement on ctl1, 0s", 90)
    assert terminal.types("\x03").leaves(60) == 130, terminal.text
    assert "stairlift resume" in terminal.text
    sandboxes = [p for p in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path).encode() in _read(p)]
    until(lambda: not [p for p in sandboxes if b"stairlift.sandbox" in _read(p)])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
