"""`status --watch` at a real terminal of 80 by 24 that becomes a narrow one, and in a pipe."""

import fcntl
import re
import struct
import subprocess
import termios

import pytest

from operating import Terminal, until

MOVE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def under_way(operator):
    """An operator with a run whose canary is at work."""
    operator.plans("--stage", "compute")
    operator.write("slow", "cmp1")
    process = operator.begins("run", "plan.json", "--yes", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: operator.calls)
    yield operator
    (operator.folder / "slow").unlink(missing_ok=True)
    process.wait(60)


def size(terminal, rows, columns):
    fcntl.ioctl(terminal._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def lines(text, label):
    """Each drawing of one of the lines."""
    return [line for line in re.split(r"[\r\n]", MOVE.sub("", text)) if line.startswith(label)]


def test_at_a_terminal_from_the_canary_to_the_end(under_way):
    terminal = Terminal(under_way, "status", "--watch", columns=80)
    size(terminal, 24, 80)
    terminal.until("blocked").until("end ")
    assert "running" in lines(terminal.text, "now")[-1]
    begun = len(terminal.text)
    size(terminal, 10, 40)
    terminal.until("now").until("end ")
    while len(lines(terminal.text[begun:], "now")[-1]) > 40:  # drawn before the window became narrow
        terminal.until("now").until("end ")
    size(terminal, 24, 80)
    (under_way.folder / "slow").unlink()
    terminal.until("cmp1 done")
    assert terminal.leaves(60) == 0
    ended = MOVE.sub("", terminal.text)
    assert ended.count("2025.2-compute@cmp2 started") == 1, "an event scrolls by once"
    assert "done" in ended.strip().splitlines()[-1]
    ups = re.findall(r"(?:\x1b\[1A\x1b\[2K)+", terminal.text)
    assert max(up.count("\x1b[1A") for up in ups) <= 5


def test_in_a_pipe_with_colours_wanted(under_way):
    process = under_way.begins("--color", "always", "status", "--watch")
    (under_way.folder / "slow").unlink()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "\r" not in out
    assert "\x1b[1A" not in out
    assert "cmp2 done" in out
