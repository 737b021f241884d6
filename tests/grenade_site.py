"""A DevStack node with three projects, and attempts at it through the real executor.

The driver is the tree in tests/data/grenade, which behaves as `grenade.sh` does and upgrades nothing; with
GRENADE_DIR and DEVSTACK_DIR in the environment it is the real one (`make test-grenade`), in the mode of OpenStack's own
CI (DevStacks that are there already), with the same small plugins for projects.
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from stairlift.drive.assignment import job_for, verdict_on
from stairlift.execute.local import LocalExecutor
from stairlift.model.plan import Step
from stairlift.model.run import AttemptId
from stairlift.model.work import Assignment, Verdict
from stairlift.strategy.grenade import GrenadeUpgradeStrategy
from stairlift.testing.strategy_contract import a_step

DATA = Path(__file__).parent / "data" / "grenade"
PROJECTS = ("alpha", "beta", "gamma")
HOST = "devstack-1"
PASSWORD = "hunter2-of-devstack"
#: Page-long outputs of a node's state, and what would touch the machine, are not for tests.
_STUBS = {
    "sudo": '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n',
    "pgrep": "#!/bin/sh\nexit 1\n",
    "killall": "#!/bin/sh\nexit 0\n",
    "apt-get": "#!/bin/sh\nexit 0\n",
    "screen": "#!/bin/sh\nexit 0\n",
}
LOCAL_CONF = """\
[[local|localrc]]
DEST={release}
DATA_DIR={root}/data
ENABLED_SERVICES=stairlift-made-up
OFFLINE=True
HOST_IP=127.0.0.1
HOST_IPV6=::1
DATABASE_TYPE=none
IMAGE_URLS=
DOWNLOAD_DEFAULT_IMAGES=False
ADMIN_PASSWORD={password}
"""


def real_driver() -> tuple[Path, Path] | None:
    """The real Grenade and DevStack, where somebody names them."""
    given = [os.environ.get(name, "") for name in ("GRENADE_DIR", "DEVSTACK_DIR")]
    return (Path(given[0]), Path(given[1])) if all(given) else None


@dataclass(frozen=True)
class Site:
    """The node: `root` holds everything, `stack` is its STACK_ROOT."""

    root: Path
    projects: tuple[str, ...] = PROJECTS

    @property
    def stack(self) -> Path:
        return self.root / "stack"

    def options(self, **more) -> dict[str, object]:
        given = {
            "folder": str(self.root),
            "grenade": "grenade",
            "stack_root": str(self.stack),
            "host": HOST,
            "projects": list(self.projects),
            "plugins": [f"{name} file://{self.root}/plugins/{name} master" for name in self.projects],
            "settings": {"GIT_BASE": f"file://{self.root}/git", "GIT_CONFIG_SYSTEM": f"{self.root}/gitconfig"},
            "free_gib": 1,
        }
        return {**given, **more}

    def strategy(self, **more) -> GrenadeUpgradeStrategy:
        return GrenadeUpgradeStrategy(self.options(**more))

    def knob(self, name: str, value: object = "1") -> None:
        (self.stack / "knobs").mkdir(exist_ok=True)
        (self.stack / "knobs" / name).write_text(str(value))

    def mend(self, name: str) -> None:
        (self.stack / "knobs" / name).unlink()

    def services(self) -> dict[str, str]:
        """What each service is: `old running`, `old stopped`, `new migrating` or `new running`."""
        return {name: (self.stack / "services" / name).read_text().strip() for name in self.projects}

    def lines(self, name: str) -> list[str]:
        """What the plugins wrote down: `upgraded`, or `resources` by phase."""
        file = self.stack / name
        return file.read_text().splitlines() if file.exists() else []

    def processes(self) -> list[psutil.Process]:
        """Everything that comes from this node's attempts and still runs, found by environment, folder or arguments."""
        return [p for p in psutil.process_iter() if p.pid != os.getpid() and self._is_here(p)]

    def running(self, *words: str) -> list[psutil.Process]:
        """Those of them whose arguments end with these words."""
        return [p for p in self.processes() if _arguments(p)[-len(words) :] == list(words)]

    def _is_here(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            marks = (process.environ().get("STAIRLIFT_PROGRESS", ""), process.cwd(), *process.cmdline())
        except psutil.Error:
            return False
        return any(str(self.root) in mark for mark in marks)


def opening() -> Step:
    return a_step(id="open", action="drain", stage="control", project=None, services=("alpha-api",), hosts=(HOST,))


def upgrade(project: str | None) -> Step:
    services = tuple(f"{name}-api" for name in ((project,) if project else PROJECTS))
    return a_step(
        id=f"up-{project}", stage="control", plane="control", project=project, services=services, hosts=(HOST,)
    )


@dataclass(frozen=True)
class Attempts:
    """Attempts at steps of a site, each through the real executor with its detached supervisor."""

    site: Site
    strategy: GrenadeUpgradeStrategy
    run: str = "r1"

    @property
    def executor(self) -> LocalExecutor:
        return LocalExecutor(self.site.root / "attempts")

    def id(self, step: Step, number: int = 1) -> AttemptId:
        return AttemptId(self.run, step.id, number)

    def folder(self, step: Step, number: int = 1) -> Path:
        return self.executor.folder(self.id(step, number))

    def make(self, step: Step, number: int = 1) -> Verdict:
        """Start it, wait for its end, judge it."""
        return asyncio.run(self.wait(step, number))

    async def wait(self, step: Step, number: int = 1) -> Verdict:
        assignment = self.assignment(step, number)
        ending = await self.executor.run(self.id(step, number), lambda: job_for(self.strategy, assignment))
        return verdict_on(self.strategy, assignment, ending)

    async def cancelled_when(self, holds: Callable[[], bool], step: Step, number: int = 1) -> Verdict:
        """Start it, and ask its program to stop once something holds; the verdict that comes of it."""
        waiting = asyncio.create_task(self.wait(step, number))
        await until(holds)
        runner = self.runner(step, number)
        runner.terminate()
        return await waiting

    def runner(self, step: Step, number: int = 1) -> psutil.Process:
        task = str(self.folder(step, number) / "task.json")
        [found] = [
            p
            for p in psutil.process_iter()
            if _arguments(p)[-1:] == [task] and "supervisor.py" not in str(_arguments(p))
        ]
        return found

    def assignment(self, step: Step, number: int = 1) -> Assignment:
        return Assignment(self.run, step, number, self.folder(step, number))

    def events(self, step: Step, number: int = 1) -> list[dict]:
        return [json.loads(line) for line in (self.folder(step, number) / "progress.jsonl").read_text().splitlines()]

    def log(self, step: Step, number: int = 1) -> str:
        return (self.folder(step, number) / "log").read_text()

    def texts(self, step: Step, number: int = 1) -> str:
        """Everything that the attempt left in its folder, for looking for what must not be there."""
        files = [f for f in self.folder(step, number).rglob("*") if f.is_file()]
        return "\n".join(file.read_text(errors="replace") for file in files)

    def of_run(self, run: str) -> "Attempts":
        return replace(self, run=run)


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


async def until(holds: Callable[[], object], seconds: float = 60) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not holds():
        assert asyncio.get_running_loop().time() < end, "it never came"
        await asyncio.sleep(0.05)


def build(root: Path, projects: tuple[str, ...] = PROJECTS) -> Site:
    """Make the node."""
    site = Site(root, projects)
    real = real_driver()
    grenade, devstack = real or (DATA / "grenade", DATA / "devstack")
    shutil.copytree(grenade, root / "grenade", symlinks=True)
    for release in ("old", "new"):
        there = site.stack / release / "devstack"
        shutil.copytree(devstack, there, symlinks=True)
        conf = LOCAL_CONF.format(release=there.parent, root=site.stack, password=PASSWORD)
        (there / "local.conf").write_text(conf)
    if real:
        _for_the_real_one(site, devstack)
    for name in projects:
        _plugin(root / "plugins" / name, name, first=name == projects[0])
    (site.stack / "services").mkdir()
    for name in projects:
        (site.stack / "services" / name).write_text("old running\n")
    (root / "bin").mkdir()
    for name, text in _STUBS.items():
        (root / "bin" / name).write_text(text)
        (root / "bin" / name).chmod(0o755)
    return site


def _for_the_real_one(site: Site, devstack: Path) -> None:
    """A mirror with both branches, and an environment that it would otherwise take 15 s to make."""
    mirror = site.root / "git" / "openstack" / "devstack"
    _git(site.root, "clone", "--quiet", "--bare", str(devstack), str(mirror))
    for branch in ("stable/2025.1", "stable/2026.1"):
        _git(mirror, "branch", "--force", branch, "HEAD")
    (site.stack / "new" / "requirements" / ".venv" / "bin").mkdir(parents=True)


def _plugin(folder: Path, name: str, *, first: bool) -> None:
    scripts = folder / "devstack" / "upgrade"
    scripts.mkdir(parents=True)
    for file in (DATA / "plugin").iterdir():
        text = file.read_text().replace("@NAME@", name).replace("@FIRST@", "yes" if first else "no")
        (scripts / file.name).write_text(text)
        (scripts / file.name).chmod(0o755)
    _git(folder, "init", "--quiet", "--initial-branch=master")
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", name)


def _git(folder: Path, *words: str) -> None:
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "-C", str(folder), *words], check=True, env=environment, capture_output=True)
