"""What lies on the node: Grenade's tree, both DevStacks, STACK_ROOT. Looked at when a plan is made and before a run."""

import getpass
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from stairlift.model.errors import UsageError
from stairlift.strategy.asking import ask
from stairlift.strategy.files import files_below
from stairlift.strategy.grenade.options import GrenadeOptions, dangerous, wrong_file
from stairlift.strategy.grenade.runner.masking import Mask

_TREE = ("grenade.sh", "grenaderc", "functions", "tools/outfilter.py", "projects")
#: Files that an operator writes into Grenade's tree. They may hold passwords, so that no plan has their fingerprint.
_OPERATORS = frozenset({"localrc", "pluginrc", "devstack.local.conf", "devstack.localrc"})
_IN_TREE = re.compile(r"\d+_(.+)")
_ENABLED = re.compile(r"^\s*enable_grenade_plugin\s+([A-Za-z0-9._-]+)", re.MULTILINE)
_GIT_SECONDS = 30


def require_tree(options: GrenadeOptions) -> None:
    """Raises UsageError where the node is not one that Grenade could work on, in the words of the option."""
    _require_programs()
    _require_account(options)
    for name in _TREE:
        if not (options.grenade / name).exists():
            hint = "Name a checkout of Grenade. Paths are relative to the folder of stairlift.toml."
            raise wrong_file("grenade", f"names {options.grenade}, which has no {name}", hint)
    if not os.access(options.grenade / "grenade.sh", os.X_OK):
        raise wrong_file("grenade", f"names {options.grenade}, whose grenade.sh cannot be executed", "chmod +x it.")
    _require_stack_root(options)
    _require_projects(options)


def require_devstack(key: str, path: Path) -> None:
    """Raises UsageError where a path is no DevStack."""
    if not (path / "stackrc").is_file():
        hint = "Clone and configure DevStack there, or correct base_release, target_release and the paths."
        raise wrong_file(key, f"is {path}, where there is no DevStack (no stackrc)", hint)


def missing_programs() -> tuple[str, ...]:
    """What an attempt starts and this machine lacks: the driver's shell, and git, which makes our plugin."""
    return tuple(program for program in ("bash", "git") if shutil.which(program) is None)


def _require_programs() -> None:
    for program in missing_programs():
        raise UsageError(
            code="strategy.program",
            brief=f"strategy 'grenade': no {program} on the PATH",
            resolution=f"Install {program}.",
        )


def _require_account(options: GrenadeOptions) -> None:
    if options.user is not None and getpass.getuser() != options.user:
        raise UsageError(
            code="strategy.option",
            brief=f"strategy 'grenade': user is {options.user}, and this is {getpass.getuser()}",
            resolution=f"Plan and run as {options.user}, which DevStack belongs to.",
        )


def _require_stack_root(options: GrenadeOptions) -> None:
    root = options.stack_root
    if not root.is_dir():
        raise wrong_file("stack_root", f"is {root}, which is no folder", "Name the STACK_ROOT of this DevStack.")
    if (why := dangerous(root.resolve())) is not None:
        raise wrong_file(
            "stack_root", f"is {root}, which leads to {root.resolve()}: it {why}", "Name a folder of its own."
        )
    if root.stat().st_uid not in (os.geteuid(), 0):
        hint = "Grenade would change the owner of everything in it. Run as the account that DevStack belongs to."
        raise wrong_file("stack_root", f"is {root}, which belongs to another account", hint)


def _require_projects(options: GrenadeOptions) -> None:
    known = in_tree_projects(options.grenade) | {plugin.name for plugin in options.plugins}
    known |= plugins_of(options.pluginrc)
    unknown = [project for project in options.projects if project not in known]
    if unknown:
        hint = f"Known are: {', '.join(sorted(known))}. Name the plugin of another by `plugins`."
        raise UsageError(
            code="strategy.option",
            brief=f"strategy 'grenade': projects holds {unknown[0]}, which is neither in Grenade's tree nor a plugin",
            resolution=hint,
        )


def in_tree_projects(grenade: Path) -> set[str]:
    """The projects that Grenade's own tree knows."""
    folders = (grenade / "projects").iterdir() if (grenade / "projects").is_dir() else ()
    return {found[1] for folder in folders if (found := _IN_TREE.fullmatch(folder.name))}


def plugins_of(pluginrc: Path) -> set[str]:
    """The plugins that an operator's own pluginrc enables."""
    return set(_ENABLED.findall(_text(pluginrc))) if pluginrc.is_file() else set()


def scripts(grenade: Path) -> Iterator[Path]:
    """What the driver consists of, without what an operator writes beside it."""
    for file in files_below(grenade):
        if file.name not in _OPERATORS and file.suffix not in (".rst", ".md"):
            yield file


def commit(checkout: Path) -> str | None:
    """The git commit of a checkout, with `+` where tracked files differ from it; None where it is none."""
    head = _git(checkout, "rev-parse", "HEAD")
    if head is None:
        return None
    return head + ("+" if _git(checkout, "status", "--porcelain", "--untracked-files=no") else "")


def _git(checkout: Path, *words: str) -> str | None:
    trusted = ("git", "-c", f"safe.directory={checkout}", "-C", str(checkout))
    try:
        ceiling = {**os.environ, "GIT_CEILING_DIRECTORIES": str(checkout.parent)}
        done = ask([*trusted, *words], checkout, ceiling, _GIT_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """Of files that may hold passwords: the beginning of the SHA-256 of what they say without these."""
    return {what: _digest(path) for what, path in files.items() if path.is_file()}


def _digest(path: Path) -> str:
    return hashlib.sha256(Mask().line(_text(path)).encode()).hexdigest()[:16]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError as wrong:
        raise wrong_file(path.name, f"at {path} cannot be read: {wrong.strerror}", "Make it readable.") from wrong
