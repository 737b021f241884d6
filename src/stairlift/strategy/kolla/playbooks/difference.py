"""What a new configuration would change: `difference.py compare LIVE NEW` on a host, `merge FOLDER FILE` afterwards.

`compare` prints JSON: for each file below a service's folder the lines that differ, with secrets masked. It needs
Python 3.9 and nothing else. `merge` takes a file of that kind for each host and writes one text, service by service.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path

#: Files that are a secret as a whole: by their names (base64: what libvirt holds of Ceph), or by what is in them.
_SECRET_FILE = re.compile(
    r"(id_[a-z0-9]+|ssh_key|authkey|\.(pem|key|crt|p12|jks|keyring|base64)|passwd|htpasswd|erlang\.cookie)$"
)
_KEY_BEGINS = "PRIVATE KEY-----"
#: `password = x`, `"secret": "x"`, `stats auth user:x`; what is no secret although it sounds like one is set apart.
_HARMLESS = re.compile(r"auth_(url|type|uri|strategy|section|version)|www_authenticate_uri|_(file|path|dir|ttl|len)\b")
_SECRET = re.compile(
    r"""^([-+]\s*"?[\w.\s-]*?(?:pass(?:w(?:or)?d)?|pwd|psk|kek|secret|token|credential|cookie|auth|key)"""
    r"""\w*"?\s*[:= ]\s*).+$""",
    re.IGNORECASE,
)
#: The same further on in a line, as in JSON that is all on one, in XML and in the query of an address.
_INLINE = re.compile(r"""((?:passw(?:or)?d|secret|token|api_?key)\w*"?\s*[:=>]\s*"?)[^\s",}<&]+""", re.IGNORECASE)
#: user:password in an address, and in each further one behind a comma (`rabbit://u:p@one:5672,u:p@two:5672//`).
_IN_ADDRESS = re.compile(r"(://)\S*@")
#: A hashed password, as crypt(3) writes it, whatever it is called.
_HASH = re.compile(r"\$(?:\d[a-z]?|y)\$\S+")
_LARGEST = 2000
#: The hosts by file and its differing lines.
Changes = dict[tuple[str, tuple[str, ...]], list[str]]


def compare(live: Path, new: Path) -> Mapping[str, Sequence[str]]:
    """The differing lines of each file below `new`, and of those that only `live` has."""
    found: dict[str, Sequence[str]] = {}
    for service in sorted(p for p in new.iterdir() if p.is_dir()):
        names = {str(f.relative_to(new)) for f in service.rglob("*") if f.is_file()}
        old = live / service.name
        names |= {str(f.relative_to(live)) for f in old.rglob("*") if f.is_file()} if old.is_dir() else set()
        for name in sorted(names):
            lines = difference(_read(live / name), _read(new / name, (str(new), str(live))), name)
            if lines:
                found[name] = lines
    return found


def _read(file: Path, moved: tuple[str, str] | None = None) -> list[str]:
    try:
        text = file.read_text(errors="replace")
    except OSError:
        return []
    return (text.replace(*moved) if moved else text).splitlines()


def difference(old: Sequence[str], new: Sequence[str], name: str) -> list[str]:
    """The lines that differ, without the secrets in them; of a file that is a secret, that it does."""
    if old == new:
        return []
    if _SECRET_FILE.search(name) or any(_KEY_BEGINS in line for line in (*old, *new)):
        return ["(changes; not shown)"]
    lines = [line for line in unified_diff(old, new, lineterm="", n=0) if not line.startswith(("---", "+++", "@@"))]
    return [masked(line) for line in lines[:_LARGEST]]


def masked(line: str) -> str:
    """A line of a difference with its secrets replaced."""
    line = _HASH.sub("***", _IN_ADDRESS.sub(r"\1***@", line))
    found = _SECRET.match(line)
    if found and not _HARMLESS.search(found[1]):
        return found[1] + "***"
    return _INLINE.sub(r"\1***", line)


def merge(folder: Path) -> str:
    """One text for all hosts: a summary, then the services with what is the same on several hosts told once."""
    services: dict[str, Changes] = defaultdict(lambda: defaultdict(list))
    for file in sorted(folder.iterdir()):
        for name, lines in json.loads(file.read_text() or "{}").items():
            services[name.partition("/")[0]][name, tuple(lines)].append(file.name)
    summary = [f"{name}: {_count(changes)}" for name, changes in sorted(services.items())]
    told = [line for name, changes in sorted(services.items()) for line in _service(name, changes)]
    return "\n".join([*(summary or ["no difference"]), "", *told])


def _count(changes: Changes) -> str:
    lines = sum(len(lines) for _, lines in changes)
    return f"{lines} line{'' if lines == 1 else 's'}"


def _service(service: str, changes: Changes) -> Iterator[str]:
    yield "==== " + service
    for (name, lines), hosts in sorted(changes.items()):
        yield f"== {name} on {', '.join(hosts)}"
        yield from lines
    yield ""


if __name__ == "__main__":
    if sys.argv[1] == "compare":
        sys.stdout.write(json.dumps(compare(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        Path(sys.argv[3]).write_text(merge(Path(sys.argv[2])) + "\n")
