"""The script that guards a command on its host, run here; tests/real/test_command_over_ssh.py runs it behind sshd."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from shutil import which
from tempfile import gettempdir
from uuid import uuid4

import psutil
import pytest

from stairlift.strategy.on_host import Guard


def start(guard, *command):
    return subprocess.Popen(
        guard.words(*command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def run(guard, *command):
    guarded = start(guard, *command)
    out, _ = guarded.communicate(timeout=60)
    return guarded.returncode, out


def living(mark):
    known = ((p, p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline", "status"]))
    return [p for p, words in known if mark in words and p.info["status"] != psutil.STATUS_ZOMBIE]


def asleep(mark):
    """Whether the command itself is at work, not the script before it."""
    for process in living(mark):
        with suppress(psutil.NoSuchProcess):  # the script's own children come and go
            if process.name() == "sleep":
                return True
    return False


def wait_until(true, seconds=15):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture
def mark():
    """A number of seconds that no other test sleeps for."""
    number = str(100_000 + uuid4().int % 100_000)
    yield number
    for folder in ("/run/lock", gettempdir()):
        for lock in Path(folder).glob(f"stairlift-test-{number}*.lock"):
            lock.unlink()


def test_the_command_keeps_its_words_its_output_and_its_status():
    code, out = run(Guard(), "sh", "-c", 'printf "%s|" "$@"; exit 7', "x", "it's", "two words", "$HOME", "a\nb")
    assert code == 7
    assert "it's|two words|$HOME|a\nb|" in out
    assert out.endswith("\n>>> stairlift ended\n7\n<<< stairlift ended\n")
    assert abs(int(out.split("\n")[2]) - time.time()) < 60


def test_it_starts_in_a_folder(tmp_path):
    assert str(tmp_path) in run(Guard(folder=str(tmp_path)), "pwd")[1]
    code, out = run(Guard(folder=str(tmp_path / "absent")), "pwd")
    assert code == 66
    assert "begun" not in out


def test_a_lock_lets_one_in_at_a_time(mark):
    guard = Guard(lock=f"stairlift-test-{mark}", wait=1)
    first = start(guard, "sleep", mark)
    try:
        wait_until(lambda: asleep(mark))
        code, out = run(guard, "echo", "in")
        assert code == 75
        assert "begun" not in out
        assert run(Guard(lock=f"stairlift-test-{mark}-b", wait=1), "echo", "in")[0] == 0
    finally:
        first.terminate()
        first.wait(60)
    assert run(guard, "echo", "in")[0] == 0


def test_a_host_without_flock_is_not_taken_for_a_busy_one(mark, tmp_path, monkeypatch):
    for program in ("sh", "id", "date", "setsid"):
        (tmp_path / program).symlink_to(which(program))
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out = run(Guard(lock=f"stairlift-test-{mark}"), "echo", "in")
    assert code == 127
    assert "flock" in out
    assert "begun" not in out


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_hang_up_ends_all_that_came_of_the_command(mark, number):
    script = f"setsid sh -c 'sleep {mark}; true' & sleep {mark} & wait"
    guarded = start(Guard(), "sh", "-c", script)
    wait_until(lambda: len(living(mark)) == 2)
    os.kill(guarded.pid, number)
    assert guarded.wait(60) == 143
    assert living(mark) == []


def test_others_are_left_alone(mark):
    other = subprocess.Popen(["sleep", mark], start_new_session=True)
    try:
        guarded = start(Guard(), "sleep", "300")
        wait_until(lambda: psutil.Process(guarded.pid).children())
        guarded.terminate()
        guarded.wait(60)
        assert living(mark)
    finally:
        other.kill()
        other.wait()


def test_what_the_command_leaves_behind_on_purpose_stays(mark):
    code, _ = run(Guard(), "sh", "-c", f"setsid sleep {mark} >/dev/null 2>&1 &")
    left = living(mark)
    for process in left:
        process.kill()
    assert (code, len(left)) == (0, 1)
