import os
import signal
import subprocess
import sys

from stairlift.strategy.nova.turnstile import Turnstile

HOLDER = "import fcntl,os,sys,time; f=os.open(sys.argv[1], os.O_RDWR|os.O_CREAT); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(600)"


class Counting:
    """Says how many migrations are under way; the real count is tests/real/test_drain.py's."""

    def __init__(self, count):
        self._count = count

    def under_way(self):
        return self._count


def passed(file, count, most=2):
    with Turnstile(str(file), most, Counting(count)).passed() as free:
        return free


def test_nova_is_counted(tmp_path):
    assert passed(tmp_path / "lock", 1)
    assert not passed(tmp_path / "lock", 2)


def test_one_process_at_a_time_and_a_killed_one_holds_nothing(tmp_path):
    file = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"held\n"
        assert not passed(file, 0)
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert passed(file, 0)
