"""The load balancer of the sandbox beside a real HAProxy in front of the same backends: same commands, same answers.

What it keeps honest: stairlift.sandbox.api.balancer.
"""

import csv
import shutil
import socket
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from operating import until
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.server import Sandbox

pytestmark = pytest.mark.real

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
CONFIGURATION = """\
global
  stats socket {folder}/real.sock mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
backend nova_api
  option httpchk GET /v2.1
  default-server check inter 200ms rise 1 fall 1
{servers}
"""


def says(path: Path, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def rows(path: Path) -> dict[str, dict[str, str]]:
    found = csv.DictReader(StringIO(says(path, "show stat").removeprefix("# ")))
    return {row["svname"]: row for row in found if row["pxname"] == "nova_api" and row["type"] == "2"}


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Sandbox, Path, Path]]:
    """A sandbox, its runtime socket, and that of a HAProxy with the same backends."""
    if HAPROXY is None:
        pytest.skip("HAProxy is not installed")
    with Sandbox(cloud(), haproxy=tmp_path / "fake.sock") as running:
        fake = rows(tmp_path / "fake.sock")
        servers = "\n".join(f"  server {name} {row['addr']}" for name, row in fake.items())
        (tmp_path / "haproxy.cfg").write_text(CONFIGURATION.format(folder=tmp_path, servers=servers))
        process = subprocess.Popen([HAPROXY, "-db", "-f", tmp_path / "haproxy.cfg"])
        try:
            until((tmp_path / "real.sock").exists)
            until(lambda: all(row["status"] == "UP" for row in rows(tmp_path / "real.sock").values()))
            yield running, tmp_path / "fake.sock", tmp_path / "real.sock"
        finally:
            process.terminate()
            process.wait(30)


def test_states_are_told_in_the_same_words(both: tuple[Sandbox, Path, Path]) -> None:
    running, fake, real = both

    def told(path: Path) -> dict[str, tuple[str, str]]:
        return {name: (row["status"].partition(" ")[0], row["scur"]) for name, row in rows(path).items()}

    for command in ("drain", "maint", "ready"):
        for path in (fake, real):
            assert says(path, f"set server nova_api/ctl2 state {command}") == "\n"
        until(lambda: told(fake) == told(real))
    running.stop("ctl3", "nova-api")
    until(lambda: told(real)["ctl3"][0] == "DOWN")
    assert told(fake) == told(real)


def test_a_server_in_maintenance_is_not_checked(both: tuple[Sandbox, Path, Path]) -> None:
    for path in both[1:]:
        says(path, "set server nova_api/ctl2 state maint")
    until(lambda: rows(both[2])["ctl2"]["check_status"] == rows(both[1])["ctl2"]["check_status"])


@pytest.mark.parametrize(
    "command",
    [
        "set server nova_api/ctl9 state drain",
        "set server nowhere/ctl1 state drain",
        "set server nova_api state drain",
        "set server nova_api/ctl1 state off",
    ],
)
def test_what_makes_no_sense_is_told_alike(both: tuple[Sandbox, Path, Path], command: str) -> None:
    assert says(both[1], command).strip() == says(both[2], command).strip()


def test_the_columns_stand_in_haproxys_order(both: tuple[Sandbox, Path, Path]) -> None:
    fake, real = (says(path, "show stat").splitlines()[0].removeprefix("# ").split(",") for path in both[1:])
    assert [column for column in real if column in fake] == fake
