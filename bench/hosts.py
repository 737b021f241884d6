"""A look at many hosts over SSH, beside `xargs -P 32 ssh` with the same script.

The hosts are many names of one OpenSSH server that the bench starts on the loopback interface: each is a connection, a
login and a shell of its own. What a host does with the script it does elsewhere in real life, so here it answers at
once with what a control node of the testbed has answered. The cost of the server is not counted as ours.
"""

import getpass
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from bench.measuring import Cost, Failed
from bench.table import Ratio, Table
from stairlift.inventory.host import HostInventory
from stairlift.inventory.host_script import script
from stairlift.remote.many import SIDE_BY_SIDE
from stairlift.remote.words import SshOptions, ssh_words

HOSTS, QUICK_HOSTS = 1_000, 4
ANSWER = Path(__file__).parents[1] / "tests" / "data" / "hosts" / "testbed.json"
AT_MOST = 1.25
ONE = "a single ssh, one host"
XARGS, STAIRLIFT = f"xargs -P {SIDE_BY_SIDE} ssh", "`hosts:`, down to records"


def measure(quick: bool) -> Table:
    """Both, one after the other, over the same number of hosts."""
    names = [f"host{n}" for n in range(QUICK_HOSTS if quick else HOSTS)]
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as ssh:
        costs = {
            ONE: _cost(lambda: _by_xargs(Path(folder), names[:1], ssh)),
            XARGS: _cost(lambda: _by_xargs(Path(folder), names, ssh)),
            STAIRLIFT: _cost(lambda: _by_stairlift(names, ssh)),
        }
    rows = [(what, f"{c.wall:.2f}", f"{c.cpu:.2f}") for what, c in costs.items()]
    return Table(
        title=f"hosts: one look at {len(names)} hosts, {SIDE_BY_SIDE} at a time",
        heads=("how", "wall s", "CPU s here"),
        rows=tuple(rows),
        ratios=(Ratio("hosts: / xargs ssh, wall", costs[STAIRLIFT].wall / costs[XARGS].wall, AT_MOST),),
    )


def _by_xargs(folder: Path, names: list[str], ssh: SshOptions) -> None:
    (folder / "script").write_text(script())
    command = " ".join(f"'{word}'" if " " in word else word for word in ssh_words(ssh, "{}", ("sh", "-s")))
    line = f"xargs -P {SIDE_BY_SIDE} -I {{}} sh -c \"{command} <'{folder}/script' >'{folder}/{{}}.out'\""
    done = subprocess.run(line, shell=True, input="\n".join(names), text=True, capture_output=True, check=False)
    if done.returncode or any(not (folder / f"{name}.out").stat().st_size for name in names):
        raise Failed(f"xargs: {done.stderr[-500:]}")


def _by_stairlift(names: list[str], ssh: SshOptions) -> None:
    inventory = HostInventory(",".join(names), ssh=ssh)
    if not inventory.read(inventory.fetch()):
        raise Failed("hosts: nothing was found")


def _cost(act: Callable[[], None]) -> Cost:
    began, used = time.perf_counter(), _used()
    act()
    return Cost(time.perf_counter() - began, _used() - used)


def _used() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def _server(folder: Path) -> Iterator[SshOptions]:
    """An OpenSSH server of this user's own, and how every name leads to it."""
    server = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
    if server is None:
        raise Failed("there is no sshd (Debian: openssh-server)")
    for name in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    shutil.copy(folder / "key.pub", folder / "authorized")
    rows = orjson.loads(ANSWER.read_bytes())["hosts"]["ctl1"]["rows"]
    (folder / "answer").write_text("".join("\t".join(row) + "\n" for row in [*rows, ["end"]]))
    port = _free_port()
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nAuthorizedKeysFile {folder}/authorized\n"
        f"StrictModes no\nUsePAM no\nPidFile none\nMaxStartups 200\nPermitRootLogin prohibit-password\n"
        f"ForceCommand cat >/dev/null; cat {folder}/answer\n"
    )
    process = subprocess.Popen([server, "-D", "-f", folder / "sshd_config"], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield _options(folder, port)
    finally:
        process.terminate()
        process.wait()


def _options(folder: Path, port: int) -> SshOptions:
    config = folder / "ssh_config"
    config.write_text("Host *\n  HostName 127.0.0.1\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n")
    options = ("-o", "LogLevel=ERROR", "-o", "IdentitiesOnly=yes")
    return SshOptions(getpass.getuser(), port, str(folder / "key"), str(config), options)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise Failed(f"sshd ended with {process.returncode}")
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failed("sshd does not listen")
