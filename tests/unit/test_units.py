"""The units of systemd that are packaged, or shown by the documents, are ones that systemd takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pages import ROOT, read

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")


def test_the_unit_of_a_worker_is_one(tmp_path: Path) -> None:
    (unit,) = re.findall(r"^```ini\n(.*?)^```", read("docs/how-to/deploy-workers.md"), re.MULTILINE | re.DOTALL)
    assert "KillMode=process" in unit
    verify(unit, tmp_path / "stairlift-worker@az1.service")


def test_the_unit_of_the_server_is_one(tmp_path: Path) -> None:
    unit = (ROOT / "packaging" / "systemd" / "stairlift.service").read_text()
    assert {"KillMode=process", "SendSIGKILL=no", "RestartPreventExitStatus=2"} < set(unit.splitlines())
    verify(unit, tmp_path / "stairlift.service")


def test_what_the_server_may_do_to_its_machine_is_little(tmp_path: Path) -> None:
    """By systemd's own measure, 0 to 10; Ansible over SSH needs the network, a home and the right to start programs."""
    unit = ROOT / "packaging" / "systemd" / "stairlift.service"
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=45", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


def verify(unit: str, file: Path) -> None:
    """Have systemd read it, with a program and a user that there are here."""
    file.write_text(unit.replace("/opt/stairlift/bin/stairlift", "/bin/true").replace("User=stairlift", "User=root"))
    checked = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert (checked.returncode, str(file) in checked.stderr) == (0, False), checked.stderr
