"""An operator at a desk: a folder, credentials of a sandbox, a stairlift.toml, and the command itself as a process."""

import fcntl
import io
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path

from stairlift.cli.app import run_app
from stairlift.model.release import Release
from stairlift.sandbox.builders import QUICK, hosts
from stairlift.sandbox.client import CLOUD_NAME, SandboxClient
from stairlift.sandbox.scenario import Scenario

COMMAND = (sys.executable, "-m", "stairlift")
#: Seconds to wait for something that is to come: much more than it takes, on a machine that has much else to do.
PATIENCE = 120.0
#: One line per call: action, services, hosts, from, to. What `./fail`, `./slow` and the like hold decides the rest.
STEP = """\
#!/bin/sh
cd "$(dirname "$0")"
echo "$1 $2 $3 $4 $5" >>calls
echo "$1 $2 on $3"
[ -e slow ] && [ "$3" = "$(cat slow)" ] && while [ -e slow ]; do sleep 0.05; done
[ -e fail ] && grep -qx "$1 $3" fail && { echo "no room on $3"; exit 3; }
exit 0
"""
TOML = """\
[[strategy]]
match = {{}}
use = "command"
argv = ["./step", "{{action}}", "{{service}}", "{{host}}", "{{from}}", "{{to}}"]
{more}
"""


def small_cloud(computes: int = 2, name: str = "small") -> Scenario:
    """A control node and some hypervisors that only Nova knows, so that a whole run takes a few seconds."""
    control = hosts("ctl", 1, ("keystone", "nova-api", "nova-conductor"))
    return Scenario(name, Release(2025, 1), control + hosts("cmp", computes, ("nova-compute",)), timing=QUICK)


@dataclass(frozen=True)
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self):
        """The JSON that stands alone on stdout."""
        return json.loads(self.out)


@dataclass
class Operator:
    """Somebody with a folder of his own. `environ` is added to an environment that leads to no real cloud."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def at(self, cloud: SandboxClient, name: str = CLOUD_NAME) -> "Operator":
        """Give him credentials of this cloud."""
        file = cloud.clouds_yaml(self.folder / "clouds.yaml")
        if name != CLOUD_NAME:
            file.write_text(file.read_text().replace(f"  {CLOUD_NAME}:", f"  {name}:"))
        self.environ |= {"OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": name}
        return self

    def with_strategy(self, more: str = "") -> "Operator":
        """Give him a stairlift.toml that has a script do everything, and `more`."""
        self.write("step", STEP).chmod(0o755)
        self.write("stairlift.toml", TOML.format(more=more))
        return self

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    @property
    def calls(self) -> list[str]:
        """What the script was called with, in order."""
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def environment(self, **more: str) -> dict[str, str]:
        """COLUMNS and LINES are of the terminal that the tests have, if any: readline puts them there."""
        strange = ("OS_", "STAIRLIFT_", "ANSIBLE_", "XDG_", "PYTHON", "LC_", "COLUMNS", "LINES")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(strange)}
        own = {"HOME": str(self.folder), "STAIRLIFT_STATE_DIR": str(self.folder / "state"), "NO_COLOR": "1"}
        return kept | own | self.environ | more

    def types(self, *words: object, **more: str) -> Answer:
        """Type a command without a terminal and wait for it; in this process, which saves a second each time."""
        answer = in_this_process(list(map(_word, words)), self.folder, self.environment(**more))
        return sane(answer)

    def types_to_a_process(self, *words: object, timeout: float = 60, **more: str) -> Answer:
        """The same as a process of its own."""
        done = subprocess.run(
            [*COMMAND, *map(_word, words)],
            cwd=self.folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return sane(Answer(done.returncode, done.stdout, done.stderr))

    def begins(self, *words: object, **given) -> "subprocess.Popen[str]":
        """Type a command and leave it alone."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | given
        return subprocess.Popen(
            [*COMMAND, *map(_word, words)], cwd=self.folder, env=self.environment(), text=True, **streams
        )

    def plans(self, *words: object, to: str = "2025.2", source: str = "2025.1"):
        """Make plan.json and give its document."""
        made = self.types("plan", "--from", source, "--to", to, "--out", "plan.json", *words)
        assert made.code == 0, made.err
        return json.loads((self.folder / "plan.json").read_text())

    def status(self, *words: object):
        answer = self.types("status", *words, "-o", "json")
        assert answer.code == 0, answer.err
        return answer.document


