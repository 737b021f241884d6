"""HAProxy itself: the testbed's by SSH and as a file, and one of our own whose servers are put through every state."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stairlift.inventory.context import SourceContext
from stairlift.inventory.specs import sources
from stairlift.model.observation import ApiVersion, BackendRecord
from stairlift.sandbox.server import Sandbox

from .conftest import Bed

pytestmark = pytest.mark.real

LOAD_BALANCER, SOCKET = "10.77.0.5", "/run/haproxy.sock"
APIS = {"keystone", "glance-api", "placement-api", "nova-api", "neutron-api"}


def discovered(bed: Bed, folder: Path, place: str) -> dict:
    """The cloud as its own APIs and a load balancer tell it, in a folder with a stairlift.toml of its own."""
    key = Path(bed.environ["OS_CLIENT_CONFIG_FILE"]).parent / "secrets" / "id_ed25519"
    trusting = '["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]'
    (folder / "stairlift.toml").write_text(
        f'[sources]\ninventory = ["openstack", "haproxy:{place}"]\n'
        f'ssh = {{user = "root", key = "{key}", options = {trusting}}}\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "stairlift", "discover", "-o", "json"],
        cwd=folder,
        env=dict(bed.environ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def apis(cloud: dict) -> set[tuple[str, str]]:
    return {(s["binary"], s["host"]) for s in cloud["services"] if s["binary"] in APIS and s["state"] == "up"}


def test_the_apis_of_the_testbed_are_found_where_their_supervisors_run_them(bed: Bed, tmp_path: Path) -> None:
    cloud = discovered(bed, tmp_path, f"ssh://root@{LOAD_BALANCER}{SOCKET}")
    hosts = bed.told("status")["hosts"]
    running = {(p["program"], h["host"]) for h in hosts for p in h["programs"] if p["state"] == "RUNNING"}
    assert apis(cloud) == {one for one in running if one[0] in APIS}
    assert len(apis(cloud)) == 2 * len(APIS)
    assert not [f for f in cloud["findings"] if f["code"].startswith(("api.", "backend.", "source."))]
    assert "compute API says 2.100 on 2 backends" in cloud["release"]["evidence"]
    assert LOAD_BALANCER not in json.dumps(cloud["hosts"])


def test_what_show_stat_printed_tells_the_same(bed: Bed, tmp_path: Path) -> None:
    stats = bed.testbed("run", "lb1", "sh", "-c", f"echo show stat | socat - {SOCKET}")
    (tmp_path / "stats.csv").write_text(stats)
    by_file = discovered(bed, tmp_path, "stats.csv")
    assert len(apis(by_file)) == 2 * len(APIS)
    (tmp_path / "ssh").mkdir()
    assert apis(discovered(bed, tmp_path / "ssh", f"ssh://root@{LOAD_BALANCER}{SOCKET}")) == apis(by_file)


CONFIGURATION = """\
global
  stats socket {folder}/haproxy.sock mode 600 level operator
  stats socket {folder}/user.sock mode 600 level user
  stats socket {folder}/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
  default-server check inter 100ms fall 1 rise 1
listen nova_api
  bind 127.0.0.1:{front}
{servers}
listen mariadb
  mode tcp
  bind 127.0.0.1:{other}
  server ctl1 127.0.0.1:1
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def balancer(tmp_path):
    """A real HAProxy in front of the three nova-api of a half upgraded, simulated cloud."""
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if program is None:
        pytest.skip("haproxy is not installed; the testbed brings it")
    with Sandbox("half-upgraded", doors=True) as cloud:
        page = sources([cloud.haproxy], SourceContext(client=lambda: 1 / 0))[0].manager
        found = [f for f in page.read(page.fetch()) if isinstance(f, BackendRecord) and f.binary == "nova-api"]
        servers = "\n".join(f"  server {b.server} {b.address}:{b.port}" for b in found)
        text = CONFIGURATION.format(folder=tmp_path, front=free_port(), other=free_port(), servers=servers)
        (tmp_path / "haproxy.cfg").write_text(text)
        process = subprocess.Popen([program, "-db", "-f", tmp_path / "haproxy.cfg"])
        try:
            until(lambda: seen(tmp_path)["mariadb"]["ctl1"].state == "down")
            yield cloud, tmp_path
        finally:
            process.terminate()
            process.wait(10)


def until(true, seconds=10.0):
    end = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except (OSError, LookupError, StopIteration):
            pass
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.05)


def facts(folder, name="haproxy.sock"):
    if not (folder / name).exists():
        raise FileNotFoundError(name)
    source = sources([f"haproxy:{folder}/{name}"], SourceContext(client=lambda: 1 / 0))[0].manager
    return source.read(source.fetch())


def seen(folder, name="haproxy.sock"):
    """Sections with their servers."""
    found = [fact for fact in facts(folder, name) if isinstance(fact, BackendRecord)]
    return {p: {b.server: b for b in found if b.proxy == p} for p in {b.proxy for b in found}}


def told(folder, command):
    with socket.socket(socket.AF_UNIX) as admin:
        admin.connect(str(folder / "admin.sock"))
        admin.sendall(f"{command}\n".encode())
        admin.recv(1000)


def test_servers_in_every_state(balancer):
    _, folder = balancer
    told(folder, "set server nova_api/ctl3 state maint")
    told(folder, "set server nova_api/ctl1 state drain")
    states = {name: (b.state, b.status) for name, b in seen(folder)["nova_api"].items()}
    assert states == {"ctl1": ("up", "disabled"), "ctl2": ("up", "enabled"), "ctl3": ("unknown", "disabled")}
    assert seen(folder)["mariadb"]["ctl1"].state == "down"


def test_each_backend_says_its_own_version(balancer):
    _, folder = balancer
    versions = {f.backend: f.maximum for f in facts(folder) if isinstance(f, ApiVersion)}
    assert versions == {"ctl1": "2.103", "ctl2": "2.100", "ctl3": "2.100"}


def test_a_socket_of_level_user_tells_names_without_addresses(balancer):
    _, folder = balancer
    assert {b.address for b in seen(folder, "user.sock")["nova_api"].values()} == {""}
    assert set(seen(folder, "user.sock")["nova_api"]) == {"ctl1", "ctl2", "ctl3"}
