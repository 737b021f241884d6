"""The script that looks at a host, and its lines as rows that can be kept: without what may be a secret."""

import re
import shlex
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files

from stairlift.knowledge.binaries import all_binaries
from stairlift.model.naming import printable

#: What carries the cloud or hides a service of it, by the words of its command line.
_CARRIERS = (
    *("uwsgi", "uWSGI", "apache2", "httpd", "gunicorn", "wsgi:"),
    *("mariadbd", "mysqld", "rabbit", "haproxy", "memcached", "keepalived", "etcd", "valkey-server", "redis-server"),
    *("ovs-vswitchd", "ovsdb-server", "ovn-", "proxysql"),
)
_PACKAGES = (
    *("ovn-*", "openvswitch*", "mariadb-server*", "rabbitmq-server", "haproxy", "memcached"),
    *("keepalived", "etcd*", "valkey*", "redis-server", "proxysql*"),
)
#: How many fields a row of each kind has behind its kind.
_FIELDS = {
    "host": 1,
    "name": 1,
    "user": 1,
    "time": 3,
    "process": 5,
    "runs": 4,
    "starts": 3,
    "dist": 4,
    "wsgi": 2,
    "program": 3,
    "unit": 6,
    "container": 5,
    "package": 3,
    "duty": 2,
    "end": 0,
}
#: Where the words of a command line stand in rows that have one.
_COMMAND = {"process": 4, "unit": 5}
#: Flags whose value is told further; what follows any other flag may be a password.
_TELLING = frozenset({"--ini", "--module", "--wsgi", "--wsgi-file", "--mount", "-w", "-m", "--single-child"})
_HARMLESS = re.compile(r"\(?/?(?:[\w.+:-]+/)*[\w.+:-]+\)?", re.ASCII)  # a URL has two slashes, a user an @
#: Words that tell a program from another: files, WSGI modules, databases of OVN.
_NEEDED = re.compile(r"/|wsgi|OVN_")
_SENSITIVE = re.compile(r"pass|secret|token|key|cred|auth", re.IGNORECASE)
_MOST_ROWS = 20_000


@cache
def script() -> str:
    """The whole script, with what it looks for."""
    body = files("stairlift.inventory").joinpath("host_look.sh").read_text(encoding="utf-8")
    projects = sorted({one.project for one in all_binaries()} - {"infra", "ovn"})
    programs = "|".join((*projects, *_CARRIERS))
    named = sorted({name for project in projects for name in distributions(project)})
    modules = [f"python3-{name}" for project in projects for name in (project, f"openstack-{project}")]
    lines = (("PROGRAMS", programs), ("DISTRIBUTIONS", " ".join(named)), ("PACKAGES", " ".join((*_PACKAGES, *modules))))
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in lines) + body


def distributions(project: str) -> tuple[str, ...]:
    """What the Python distribution of a project may be called in the folder of its metadata."""
    plain = project.replace("-", "_")
    return (plain, f"openstack_{plain}", f"python_{plain}")


def rows(output: bytes) -> list[list[str]]:
    """The rows of an answer; ValueError where it has no end, so that half of a host is not taken for all of it."""
    found = list(_rows(printable(output.decode(errors="replace")).split("\n")))
    if len(found) > _MOST_ROWS or not any(row == ["end"] for row in found):
        raise ValueError("its answer is cut off")
    return [row for row in found if row != ["end"]]


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        kind, *fields = line.split("\t")
        if _FIELDS.get(kind) == len(fields):
            yield [kind, *_kept(kind, fields)]


def _kept(kind: str, fields: list[str]) -> list[str]:
    where = _COMMAND.get(kind)
    return [bare(field) if n == where else field for n, field in enumerate(fields)]


def bare(command: str) -> str:
    """A command line with its programs, files and modules: what follows other flags, and what assigns, is left out.

    The blanks of a word are no longer told from those between words, so a flag counts up to the next one.
    """
    kept: list[str] = []
    flag = ""
    for word in command.replace("=", " = ").split():
        if word == "=":
            flag = flag or "="
        elif word.startswith("-"):
            flag = word
            kept += [word] if word in _TELLING else []
        elif _HARMLESS.fullmatch(word) and _may_stay(word, flag):
            kept.append(word)
    return " ".join(kept)


def _may_stay(word: str, flag: str) -> bool:
    if not flag or flag in _TELLING:
        return True
    return bool(_NEEDED.search(word)) and not _SENSITIVE.search(flag) and flag != "="
