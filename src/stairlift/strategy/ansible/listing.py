"""What `ansible-playbook --list-hosts --list-tags` says of playbooks: it loads all of them, and runs nothing."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stairlift.strategy.asking import ask

#: Large inventories take a while: 10,000 hosts 3 to 28 s. In seconds.
PATIENCE = 120.0
_DETAIL_CHARACTERS = 400
_PLAYBOOK = re.compile(r"playbook: (.*)")
_TAGS = re.compile(r"\s+TASK TAGS: \[(.*)\]")
_PLAY_TAGS = re.compile(r"  play #\d+ .*\tTAGS: \[(.*)\]")
_HOSTS = re.compile(r"    hosts \(\d+\):")
_HOST = re.compile(r"      (\S+)")
#: Where ansible-core says it found the fault: 2.19 and later, and before.
_ORIGIN = re.compile(r"^(?:Origin: |The error appears to be in )(.*?)(?:, but may)?$", re.MULTILINE)
_ERROR = re.compile(r"^(?:\[ERROR\]: |ERROR! )(.*(?:\n(?!Origin|\n|The error appears|\[).+)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listed:
    """A playbook as Ansible loaded it. `open` says that a play of it has nobody yet: its group may be made later."""

    hosts: frozenset[str]
    tags: frozenset[str]
    open: bool


class CannotList(Exception):
    """Ansible could not load the playbooks, or took too long; the text says why."""


def list_playbooks(argv: tuple[str, ...], directory: Path, env: Mapping[str, str]) -> tuple[Listed, ...]:
    """The playbooks of a command line, in its order. Raises CannotList."""
    try:
        answer = ask([*argv, "--list-hosts", "--list-tags"], directory, env, PATIENCE)
    except subprocess.TimeoutExpired:
        raise CannotList(f"it took longer than {PATIENCE:g} s") from None
    except OSError as wrong:
        raise CannotList(f"{wrong.strerror}: {wrong.filename}") from wrong
    if answer.returncode != 0:
        raise CannotList(complaint(answer.returncode, answer.stderr))
    return tuple(read_listing(answer.stdout))


def complaint(returncode: int, stderr: str) -> str:
    """What Ansible says is wrong, and where. The lines of the file that it shows stay out: one may hold a password."""
    told = _ERROR.search(stderr)
    origin = _ORIGIN.search(stderr)
    words = " ".join(told[1].split())[:_DETAIL_CHARACTERS] if told else f"it ended with exit status {returncode}"
    return f"{words} ({origin[1]})" if origin else words


def read_listing(text: str) -> Iterator[Listed]:
    """The playbooks of a listing, in its order."""
    for section in _sections(text):
        plays = "\n".join(section).split("\n  play #")[1:]
        yield Listed(
            hosts=frozenset(host for play in plays for host in _hosts(play)),
            tags=frozenset(tag for line in section for tag in _tags(line)),
            open=any(not _hosts(play) for play in plays),
        )


def _sections(text: str) -> Iterator[list[str]]:
    section: list[str] | None = None
    for line in text.splitlines():
        if _PLAYBOOK.fullmatch(line):
            if section is not None:
                yield section
            section = [""]
        elif section is not None:
            section.append(line)
    if section is not None:
        yield section


def _hosts(play: str) -> list[str]:
    lines = iter(play.splitlines())
    for line in lines:
        if _HOSTS.fullmatch(line):
            return [found[1] for text in lines if (found := _HOST.fullmatch(text))]
    return []


def _tags(line: str) -> list[str]:
    found = _TAGS.fullmatch(line) or _PLAY_TAGS.fullmatch(line)
    return [tag for tag in found[1].split(", ") if tag] if found else []
