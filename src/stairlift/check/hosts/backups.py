"""The backups that `[checks.backup]` names. Where it names none nobody knows of one."""

from collections.abc import Mapping
from functools import partial

from stairlift.check.answers import Unanswered
from stairlift.check.hosts.asking import look
from stairlift.check.hosts.reading import Survey
from stairlift.check.hosts.shell_check import About, ShellCheck, Told, by_sections
from stairlift.model.check import Question, Scene


def _databases(scene: Scene) -> Mapping[str, Question]:
    kept = scene.backups
    return look((kept.host,), "backups.sh", PATHS="\n".join(kept.paths)) if kept and kept.paths else {}


def _configuration(scene: Scene) -> Mapping[str, Question]:
    kept = scene.backups
    return look((kept.host,), "backups.sh", PATHS="\n".join(kept.files)) if kept and kept.files else {}


def _young(about: About, seen: Survey) -> Told:
    """Of each pattern the newest: there, young, whole as far as its format tells."""
    kept = about.scene.backups
    if kept is None or not seen.first("now").isdecimal():
        raise Unanswered("its clock does not tell how old a backup is")
    now = int(seen.first("now"))
    for row in seen.rows("found"):
        path, at, size, whole = (*row, "", "", "")[:4]
        if not at.isdecimal():
            yield about.found(f"there is no backup {path} on {about.subject}", "make one", subject=path)
            continue
        hours = (now - int(at)) / 3600
        if hours * 3600 > kept.newest:
            message = f"the newest backup {path} is {hours:.0f} hours old"
            yield about.found(message, f"make one that is younger than {kept.newest / 3600:g} hours", subject=path)
        if whole == "no" or size == "0":
            yield about.found(
                f"the backup {path} is not whole", "make another one, and try to restore it", subject=path
            )
        yield f"{path}, {hours:.1f} hours old, {size} KiB"


def _restored(about: About, seen: Survey) -> Told:
    yield from _young(about, seen)
    kept = about.scene.backups
    if kept is not None and not kept.restored:
        message = "nobody says that the backup of the databases was ever restored"
        resolution = 'try it, and say so: restored = "when, by whom" of [checks.backup]'
        yield about.found(message, resolution, severity="warning")


DATABASES = partial(ShellCheck, "backup.database", _databases, by_sections(_restored))
CONFIGURATION = partial(ShellCheck, "backup.configuration", _configuration, by_sections(_young))
AFTERWARDS = partial(ShellCheck, "backup.afterwards", _databases, by_sections(_young))
