"""The demo: a sandbox as a process, and the same commands that an operator would type, each shown before it runs."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stairlift.cli.output import say
from stairlift.knowledge.releases import all_series, describe, edge_exists, parse_series
from stairlift.model.errors import UsageError
from stairlift.model.release import Release
from stairlift.sandbox.client import CLOUD_NAME, SandboxClient
from stairlift.sandbox.deployer import write_deployer
from stairlift.sandbox.process import SandboxProcess
from stairlift.sandbox.scenario import Scenario
from stairlift.sandbox.scenario_file import load

_SETTINGS = f"""\
# Written by `stairlift demo`; the comments say what an operator would write here.
[sources]                                      # where to look, so that it need not be said on every command line
os_cloud = "{CLOUD_NAME}"                      # a cloud of clouds.yaml
inventory = ["openstack", "ansible:inventory.ini"]

[policy]
max_unavailable = {{ compute = 3 }}              # hypervisors at a time, after the canary

[[strategy]]                                   # the first entry that matches does the work
match = {{}}
use = "ansible"
playbook = "upgrade.yml"
inventory = "inventory.ini"
"""
#: What would lead to a real cloud, or to another Ansible than the demo's own.
_STRANGE = ("OS_", "STAIRLIFT_", "ANSIBLE_", "XDG_")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo takes place."""

    folder: Path
    environ: Mapping[str, str]
    cloud: SandboxClient


def demonstrate(name: str, keep: Path | None) -> int:
    """Run the demo; the exit code of the first command that fails, else 0."""
    source = release_of(name)
    begun = time.monotonic()
    with staged(name, keep) as stage:
        place = stage.folder
        say(f"a simulated cloud runs {describe(source)} in {place}; now as an operator would do it:", style="dim")
        for command in _commands(source, target_of(source)):
            code = _typed(command, stage)
            if code:
                return code
        say(f"\nin the simulated cloud itself: {inside(stage.cloud)}", style="bold green")
        say(f"done in {time.monotonic() - begun:.0f} s", style="dim")
    return 0


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """The folder to keep, or one that goes; an attempt that was left alone may still write there."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
    else:
        with tempfile.TemporaryDirectory(prefix="stairlift-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def release_of(name: str) -> Release:
    """What a simulated cloud runs."""
    return parse_series(str(load(name).release))


def target_of(source: Release) -> Release:
    """The furthest release that one hop reaches."""
    return max(s.release for s in all_series() if edge_exists(source, s.release))


def _commands(source: Release, target: Release) -> Iterator[Sequence[str]]:
    yield ("discover",)
    yield ("plan", "--from", str(source), "--to", str(target), "--out", "plan.json")
    yield ("run", "plan.json", "--yes")
    yield ("list",)


@contextmanager
def staged(name: str, keep: Path | None, more: str = "") -> Iterator[Stage]:
    """A folder with all that an operator has, beside a simulated cloud at work; `more` are further settings.

    Raises UsageError (demo.no_ansible).
    """
    with _folder(keep) as folder, _at_work(load(name), name, folder) as stage:
        with (folder / "stairlift.toml").open("a", encoding="utf-8") as settings:
            settings.write(more)
        yield stage


@contextmanager
def _at_work(scenario: Scenario, name: str, folder: Path) -> Iterator[Stage]:
    environ = _environment(folder)
    _demand_ansible(environ["PATH"])
    with SandboxProcess(name, folder) as cloud:
        write_deployer(folder, scenario, cloud.url)
        cloud.clouds_yaml(folder / "clouds.yaml")
        (folder / "stairlift.toml").write_text(_SETTINGS, encoding="utf-8")
        yield Stage(folder, environ, cloud)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's, less what would lead elsewhere, with this Python's own Ansible first on the path and no proxy."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_STRANGE)}
    here = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "STAIRLIFT_STATE_DIR": str(folder / "state"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


def _demand_ansible(path: str) -> None:
    if shutil.which("ansible-playbook", path=path) is None:
        raise UsageError(
            code="demo.no_ansible",
            brief="the demo upgrades its cloud with Ansible, and there is none here",
            resolution="pip install 'stairlift[demo]'",
        )


def _typed(command: Sequence[str], stage: Stage) -> int:
    """Show a command and run it. Ctrl-C reaches it as well as us, and what it does about that is worth seeing."""
    say(f"\n$ stairlift {shlex.join(command)}", style="bold")
    sys.stdout.flush()
    before = signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen([sys.executable, "-m", "stairlift", *command], cwd=stage.folder, env=dict(stage.environ))
    try:
        code = process.wait()
        return code if code >= 0 else 128 - code
    finally:
        process.terminate()
        process.wait()
        signal.signal(signal.SIGINT, before)


def inside(cloud: SandboxClient) -> str:
    """What the programs of the sandbox say of themselves, whatever our journal says."""
    programs = [p for host in cloud.state()["hosts"].values() for p in host["programs"].values()]
    counts = Counter((p["release"], p["state"]) for p in programs)
    return ", ".join(f"{n} programs of {release} are {state}" for (release, state), n in sorted(counts.items()))
