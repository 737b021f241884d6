"""Where the testbed keeps its things: everything is below one directory."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
DEFAULT_STATE = "/var/lib/stairlift-testbed"
BASE_RELEASE = "2025.1"
TARGET_RELEASE = "2026.1"
RELEASES = (BASE_RELEASE, TARGET_RELEASE)

# What a database dump depends on: another version of any of these makes another dump.
_DUMP_SOURCES = (f"pins/{BASE_RELEASE}.txt", "tb/databases.py", "tb/catalogue.py", "tb/topology.py")


@dataclass(frozen=True)
class Layout:
    """The paths below the state directory."""

    state: Path

    @classmethod
    def from_environment(cls) -> "Layout":
        return cls(Path(os.environ.get("STAIRLIFT_TESTBED_DIR", DEFAULT_STATE)).absolute())

    @property
    def venvs(self) -> Path:
        return self.state / "venvs"

    @property
    def hosts(self) -> Path:
        return self.state / "hosts"

    @property
    def images(self) -> Path:
        """Glance's file store, which both control hosts mount."""
        return self.state / "images"

    @property
    def run(self) -> Path:
        """Pid files of the hosts that run."""
        return self.state / "run"

    @property
    def ready(self) -> Path:
        """Exists while a start that came to its end is running."""
        return self.run / "ready"

    @property
    def secrets(self) -> Path:
        """The SSH key pair and Keystone's Fernet keys; they outlive `down`, as the dump does."""
        return self.state / "secrets"

    @property
    def ssh_key(self) -> Path:
        return self.secrets / "id_ed25519"

    @property
    def clouds_yaml(self) -> Path:
        return self.state / "clouds.yaml"

    @property
    def ssh_config(self) -> Path:
        return self.state / "ssh_config"

    @property
    def inventory(self) -> Path:
        return self.state / "ansible" / "inventory.ini"

    @property
    def ansible_cfg(self) -> Path:
        return self.state / "ansible" / "ansible.cfg"

    @property
    def balancer(self) -> Path:
        """How the load balancer is set, in a word; it outlives `down`."""
        return self.state / "balancer"

    @property
    def control_sockets(self) -> Path:
        """Where ssh keeps its multiplexed connections; short, because a socket's path is at most 108 bytes."""
        return self.state / "ansible" / "cp"

    @property
    def dump(self) -> Path:
        """The databases of the base release as they are before any service has started."""
        digest = hashlib.sha256()
        for source in _DUMP_SOURCES:
            digest.update((HERE / source).read_bytes())
        return self.state / "dumps" / f"{BASE_RELEASE}-{digest.hexdigest()[:12]}.sql"

    def host(self, name: str) -> Path:
        return self.hosts / name

    def pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"
