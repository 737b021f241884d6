"""Where the runtime API of an HAProxy is, and how a command gets there."""

import shlex
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Remote
from stairlift.strategy.reaching import Reach

SECONDS = 15.0
_LONGEST = 200
# What there is on load balancers: socat almost always, Python on every host that Ansible reaches, nc of OpenBSD seldom.
_SCRIPT = """\
path={path}
if [ ! -S "$path" ]; then echo "there is no such socket that this user can see" >&2; exit 3; fi
if command -v socat >/dev/null 2>&1; then
  printf '%s\\n' {command} | exec socat -t 10 - "UNIX-CONNECT:$path"
elif command -v python3 >/dev/null 2>&1; then
  exec python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\\n")
sys.stdout.write("".join(iter(lambda: s.recv(65536).decode(), "")))' "$path" {command}
else
  printf '%s\\n' {command} | exec nc -U "$path"
fi
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A unix socket of this machine (no host), one of another host by SSH, or a TCP port (no path)."""

    text: str
    host: str = ""
    path: str = ""
    port: int = 0

    def typed(self, command: str, reach: Reach) -> str:
        """What a person would type."""
        to = f"TCP:{self.host}:{self.port}" if self.port else f"UNIX-CONNECT:{self.path}"
        line = f"echo {shlex.quote(command)} | socat - {shlex.quote(to)}"
        return shlex.join(reach.words(self.host, "sh", "-c", line)) if self.host and self.path else line


def place_of(text: str, folder: Path) -> Place:
    """PATH, ssh://[USER@]HOST[:PORT]/PATH or tcp://HOST:PORT. ValueError, with what is wrong with it."""
    if "://" not in text:
        return Place(text, path=str((folder / text).resolve()))
    parts = urlsplit(text)
    if parts.password is not None or not parts.hostname or parts.netloc.startswith("-"):
        raise ValueError(f"{text} names no host" if not parts.hostname else f"{text} must hold no password")
    if parts.scheme == "ssh" and parts.path:
        return Place(text, f"ssh://{parts.netloc}" if parts.port else parts.netloc, parts.path)
    if parts.scheme == "tcp" and parts.port and not parts.path:
        return Place(text, parts.hostname, port=parts.port)
    raise ValueError(f"{text} is no PATH, ssh://HOST/PATH or tcp://HOST:PORT")


class Door:
    """The runtime API of one HAProxy."""

    def __init__(self, place: Place, remote: Remote) -> None:
        self.place = place
        self._remote = remote

    def ask(self, command: str) -> str:
        """What it answers to a command. Raises SourceTrouble."""
        if self.place.host and self.place.path:
            return self._there(command)
        try:
            return self._here(command)
        except TimeoutError:
            why, trouble = f"did not answer within {SECONDS:g} seconds", Trouble.TIMEOUT
        except PermissionError:
            why, trouble = "may not be opened by this user", Trouble.DENIED
        except OSError as error:
            why, trouble = f"cannot be reached: {error.strerror or error}", Trouble.UNREACHABLE
        raise SourceTrouble(trouble, f"HAProxy at {self.place.text} {why}")

    def _here(self, command: str) -> str:
        family = socket.AF_UNIX if self.place.path else socket.AF_INET
        if self.place.port:
            connection = socket.create_connection((self.place.host, self.place.port), SECONDS)
        else:
            connection = socket.socket(family, socket.SOCK_STREAM)
            connection.settimeout(SECONDS)
        with closing(connection):
            if self.place.path:
                connection.connect(self.place.path)
            connection.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")

    def _there(self, command: str) -> str:
        script = _SCRIPT.format(path=shlex.quote(self.place.path), command=shlex.quote(command))
        try:
            output = self._remote.run(self.place.host, script, timeout=SECONDS)
        except SourceTrouble as trouble:
            raise SourceTrouble(trouble.trouble, f"HAProxy at {self.place.text}: {trouble.brief}") from None
        if output.returncode:
            said = " ".join(output.err.split())[:_LONGEST] or f"exit {output.returncode}"
            kind = Trouble.DENIED if "ermission denied" in said else Trouble.UNREACHABLE
            raise SourceTrouble(kind, f"HAProxy at {self.place.text}: {said}")
        return output.out.decode(errors="replace")
