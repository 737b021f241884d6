"""Fingerprints of the files that a strategy depends on, so that a run can tell whether they are still the same."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_SYSTEM_FOLDERS = ("/bin/", "/sbin/", "/lib/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/dev/", "/proc/", "/sys/")
#: What tools leave behind in a folder and what does not change what they do.
_LITTER_SUFFIXES = (".pyc", ".pyo", ".retry", ".log", ".swp", "~")


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file; of a folder, that of its files' names and contents. Raises OSError."""
    if path.is_dir():
        listing = "".join(f"{file.relative_to(path)}\0{fingerprint(file)}\n" for file in files_below(path))
        return hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest()
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and its folders, in order; links are followed, hidden files and litter left out."""
    seen: set[str] = set()
    for where, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(where)
        folders[:] = [] if real in seen else sorted(f for f in folders if not _litter(f))
        if real not in seen:
            yield from (file for name in sorted(names) if not _litter(name) and (file := Path(where, name)).is_file())
        seen.add(real)


def _litter(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__" or name.endswith(_LITTER_SUFFIXES)


def named_files(words: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """The files that words of a command line name: `./step`, `conf.ini`, `--vars=site.yml`, `@site.yml`.

    What the operating system's packages own is left out: its security updates do not make another plan.
    """
    found = (_named(part, folder) for word in words for part in (word, word.partition("=")[2]))
    return tuple(dict.fromkeys(path for path in found if path is not None))


def _named(word: str, folder: Path) -> Path | None:
    text = word.removeprefix("@")
    if not text or "\0" in text:
        return None
    path = Path(os.path.normpath(folder / text))
    try:
        return path if path.is_file() and not _of_the_system(path) else None
    except OSError:
        return None


def _of_the_system(path: Path) -> bool:
    return path.resolve().as_posix().startswith(_SYSTEM_FOLDERS)
