"""What the testbed takes from Debian: everything that is not OpenStack itself."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from tb.commands import run, say
from tb.errors import TestbedError

# A program of each package, by which its presence is seen.
PACKAGES = {
    "haproxy": "haproxy",
    "iproute2": "ip",
    "mariadb-server": "mariadbd",
    "memcached": "memcached",
    "openssh-client": "ssh",
    "openssh-server": "sshd",
    "openvswitch-switch": "ovs-vswitchd",
    "procps": "pgrep",
    "rabbitmq-server": "rabbitmq-server",
    "socat": "socat",
    "supervisor": "supervisord",
}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_POLICY = Path("/usr/sbin/policy-rc.d")


def missing(wanted: Mapping[str, str] = PACKAGES) -> list[str]:
    return [package for package, program in wanted.items() if not shutil.which(program, path=_PATH)]


def ensure(wanted: Mapping[str, str] = PACKAGES) -> None:
    """Installs what is missing, and starts none of it. Raises TestbedError where there is no apt-get or it fails."""
    packages = missing(wanted)
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise TestbedError(f"missing: {' '.join(packages)}; install them, there is no apt-get here")
    say(f"installing {' '.join(packages)}")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _services_kept_off():
        run(["apt-get", "update", "-qq"], env=env)
        run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages], env=env)


@contextlib.contextmanager
def _services_kept_off() -> Iterator[None]:
    """Debian starts what it installs; the machine itself shall run none of it. An existing policy is respected."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
