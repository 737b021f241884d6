"""`status --watch` at a real terminal of 80 by 24 that becomes a narrow one, and in a pipe."""

import fcntl
import re
import struct
import subprocess
import termios

import pytest

from operating import PATIENCE, Terminal, until

pytestmark = pytest.mark.timeout(600)
MOVE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
#: What a drawing begins with that takes the place of the one before.
REDRAWN = "\r\x1b[2K"
#: An event scrolls by in a line of its own, which begins with the time.
EVENT = re.compile(r"^\d\d:\d\d:\d\dZ .*$", re.MULTILINE)


@pytest.fixture
def under_way(operator):
    """An operator with a run whose canary is at work."""
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: operator.calls)
    yield operator
    (operator.folder / "slow").unlink(missing_ok=True)
    process.wait(PATIENCE)


class Watcher:
    """`status --watch` at a terminal."""

    def __init__(self, operator):
        self.terminal = Terminal(operator, "status", "--watch", columns=80)
        self.resizes(24, 80)

    def resizes(self, rows, columns):
        fcntl.ioctl(self.terminal._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def drawings(self):
        """The whole ones, each as its lines: what is behind the last beginning may still be on its way."""
        return [plain(one).splitlines() for one in self.terminal.text.split(REDRAWN)[:-1]]

    def sees(self, holds):
        """Wait for a whole drawing, from now on, of which this holds, and give it."""
        begun = len(self.drawings)
        found = []

        def seen():
            found[:] = [drawing for drawing in self.drawings[begun:] if row(drawing, "now") and holds(drawing)]
            return found

        self.terminal.reads_until(seen)
        return found[0]


def plain(text):
    return MOVE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def row(drawing, label):
    """The row that is about this; "" where the drawing has none."""
    return next((line for line in drawing if line.startswith(f"{label} ")), "")


def test_at_a_terminal_from_the_canary_to_the_end(under_way):
    watcher = Watcher(under_way)
    first = watcher.sees(lambda drawing: row(drawing, "blocked") and row(drawing, "end"))
    assert "running" in row(first, "now")
    assert len(row(first, "now")) > 40, "wide enough to become narrow"
    watcher.resizes(10, 40)
    watcher.sees(lambda drawing: row(drawing, "end") and max(map(len, drawing)) <= 40)
    watcher.resizes(24, 80)
    watcher.sees(lambda drawing: len(row(drawing, "now")) > 40)
    (under_way.folder / "slow").unlink()
    assert watcher.terminal.leaves() == 0
    ended = plain(watcher.terminal.text)
    for word in ("2025.2-compute@cmp1 done", "2025.2-compute@cmp2 started"):
        assert sum(word in line for line in EVENT.findall(ended)) == 1, f"{word}: an event scrolls by once"
    assert "done" in ended.strip().splitlines()[-1]
    ups = re.findall(r"(?:\x1b\[1A\x1b\[2K)+", watcher.terminal.text)
    assert max(up.count("\x1b[1A") for up in ups) <= 5


def test_in_a_pipe_with_colours_wanted(under_way):
    process = under_way.begins("--color", "always", "status", "--watch")
    first = process.stdout.readline()  # it watches: what happens from here on is told
    (under_way.folder / "slow").unlink()
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert "running" in first
    assert "\r" not in out
    assert "\x1b[1A" not in out
    assert "cmp2 done" in out
