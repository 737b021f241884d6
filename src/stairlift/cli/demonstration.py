"""The demo: a sandbox as a process, and the same commands that an operator would type, each shown before it runs."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from stairlift.cli.output import say
from stairlift.knowledge.releases import all_series, describe, edge_exists, parse_series
from stairlift.model.errors import StairliftError
from stairlift.model.release import Release
from stairlift.sandbox.client import CLOUD_NAME, SandboxClient
from stairlift.sandbox.deployer import write_deployer
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
_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where the demo takes place."""

    folder: Path
    environ: Mapping[str, str]
    cloud: SandboxClient


def demonstrate(name: str, keep: Path | None) -> int:
    """Run the demo; the exit code of the first command that fails, else 0."""
    scenario = load(name)
    source = parse_series(str(scenario.release))
    target = _target(source)
    begun = time.monotonic()
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stairlift-demo-")))
        stage = stack.enter_context(_staged(scenario, name, folder))
        say(f"a simulated cloud runs {describe(source)} in {folder}; now as an operator would do it:", style="dim")
        for command in _commands(source, target):
            code = _typed(command, stage)
            if code:
                return code
        say(f"\nin the simulated cloud itself: {_inside(stage.cloud)}", style="bold green")
        say(f"done in {time.monotonic() - begun:.0f} s", style="dim")
    return 0


def _target(source: Release) -> Release:
    """The furthest release that one hop reaches."""
    return max(s.release for s in all_series() if edge_exists(source, s.release))


def _commands(source: Release, target: Release) -> Iterator[Sequence[str]]:
    yield ("discover",)
    yield ("plan", "--from", str(source), "--to", str(target), "--out", "plan.json")
    yield ("run", "plan.json", "--yes")
    yield ("list",)


@contextmanager
def _staged(scenario: Scenario, name: str, folder: Path) -> Iterator[_Stage]:
    folder.mkdir(parents=True, exist_ok=True)
    with _sandbox(name, folder) as cloud:
        write_deployer(folder, scenario, cloud.url)
        cloud.clouds_yaml(folder / "clouds.yaml")
        (folder / "stairlift.toml").write_text(_SETTINGS, encoding="utf-8")
        yield _Stage(folder, _environment(folder), cloud)


def _environment(folder: Path) -> dict[str, str]:
    """The caller's, less what would lead to a real cloud, with this Python's own ansible first on the path."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "STAIRLIFT_", "ANSIBLE_"))}
    here = str(Path(sys.executable).parent)
    return kept | {
        "PATH": f"{here}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "OS_CLIENT_CONFIG_FILE": str(folder / "clouds.yaml"),
        "STAIRLIFT_STATE_DIR": str(folder / "state"),
    }


@contextmanager
def _sandbox(name: str, folder: Path) -> Iterator[SandboxClient]:
    port_file = folder / "port"
    port_file.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "stairlift.sandbox", name, "--port-file", str(port_file)]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    try:
        cloud = SandboxClient(f"http://127.0.0.1:{_port(process, port_file)}")
        cloud.wait_until_up(_PATIENCE)
        yield cloud
    finally:
        process.terminate()
        process.wait()


def _port(process: subprocess.Popen[bytes], port_file: Path) -> int:
    end = time.monotonic() + _PATIENCE
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise StairliftError(
                code="demo.no_sandbox",
                brief="the simulated cloud did not start",
                resolution="`python -m stairlift.sandbox demo` shows why",
            )
        time.sleep(0.05)
    return int(port_file.read_text(encoding="utf-8"))


def _typed(command: Sequence[str], stage: _Stage) -> int:
    say(f"\n$ stairlift {shlex.join(command)}", style="bold")
    sys.stdout.flush()
    argv = [sys.executable, "-m", "stairlift", *command]
    return subprocess.run(argv, cwd=stage.folder, env=dict(stage.environ), check=False).returncode


def _inside(cloud: SandboxClient) -> str:
    """What the programs of the sandbox say of themselves, whatever our journal says."""
    programs = [p for host in cloud.state()["hosts"].values() for p in host["programs"].values()]
    counts = Counter((p["release"], p["state"]) for p in programs)
    return ", ".join(f"{n} programs of {release} are {state}" for (release, state), n in sorted(counts.items()))
