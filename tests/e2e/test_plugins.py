"""The guides' plug-ins as packages of their own: built and installed by pip, then used for an upgrade.

`clush` is stood in for by a script that takes its options and notes what it was told; the hosts of a sandbox have no
SSH. What a real one is told is in the guide's own contract test (tests/unit/test_docs_plugins.py).
"""

import subprocess
import sys
from pathlib import Path

import pytest

from pages import blocks, read

CLUSH = """\
#!/bin/sh
# clush -n -S -w HOSTS [-l USER] PROGRAM ACTION SERVICES FROM TO
[ "$1 $2 $3" = "-n -S -w" ] || exit 64
echo "$8 $9 on $4 by $6" >>"$CALLS"
"""
SETTINGS = """\
[[strategy]]
match = {}
use = "clush"
program = "/usr/local/sbin/upgrade-step"
user = "root"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder with both packages, as `pip install` leaves them, without any network."""
    target = tmp_path_factory.mktemp("site")
    for page in ("docs/how-to/add-a-strategy.md", "docs/how-to/add-an-inventory.md"):
        source = tmp_path_factory.mktemp("package")
        for block in blocks(read(page)):
            if block.file:
                (source / block.file).write_text(block.text)
        _pip("install", "--no-build-isolation", "--no-deps", "--no-index", "--target", target, source)
    return target


def _pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def plugged(operator, site):
    """An operator who has the packages beside Stairlift, and a `clush`."""
    (operator.folder / "bin").mkdir()
    clush = operator.folder / "bin" / "clush"
    clush.write_text(CLUSH)
    clush.chmod(0o755)
    operator.write("stairlift.toml", SETTINGS)
    operator.environ |= {
        "PYTHONPATH": str(site),
        "PATH": f"{clush.parent}:/usr/bin:/bin",
        "CALLS": str(operator.folder / "calls"),
    }
    return operator


def documents(operator, command: str):
    answer = operator.types_to_a_process(command, "-o", "json")
    assert answer.code == 0, answer.err
    return {one["name"]: one for one in answer.document}


def test_they_are_listed_with_what_they_can_do(plugged):
    found = documents(plugged, "strategies")["clush"]
    assert (found["package"], found["concurrency"], found["lacks"]) == ("stairlift-clush 1.0", ["batch"], [])
    assert found["description"].startswith("Calls PROGRAM ACTION SERVICES FROM TO")
    found = documents(plugged, "inventories")["versions"]
    assert (found["package"], found["broken"]) == ("stairlift-versions 1.0", None)


def test_what_is_missing_here_is_said(plugged):
    plugged.environ["PATH"] = "/usr/bin:/bin"
    assert documents(plugged, "strategies")["clush"]["lacks"] == ["no clush on the PATH: install ClusterShell"]


def test_an_upgrade_with_both(plugged):
    """The versions that the source tells make --from unnecessary; the strategy carries every step out."""
    rows = ["ctl1,nova-conductor,31.0.0", "cmp1,nova-compute,31.0.0", "cmp2,nova-compute,31.0.0"]
    plugged.write("installed.csv", "\n".join(["host,binary,version", *rows, ""]))
    words = ("--inventory", "openstack", "--inventory", "versions:installed.csv", "--to", "2025.2")
    checked = plugged.types_to_a_process("check", *words)
    assert checked.code == 0, checked.err
    made = plugged.types_to_a_process("plan", *words, "--out", "plan.json")
    assert made.code == 0, made.err
    ran = plugged.types_to_a_process("run", "plan.json", "--yes")
    assert ran.code == 0, ran.err
    assert {"upgrade nova-compute on cmp1 by root", "upgrade nova-compute on cmp2 by root"} <= set(plugged.calls)
    assert plugged.types_to_a_process("status", "-o", "json").document["state"] == "done"
