"""README, tutorial and how-to guides as a reader lives them: every command is typed at a terminal, and says what the page shows.

Held to the letter: exit codes (0, or what the `echo $?` behind a command shows) and every line that is shown, in its
order; where a line is left out the page must say `...`. Not held to it, because they are the reader's own: times, ids,
hashes, process numbers and the port.

`make` is not run, since `make test` would run these tests in themselves: its targets are looked up in the Makefile.
"""

import errno
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pages import OMISSION, Block, Shown, blocks, read, shown
from stairlift.sandbox.deployer import write_deployer
from stairlift.sandbox.process import SandboxProcess
from stairlift.sandbox.scenario_file import load

#: As wide as the pages' own lines may be.
COLUMNS = 118
#: Nobody's but the pages'.
PORT = "18774"
#: Patience with a command, on a machine that has other things to do.
_SECONDS = 280
_END = "\x1e"
_FOLLOWING = f"""
code=0
while IFS= read -r -d '' command <&3; do
  (exit "$code"); eval "$command" 3<&-
  code=$?
  printf '{_END}%s\\n' "$code"
done
"""
#: What is the reader's own, as (pattern, what stands for it).
_OWN = (
    (re.compile(r"\b\d{6}-[0-9a-f]{6}\b"), "RUN"),
    (re.compile(r"sha256:[0-9a-f]{12,}"), "HASH"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]"), ""),
    (re.compile(r"\d\d:\d\d:\d\d(Z| UTC)?"), "TIME"),
    (re.compile(r"\b\d+s\b|\b\d+m \d\ds\b"), "DURATION"),
    (re.compile(r"process \d+"), "process PID"),
    (re.compile(r"\s+"), " "),
)
#: What the page cannot know: a sign of life that only slow machines give, and the shell's word on who was killed.
_BESIDES = re.compile(r"TIME · \d+ of |bash: line \d+: +\d+ Killed ")


class Terminal:
    """A shell on a pseudo-terminal, to which commands are given one by one."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        commands, self._commands = os.pipe()
        self._screen = master
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-c", f"exec 3<&{commands} {commands}<&-; {_FOLLOWING}"],
            cwd=folder,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            pass_fds=[commands],
            start_new_session=True,
        )
        os.close(slave)
        os.close(commands)

    def type(self, command: str, answers: Iterable[tuple[str, str]] = ()) -> tuple[int, list[str]]:
        """Run a command to its end, answering what it asks; its exit code and what the screen shows then."""
        os.write(self._commands, command.encode() + b"\0")
        seen, waiting, end = "", list(answers), time.monotonic() + _SECONDS
        while not (ended := re.search(rf"{_END}(\d+)\r\n", seen)):
            seen += self._more(end - time.monotonic(), f"{command}\n{seen}")
            if waiting and waiting[0][0] in seen:
                os.write(self._screen, f"{waiting.pop(0)[1]}\n".encode())
        lines = seen[: ended.start()].replace("\r\n", "\n").split("\n")
        return int(ended[1]), [line for line in lines if line.strip()]

    def _more(self, seconds: float, so_far: str) -> str:
        ready, _, _ = select.select([self._screen], [], [], max(seconds, 0))
        if not ready:
            raise AssertionError(f"still at it after {_SECONDS} s: {so_far}")
        try:
            return os.read(self._screen, 65536).decode(errors="replace")
        except OSError as error:
            raise AssertionError(f"the shell has left ({errno.errorcode[error.errno or 0]}): {so_far}") from error

    def folder(self) -> Path:
        """Where the shell is."""
        return Path(f"/proc/{self._shell.pid}/cwd").resolve()

    def close(self) -> None:
        """End the shell, and whatever it left in the background."""
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        os.close(self._commands)
        os.close(self._screen)


@contextmanager
def terminal(folder: Path) -> Iterator[Terminal]:
    """A terminal in this folder, with nothing in its environment that leads to a cloud of somebody's."""
    strange = ("OS_", "STAIRLIFT_", "ANSIBLE_", "XDG_", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    own = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",  # no colours, no cursor that moves
        "COLUMNS": str(COLUMNS),
        "LINES": "50",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "STAIRLIFT_STATE_DIR": str(folder / "state"),
        "SUDO_USER": "ada",  # who types: the pages call her so
    }
    it = Terminal(folder, kept | own)
    try:
        yield it
    finally:
        it.close()


