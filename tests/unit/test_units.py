"""The units of systemd that the documents show are ones that systemd takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pages import read


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_the_unit_of_a_worker_is_one(tmp_path: Path) -> None:
    (unit,) = re.findall(r"^```ini\n(.*?)^```", read("docs/how-to/deploy-workers.md"), re.MULTILINE | re.DOTALL)
    assert "KillMode=process" in unit
    here = unit.replace("/opt/stairlift/bin/stairlift", "/bin/true").replace("User=stairlift", "User=root")
    file = tmp_path / "stairlift-worker@az1.service"
    file.write_text(here)
    checked = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    assert (checked.returncode, str(file) in checked.stderr) == (0, False), checked.stderr
