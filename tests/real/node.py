"""A throw-away Debian host: an overlay of this machine in namespaces of its own, with sshd and nothing else.

It says that it is in runlevel 2: without an answer invoke-rc.d starts nothing. Root's home is empty: what this
machine's shells do at their start would be done at every command.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: For two addresses that nothing else uses: neither the testbed nor documentation.
OURS, ADDRESS = "10.78.0.1", "10.78.0.2"
_LINK = "stairlift-node0"
_ROOT = """
set -e
read -r _
mount --make-rprivate /
hostname {name}
mount -t tmpfs tmpfs {base}
mkdir {base}/upper {base}/work {base}/root
mount -t overlay overlay -o lowerdir=/,upperdir={base}/upper,workdir={base}/work {base}/root
cd {base}/root
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=700 tmpfs root
mkdir -p run/sshd run/lock var/lib/machine root/.ssh
rm -rf etc/apt/sources.list etc/apt/sources.list.d var/lib/apt/lists usr/sbin/policy-rc.d
mkdir -p etc/apt/sources.list.d var/lib/apt/lists/partial
printf '#!/bin/sh\\necho N 2\\n' >sbin/runlevel
chmod 755 sbin/runlevel
cp {keys}/id.pub root/.ssh/authorized_keys
cp {keys}/host run/host_key
chmod 700 root root/.ssh
chmod 600 run/host_key root/.ssh/authorized_keys
chown -R root:root root/.ssh
pivot_root . var/lib/machine
umount -l /var/lib/machine
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \\
  python3 -c '{init}' <&-
"""
#: The first process: starts sshd and waits for whoever nobody else waits for.
_INIT = """
import os, subprocess, time
subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", "/dev/null", "-h", "/run/host_key", "-q", "-o", "UsePAM=no", "-o",
                  "Subsystem=sftp internal-sftp"])
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(0.1)
"""


@dataclass(frozen=True)
class Node:
    """A running host, reached as root by its SSH key."""

    name: str
    key: Path

    @property
    def ssh_options(self) -> list[str]:
        """What ssh must be told to reach it."""
        told = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        return ["-F", "none", "-i", str(self.key), *(word for option in told for word in ("-o", option))]

    def run(self, script: str, *, check: bool = True) -> str:
        """A shell script's standard output."""
        ssh = ["ssh", *self.ssh_options, f"root@{ADDRESS}", "sh -s"]
        done = subprocess.run(ssh, input=script, capture_output=True, text=True, timeout=300, check=False)
        assert not check or done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout


@contextlib.contextmanager
def started(folder: Path, name: str) -> Iterator[Node]:
    """A host from a fresh root; at the end all of it is gone."""
    base = folder / "base"
    base.mkdir()
    for key in ("id", "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    script = _ROOT.format(name=name, base=base, keys=folder, init=_INIT)
    # Whatever ends us ends it as well.
    separate = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--net",
        "--mount",
        "--uts",
        "--ipc",
        "--pid",
        "--fork",
        "--kill-child",
    ]
    outer = subprocess.Popen([*separate, "bash", "-c", script], stdin=subprocess.PIPE, start_new_session=True)
    try:
        _plug_in(_child_of(outer.pid))
        assert outer.stdin is not None
        outer.stdin.write(b"go\n")
        outer.stdin.close()
        node = Node(name, folder / "id")
        _wait(lambda: node.run("echo up", check=False) == "up\n", f"sshd of {name}")
        yield node
    finally:
        outer.kill()
        outer.wait()
        subprocess.run(["ip", "link", "del", _LINK], check=False, capture_output=True)


def why_not_here() -> str | None:
    """What is lacking here for such a host, in a sentence."""
    if os.geteuid() != 0:
        return "a host of its own needs root: it makes network namespaces and mounts"
    lacking = [
        p for p in ("setpriv", "unshare", "ip", "sshd", "ssh", "apt-get", "dpkg-deb") if not shutil.which(p, path=_PATH)
    ]
    return f"missing: {', '.join(lacking)}" if lacking else None


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _child_of(pid: int) -> int:
    found: list[int] = []

    def look() -> bool:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found[:] = [int(word) for word in text]
        return bool(found)

    _wait(look, "the namespaces")
    return found[0]


def _plug_in(pid: int) -> None:
    """A cable between us and the host. Fails where the link is there already: another test is under way."""
    outside = (
        f"link add {_LINK} type veth peer name eth0 netns {pid}\naddr add {OURS}/30 dev {_LINK}\nlink set {_LINK} up"
    )
    inside = f"addr add {ADDRESS}/30 dev eth0\nlink set eth0 up\nlink set lo up"
    subprocess.run(["ip", "-batch", "-"], input=outside, text=True, check=True)
    subprocess.run(["nsenter", "-t", str(pid), "-n", "ip", "-batch", "-"], input=inside, text=True, check=True)


def _wait(ready, what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.1)


@contextlib.contextmanager
def served(folder: Path, port: int) -> Iterator[str]:
    """The folder over HTTP, on our end of the cable."""
    server = subprocess.Popen(
        [
            "setpriv",
            "--pdeathsig",
            "KILL",
            sys.executable,
            "-m",
            "http.server",
            str(port),
            "--bind",
            OURS,
            "--directory",
            folder,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://{OURS}:{port}"
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