def sane(answer: Answer) -> Answer:
    """Whatever happened, nobody got a traceback."""
    assert "Traceback" not in answer.err + answer.out, answer.err
    assert "[bug]" not in answer.err, answer.err
    return answer


def in_this_process(words: list[str], folder: Path, environ: dict[str, str]) -> Answer:
    """What the command leaves behind, with streams, environment and folder of its own."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for name in ("stdout", "stderr")}
    kept = dict(os.environ), Path.cwd(), sys.stdin
    try:
        os.environ.clear()
        os.environ.update(environ)
        os.chdir(folder)
        with (
            Path(os.devnull).open() as sys.stdin,
            redirect_stdout(streams["stdout"]),
            redirect_stderr(streams["stderr"]),
        ):
            code = run_app(words)
    finally:
        os.environ.clear()
        os.environ.update(kept[0])
        os.chdir(kept[1])
        sys.stdin = kept[2]
    return Answer(code, *(streams[name].buffer.getvalue().decode() for name in ("stdout", "stderr")))


def _word(word: object) -> str:
    return word if isinstance(word, str) else str(word)


class Terminal:
    """A command at a terminal of its own, as a person would have it. Text goes in and comes out."""

    def __init__(
        self, operator: Operator, *words: object, columns: int = 100, command: Sequence[str] = COMMAND, **environ: str
    ) -> None:
        environment = {k: v for k, v in operator.environment(TERM="xterm").items() if k != "NO_COLOR"} | environ
        self.text = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            try:
                os.chdir(operator.folder)
                os.execvpe(command[0], [*command, *map(_word, words)], environment)
            finally:
                os._exit(127)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))

    def types(self, text: str) -> "Terminal":
        """Type as a person does: not within the microsecond between a question and the wait for its answer.

        Ctrl-C right there is only noticed with the next key, since Python looks at signals between two bytecodes and
        the read has begun by then.
        """
        until(lambda: _asleep(self.pid))
        os.write(self._terminal, text.encode())
        return self

    def until(self, text: str, seconds: float = PATIENCE) -> "Terminal":
        """Read until this text has come since the last time."""
        seen = len(self.text)
        return self.reads_until(lambda: text in self.text[seen:], seconds)

    def reads_until(self, holds: Callable[[], object], seconds: float = PATIENCE) -> "Terminal":
        """Read until something holds of what has come."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.text
            assert self._reads(), f"it left before: {self.text}"
        return self

    def leaves(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; the exit code, or minus the signal."""
        end = time.monotonic() + seconds
        while self._reads():
            assert time.monotonic() < end, self.text
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        with suppress(OSError):
            os.close(self._terminal)
        assert "Traceback" not in self.text, self.text
        assert "[bug]" not in self.text, self.text
        return code

    def is_lost(self, seconds: float = PATIENCE) -> int:
        """Close the terminal under the command; its exit code."""
        os.close(self._terminal)
        end = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() < end, "it stays"
            time.sleep(0.02)

    def _reads(self) -> bool:
        """Take in what has come; False at the end."""
        if not select.select([self._terminal], [], [], 0.1)[0]:
            return True
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:  # EIO: nobody has the other end any more
            return False
        self.text += piece.decode(errors="replace")
        return bool(piece)


def _asleep(pid: int) -> bool:
    """Its main thread waits for something (proc(5): the state comes after the name in parentheses)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def until(holds, seconds: float = PATIENCE):
    """Wait until something holds, and give it."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return found
