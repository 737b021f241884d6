"""Hosts: overlay root, own namespaces, supervisord as first process. Ending that process is a power failure."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from tb import render, topology
from tb.commands import run, wait_until
from tb.layout import HERE, Layout
from tb.topology import Host

#: The switch to which the computes' provider networks are cabled. The machine has an address there, as a router would.
_PROVIDER = "stairlift1"
TENANTS, ROUTER = "192.168.77.0/24", "192.168.77.1"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FIRST = "-10"
_ENVIRONMENT = ("env", "-i", f"PATH={_PATH}", "HOME=/root", "LANG=C.UTF-8")


def _started_at(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.rpartition(")")[2].split()[19]


def pid_of(layout: Layout, host: Host) -> int | None:
    """The machine's number for the host's first process; None if the host is off."""
    try:
        pid, started_at = layout.pid_file(host.name).read_text(encoding="utf-8").split()
    except FileNotFoundError:
        return None
    return int(pid) if _started_at(int(pid)) == started_at else None


def running(layout: Layout) -> list[Host]:
    return [host for host in topology.HOSTS if pid_of(layout, host)]


def command(layout: Layout, host: Host, *argv: str) -> list[str]:
    """The command line that runs `argv` as root on a running host, without SSH."""
    pid = pid_of(layout, host)
    enter = ["nsenter", "-t", str(pid), "-m", "-u", "-n", "-p", "-i", "--wdns=/"]
    return [*enter, "--", *_ENVIRONMENT, *argv]


def run_on(layout: Layout, host: Host, *argv: str, feed: str = "") -> str:
    """What the command wrote on the host. Raises TestbedError if it fails."""
    return run(command(layout, host, *argv), feed=feed)


def add_bridge() -> None:
    run(["ip", "link", "add", topology.BRIDGE, "type", "bridge"])
    run(["ip", "addr", "add", f"{topology.GATEWAY}/{topology.PREFIX_LENGTH}", "dev", topology.BRIDGE])
    run(["ip", "link", "set", topology.BRIDGE, "up"])
    run(["ip", "link", "add", _PROVIDER, "type", "bridge"])
    run(["ip", "addr", "add", f"{ROUTER}/24", "dev", _PROVIDER])
    run(["ip", "link", "set", _PROVIDER, "up"])


def bridge_exists() -> bool:
    return Path("/sys/class/net", topology.BRIDGE).exists()


def remove_bridge() -> None:
    for bridge in (topology.BRIDGE, _PROVIDER):
        if Path("/sys/class/net", bridge).exists():
            run(["ip", "link", "del", bridge])


def _interface(host: Host) -> str:
    """The host's end on the bridge; the kernel takes at most 15 characters."""
    return f"stairlift-{host.name}"[:15]


def _plug_in(host: Host, pid: int) -> None:
    outside = f"""
        link add {_interface(host)} type veth peer name eth0 netns {pid}
        link set {_interface(host)} master {topology.BRIDGE} up
    """
    inside = f"""
        addr add {host.address}/{topology.PREFIX_LENGTH} dev eth0
        link set eth0 up
        link set lo up
    """
    if host.role == "compute":
        outside += f"""
            link add {host.name}-provider type veth peer name provider0 netns {pid}
            link set {host.name}-provider master {_PROVIDER} up
        """
        inside += "link set provider0 up"
    run(["ip", "-batch", "-"], feed=outside)
    run(["nsenter", "-t", str(pid), "-n", "ip", "-batch", "-"], feed=inside)


def _shares(layout: Layout, host: Host) -> list[str]:
    # Databases on the plain file system: on an overlay they are slower.
    shares = {"control": f"{layout.images}=/var/lib/glance/images", "infra": f"{layout.host(host.name)}/data=/srv"}
    return [shares[host.role]] if host.role in shares else []


def power_on(layout: Layout, host: Host, keys: dict[str, str]) -> None:
    """Starts a host from a fresh root. What it had written before is gone."""
    home = layout.host(host.name)
    shutil.rmtree(home, ignore_errors=True)
    for part in ("upper", "work", "root", "data"):
        (home / part).mkdir(parents=True)
    render.write_host(layout, host, keys)
    separate = ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"]
    init = [str(HERE / "tb" / "init.sh"), str(layout.state), host.name, *_shares(layout, host)]
    with (home / "console.log").open("wb") as console:
        first = subprocess.Popen(
            [*separate, *init], stdin=subprocess.PIPE, stdout=console, stderr=console, start_new_session=True
        )
    wait_until(f"{host.name} starts, see {home}/console.log", lambda: pid_of(layout, host) is not None, 20, 0.02)
    _plug_in(host, pid_of(layout, host) or 0)
    _put_first(pid_of(layout, host) or 0)
    assert first.stdin is not None
    with first.stdin as go:
        go.write(b"\n")
    ready = ("test", "-S", "/run/supervisor.sock")
    wait_until(f"supervisord of {host.name}", lambda: _answers(layout, host, *ready), 30, 0.1)


def _put_first(pid: int) -> None:
    """Processor time goes to a host before it goes to whoever upgrades it, as if it had cores of its own.

    The kernel shares cores out by session, whatever nice says, and a control host with all its programs is one
    (sched(7), autogroup): beside twenty busy sessions it would get a twentieth, and its users time-outs.
    """
    with contextlib.suppress(OSError):  # a kernel without autogroups
        Path(f"/proc/{pid}/autogroup").write_text(_FIRST, encoding="ascii")


def _answers(layout: Layout, host: Host, *argv: str) -> bool:
    return subprocess.run(command(layout, host, *argv), capture_output=True, check=False).returncode == 0


def power_off(layout: Layout, host: Host) -> None:
    """Ends the host's first process, and with it the kernel ends every other; returns when all are gone."""
    pid = pid_of(layout, host)
    if pid:
        os.kill(pid, signal.SIGKILL)
        wait_until(f"{host.name} ends", lambda: pid_of(layout, host) is None, 30, 0.05)
    layout.pid_file(host.name).unlink(missing_ok=True)
    for cable in (_interface(host), f"{host.name}-provider"):
        if Path("/sys/class/net", cable).exists():
            # It would go with the namespace, but at a time of the kernel's choosing.
            subprocess.run(["ip", "link", "del", cable], capture_output=True, check=False)


def listens(host: Host, port: int) -> bool:
    """Whether something takes connections at the host's port."""
    with contextlib.suppress(OSError), socket.create_connection((host.address, port), timeout=2):
        return True
    return False
