"""A shell on another host: what is typed, what comes back, and what each failure is called.

The `ssh` of these tests is a script that stands in for the client; tests/real/test_discovery.py uses the real one.
"""

import os
import stat
import time
from itertools import pairwise
from pathlib import Path

import pytest

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.remote.complaints import trouble_of
from stairlift.remote.ssh import SshRemote, Target
from stairlift.remote.words import SshOptions, ssh_words

CHANGED = "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @"


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Puts a shell script in the place of ssh; its arguments are kept in a file."""

    def put(body):
        program = tmp_path / "bin" / "ssh"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\n{body}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        return lambda: (tmp_path / "arguments").read_text().splitlines()

    return put


def trouble(remote, host="cmp1", timeout=10.0):
    with pytest.raises(SourceTrouble) as caught:
        remote.run(host, "true", timeout=timeout)
    return caught.value


def test_the_words_say_all_options_before_the_host():
    options = SshOptions("ops", 2222, "/k", "/c", ("-o", "ProxyJump=b"), ("sudo", "-n"))
    words = ssh_words(options, "cmp1", ("sh", "-c", "echo $HOME"))
    assert words[-3:] == ("-T", "cmp1", "sudo -n sh -c 'echo $HOME'")
    for pair in (("-F", "/c"), ("-p", "2222"), ("-i", "/k"), ("-l", "ops"), ("-o", "ProxyJump=b")):
        assert pair in pairwise(words)
    assert "BatchMode=yes" in words


def test_options_survive_a_document():
    options = SshOptions("ops", 2222, options=("-a",), become=("sudo",))
    assert SshOptions.of(options.document()) == options


def test_the_script_is_fed_and_its_output_comes_back(stand_in):
    arguments = stand_in("exec sh -s")
    output = SshRemote().run("cmp1", "echo out; echo err >&2; exit 3", timeout=10)
    assert (output.returncode, output.out, output.err) == (3, b"out\n", "err\n")
    assert arguments()[-2:] == ["cmp1", "sh -s"]


def test_each_host_is_reached_in_its_own_way(stand_in):
    arguments = stand_in("exec sh -s")
    remote = SshRemote(targets={"cmp1": Target("192.0.2.1", SshOptions(user="ops", become=("sudo", "-n")))})
    remote.run("cmp1", "true", timeout=10)
    assert arguments()[-5:] == ["-l", "ops", "-T", "192.0.2.1", "sudo -n sh -s"]
    remote.run("cmp2", "true", timeout=10)
    assert arguments()[-2:] == ["cmp2", "sh -s"]


def test_this_machine_needs_no_ssh(stand_in):
    stand_in("exit 255")
    remote = SshRemote(targets={"here": Target("localhost", SshOptions(), local=True)})
    assert remote.run("here", "echo here", timeout=10).out == b"here\n"


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("ops@cmp1: Permission denied (publickey).", Trouble.DENIED, "lets nobody in"),
        (f"{CHANGED}\nHost key verification failed.", Trouble.DENIED, "not the one in known_hosts"),
        ("Host key verification failed.", Trouble.DENIED, "not in known_hosts"),
        ("ssh: Could not resolve hostname cmp1: Name or service not known", Trouble.UNREACHABLE, "resolved"),
        ("ssh: connect to host cmp1 port 22: Connection refused", Trouble.UNREACHABLE, "nothing listens"),
        ("ssh: connect to host cmp1 port 22: Connection timed out", Trouble.UNREACHABLE, "does not answer"),
        ("kex_exchange_identification: Connection closed by remote host", Trouble.UNREACHABLE, "closed"),
        ("something with password=hunter2", Trouble.UNREACHABLE, "by hand"),
    ],
)
def test_what_ssh_complains_of_is_told_and_not_quoted(stand_in, said, kind, told):
    stand_in(f"echo '{said}' >&2; exit 255")
    met = trouble(SshRemote())
    assert met.trouble is kind
    assert told in met.brief
    assert "hunter2" not in met.brief
    assert trouble_of(said).brief == met.brief


def test_a_host_that_hangs_is_left_with_all_that_was_started_for_it(stand_in, tmp_path):
    stand_in(f"sleep 60 & echo $! >{tmp_path}/child; wait")
    began = time.monotonic()
    assert trouble(SshRemote(), timeout=0.5).trouble is Trouble.TIMEOUT
    assert time.monotonic() - began < 10
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 5
    while _runs(child):
        assert time.monotonic() < deadline


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_a_host_that_does_not_stop_talking_is_left(stand_in, stream):
    stand_in(f"exec yes {stream}")
    began = time.monotonic()
    met = trouble(SshRemote(), timeout=30)
    assert (met.trouble, time.monotonic() - began < 10) == (Trouble.MALFORMED, True)
    assert "MB" in met.brief


def test_one_that_closes_its_output_and_stays_is_left_in_time(stand_in):
    stand_in("exec >&-; exec sleep 60")
    assert trouble(SshRemote(), timeout=0.5).trouble is Trouble.TIMEOUT


def test_one_that_reads_nothing_is_heard(stand_in):
    stand_in("echo done; exit 0")
    assert SshRemote().run("cmp1", "x" * 1_000_000, timeout=10).out == b"done\n"


def _runs(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_what_stays_behind_and_holds_standard_error_is_not_waited_for(stand_in):
    """As the master of ControlPersist does."""
    stand_in("sleep 30 >/dev/null </dev/null & exec sh -s")
    began = time.monotonic()
    assert SshRemote().run("cmp1", "echo out", timeout=20).out == b"out\n"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("host", ["-oProxyCommand=reboot", ""])
def test_an_option_is_no_host(stand_in, host):
    stand_in("exit 0")
    assert trouble(SshRemote(), host).trouble is Trouble.UNREACHABLE


def test_no_ssh_at_all(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "ssh cannot be started" in trouble(SshRemote()).brief