class Reader:
    """Does what a page says: writes its files, types its commands, and puts in what is the reader's own."""

    def __init__(self, screen: Terminal) -> None:
        self._screen = screen
        self._own = {PORT: _free_port()}

    def follow(self, steps: Iterable[Block | Shown]) -> None:
        """Go through a page, and stop where it is wrong."""
        todo = list(steps)
        for step, after in zip(todo, [*todo[1:], None], strict=True):
            if isinstance(step, Block):
                (self._screen.folder() / str(step.file)).write_text(self._mine(step.text), encoding="utf-8")
            elif step.command.startswith("make "):
                assert_target(step.command)
            else:
                self._type(step, _expected_code(after))

    def _type(self, step: Shown, expected: int) -> None:
        code, said = self._screen.type(self._mine(step.command), step.answers)
        told = "\n".join([f"$ {step.command}", *said])
        assert code == expected, f"exit code {code}, not {expected}: {told}"
        for pattern, _ in _OWN[:2]:
            actual = pattern.findall("\n".join(said))
            self._own |= dict(zip(pattern.findall("\n".join(step.output)), actual, strict=False))
        assert_shown(step.output, said, told)

    def _mine(self, text: str) -> str:
        for theirs, mine in self._own.items():
            text = text.replace(theirs, mine)
        return text


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def _expected_code(after: Block | Shown | None) -> int:
    """What the page says of the exit code: 0, or what it shows of `echo $?`."""
    if isinstance(after, Shown) and after.command == "echo $?":
        return int(after.output[0])
    return 0


def assert_target(command: str) -> None:
    """The Makefile has what the command asks for."""
    for target in command.split()[1:]:
        assert re.search(rf"^{target}:", read("Makefile"), re.MULTILINE), f"no target for `{command}`"


def assert_shown(wanted: Iterable[str], said: Iterable[str], told: str) -> None:
    """Every line that is shown was said, one behind the other; between two of them others only where it says `...`."""
    actual = [line for line in map(general, said) if not _BESIDES.match(line)]
    at, gap = 0, False
    lines = list(wanted)
    for line in lines:
        if line.strip() == OMISSION:
            gap = True
            continue
        reach = actual[at:] if gap else actual[at : at + 1]
        assert general(line) in reach, f"shown, but not said there: {line!r}\n{told}"
        at += reach.index(general(line)) + 1
        gap = False
    assert not lines or gap or at == len(actual), f"said, but not shown: {actual[at]!r}\n{told}"


def general(line: str) -> str:
    """A line without what is the reader's own."""
    for pattern, stands_for in _OWN:
        line = pattern.sub(stands_for, line)
    return line.strip()


pytestmark = pytest.mark.timeout(_SECONDS + 60)


@pytest.fixture
def reader(tmp_path) -> Iterator[Reader]:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with terminal(tmp_path) as screen:
        yield Reader(screen)


@pytest.fixture
def cloud(tmp_path, request) -> Iterator[None]:
    """What `stairlift demo` puts into its folder; stairlift.toml as the README shows it."""
    scenario = getattr(request, "param", "demo")
    with SandboxProcess(scenario, tmp_path) as sandbox:
        write_deployer(tmp_path, load(scenario), sandbox.url)
        sandbox.clouds_yaml(tmp_path / "clouds.yaml")
        (settings,) = (block for block in blocks(read("README.md")) if block.file == "stairlift.toml")
        (tmp_path / "stairlift.toml").write_text(settings.text, encoding="utf-8")
        yield


def test_the_readme_is_what_happens(reader, cloud):
    reader.follow(shown(read("README.md")))


def test_the_tutorial_is_what_happens(reader):
    reader.follow(shown(read("docs/tutorial/first-upgrade.md")))


GUIDES = {
    "discover-a-cloud": "demo",
    "check-before-you-start": "demo",
    "plan-an-upgrade": "demo",
    "narrow-a-plan": "demo",
    "waive-a-finding": "sick",
    "record-a-cloud": "demo",
    "run-and-resume": "demo",
    "find-out-why-it-waits": "demo",
    "pause-and-cancel": "demo",
    "roll-back": "demo",
    "require-approvals": "demo",
    "replan": "demo",
    "drain-hypervisors": "demo",
    "report-to-the-change-board": "demo",
    "let-people-in": "demo",
    "run-the-testbed": "demo",  # only its target; tests/real has the rest
}


@pytest.mark.parametrize(("guide", "cloud"), GUIDES.items(), indirect=["cloud"])
def test_a_guide_is_what_happens(guide, reader, cloud):
    reader.follow(shown(read(f"docs/how-to/{guide}.md")))


def test_a_transcript_that_leaves_out_or_makes_up_a_line_is_found():
    said = ["17:00:01Z one", "two", "three"]
    assert_shown(["17:59:59Z one", "...", "three"], said, "")
    for wrong in (["17:00:01Z one", "three"], ["two", "three"], ["17:00:01Z one", "two"], [*said, "four"]):
        with pytest.raises(AssertionError):
            assert_shown(wrong, said, "")
