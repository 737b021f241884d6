"""A working copy of Grenade in the attempt's folder, with rc files of our own: the operator's tree stays as it is.

The driver sources localrc and pluginrc from its own folder and has no option for another place.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .task import Task

#: Of the operator's, and sourced from where they are; or of no use to the driver.
_NOT_COPIED = shutil.ignore_patterns(".git", "localrc", "pluginrc", ".tox", "__pycache__")
_PLUGIN_FILES = ("settings", "upgrade.sh", "resources.sh")
_BRANCH = "stairlift"
_NOBODY = ("-c", "user.name=Stairlift", "-c", "user.email=stairlift@localhost", "-c", "commit.gpgsign=false")


class Unprepared(Exception):
    """The driver cannot be started, and nothing has happened."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """The attempt's folder and the copy in it. The strategy's files (`task.json`, `localrc`, ...) lie in the folder."""

    folder: Path
    task: Task

    @property
    def copy(self) -> Path:
        """Where the driver runs: its log filter is named relative to its own folder."""
        return self.folder / "grenade"

    def prepare(self) -> None:
        """Make the copy and the plugin. Raises Unprepared."""
        self._require_room()
        try:
            shutil.copytree(self.task.grenade, self.copy, symlinks=True, ignore=_NOT_COPIED, dirs_exist_ok=True)
            for name in ("localrc", "pluginrc"):
                shutil.copyfile(self.folder / name, self.copy / name)
            self._place_plugin()
        except (OSError, shutil.Error) as wrong:
            raise Unprepared(f"a working copy of {self.task.grenade} cannot be made: {wrong}") from wrong

    def _require_room(self) -> None:
        try:
            free = shutil.disk_usage(self.task.stack_root).free
        except OSError as wrong:
            raise Unprepared(f"{self.task.stack_root} cannot be looked at: {wrong.strerror}") from wrong
        if free < self.task.free_gib * 1024**3:
            found = f"{free / 1024**3:.1f} GiB are free"
            raise Unprepared(f"{found} below {self.task.stack_root}, and {self.task.free_gib} are wanted (free_gib)")

    def _place_plugin(self) -> None:
        """Where the driver would clone it to: what is there it does not clone, offline and in CI it must not.

        Its name is that of its content, so that what is there is whole: it takes the name at the end.
        """
        place = Path(self.task.plugin_dir, self.task.plugin)
        if place.exists():
            return
        half = place.with_name(f"{place.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        self._make_plugin(half)
        half.rename(place)

    def _make_plugin(self, place: Path) -> None:
        scripts = place / "devstack" / "upgrade"
        scripts.mkdir(parents=True)
        for name in _PLUGIN_FILES:
            shutil.copyfile(self.folder / name, scripts / name)
            (scripts / name).chmod(0o755)
        self._git(place, "init", "--quiet")
        self._git(place, "checkout", "--quiet", "-B", _BRANCH)
        self._git(place, "add", ".")
        self._git(place, *_NOBODY, "commit", "--quiet", "--message", "One project at a time")

    def _git(self, place: Path, *words: str) -> None:
        argv = ["git", "-c", f"safe.directory={place}", "-C", str(place), *words]
        done = subprocess.run(
            argv,
            env={**self.environment(), "GIT_CONFIG_NOSYSTEM": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise Unprepared(f"git cannot make {place}: {done.stderr.strip()[-200:]}")

    def environment(self) -> Mapping[str, str]:
        """A clean one: many of the driver's settings are taken from the environment where they are there.

        The STAIRLIFT variables tell whose processes these are, and are what the plugin is told by.
        """
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "USER", "LOGNAME") if name in os.environ}
        ours = {name: value for name, value in os.environ.items() if name.startswith("STAIRLIFT_")}
        trim = self.task.half == "target" and self.task.upgrade != self.task.projects
        told = {
            "STAIRLIFT_PROJECTS": " ".join(self.task.projects),
            "STAIRLIFT_UPGRADE": " ".join(self.task.upgrade) if trim else "",
            "STAIRLIFT_REST": " ".join(self.task.rest),
        }
        return {**kept, **ours, **told, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "dumb"}

    def argv(self) -> tuple[str, ...]:
        """The driver's command: one half, and quiet, so that its output is the summary alone."""
        return ("./grenade.sh", "-b" if self.task.half == "base" else "-t", "-q")

    def clear(self) -> None:
        """The copy is of no use after the end; the logs have been taken out."""
        shutil.rmtree(self.copy, ignore_errors=True)
