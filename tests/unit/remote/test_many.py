"""One script on many hosts: bounded, in order, and nobody waits for who is gone."""

from threading import Barrier, Lock

from hypothesis import given
from hypothesis import strategies as st

from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import RemoteOutput
from stairlift.remote.many import on_all


class Hosts:
    """Remote: answers with the host's name; some are in trouble. SshRemote is held to the port in test_ssh.py."""

    def __init__(self, troubled=(), meet=None):
        self.troubled, self.meet = set(troubled), meet
        self.now, self.most, self._lock = 0, 0, Lock()

    def run(self, host, script, *, timeout):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        if self.meet:
            self.meet.wait(timeout=20)
        with self._lock:
            self.now -= 1
        if host in self.troubled:
            raise SourceTrouble(Trouble.UNREACHABLE, "gone")
        return RemoteOutput(0, f"{host} {script} {timeout:g}".encode())


@given(st.integers(1, 40), st.integers(1, 60), st.sets(st.integers(0, 39)))
def test_every_host_is_told_of_once_and_in_order(count, side_by_side, bad):
    hosts = [f"cmp{n}" for n in range(count)]
    remote = Hosts({f"cmp{n}" for n in bad})
    found = on_all(remote, hosts, "look", timeout=5, within=60, side_by_side=side_by_side)
    assert list(found) == hosts
    assert {h for h, end in found.items() if isinstance(end, SourceTrouble)} == remote.troubled & set(hosts)
    assert remote.most <= side_by_side


def test_as_many_as_asked_for_go_at_once():
    remote = Hosts(meet=Barrier(8))
    found = on_all(remote, [f"cmp{n}" for n in range(16)], "look", timeout=5, within=60, side_by_side=8)
    assert (remote.most, len(found)) == (8, 16)


def test_whose_turn_does_not_come_in_time_is_told_so():
    times = iter([0.0, 1.0, 99.0, 99.0, 99.0])
    found = on_all(Hosts(), ["a", "b"], "look", timeout=5, within=10, side_by_side=1, clock=lambda: next(times))
    assert found["a"].out == b"a look 5"
    assert found["b"].trouble is Trouble.TIMEOUT


def test_a_remote_that_breaks_is_a_trouble_of_its_host():
    class Broken:
        def run(self, host, script, *, timeout):
            raise KeyError("secret")

    found = on_all(Broken(), ["a"], "look", timeout=5, within=10)
    assert (found["a"].trouble, "secret" in found["a"].brief) == (Trouble.UNREACHABLE, False)


def test_no_hosts_are_no_work():
    assert on_all(Hosts(), [], "look", timeout=5, within=10) == {}
