"""`hosts:SPEC`: whom it asks, what it keeps, and what becomes of hosts in trouble."""

import json
from pathlib import Path

import pytest

from stairlift.inventory.context import AnsibleSettings, SourceContext
from stairlift.inventory.host import HostInventory
from stairlift.inventory.host_targets import targets
from stairlift.model.errors import SourceTrouble, Trouble, UsageError
from stairlift.model.observation import HostRecord, ProcessRecord
from stairlift.ports import Answer, RemoteOutput
from stairlift.remote.words import SshOptions

TESTBED = Path(__file__).parents[2] / "data" / "hosts" / "testbed.json"
WHOLE = b"host\tcmp1\nuser\t0\nend\n"


class Answering:
    """Remote: gives each host's output, or raises its trouble. The real one is in tests/real/test_discovery.py."""

    def __init__(self, **endings):
        self.endings = endings

    def run(self, host, script, *, timeout):
        ending = self.endings[host]
        if isinstance(ending, Exception):
            raise ending
        return ending


def fetched(spec, **endings):
    inventory = HostInventory(spec, reaching=lambda _: Answering(**endings))
    return inventory.read(inventory.fetch())


GONE = SourceTrouble(Trouble.UNREACHABLE, "it does not answer")


def test_a_host_in_trouble_is_told_and_the_others_go_on():
    one, two = fetched("cmp1,cmp2", cmp1=RemoteOutput(0, WHOLE), cmp2=GONE)
    assert one == HostRecord("cmp1", ("cmp1",))
    assert two == HostRecord("cmp2", trouble=Trouble.UNREACHABLE, detail="it does not answer")


def test_only_if_all_are_in_trouble_the_source_is():
    with pytest.raises(SourceTrouble) as caught:
        fetched("cmp1,cmp2,cmp3", cmp1=GONE, cmp2=GONE, cmp3=SourceTrouble(Trouble.DENIED, "no key"))
    assert caught.value.trouble is Trouble.UNREACHABLE
    assert caught.value.brief == "None of 3 hosts let us look: it does not answer"


@pytest.mark.parametrize(
    ("output", "kind", "told"),
    [
        (RemoteOutput(1, b"", "sudo: a password is required"), Trouble.DENIED, "sudo"),
        (RemoteOutput(127, b"", "sh: not found"), Trouble.MALFORMED, "127"),
        (RemoteOutput(0, b"host\tcmp2\n"), Trouble.MALFORMED, "cut off"),
        (RemoteOutput(0, b"\xff\xfe"), Trouble.MALFORMED, "cut off"),
        (RemoteOutput(0, b"time\t1\t\t100\nprocess\t7\t1\t9\t/x\tnova-compute\nend\n"), Trouble.MALFORMED, "cmp2"),
        (RemoteOutput(0, b"time\t1\t9\t1\nprocess\t7\t1\t" + b"9" * 30 + b"\t/x\tx\nend\n"), Trouble.MALFORMED, "cmp2"),
    ],
)
def test_what_is_no_whole_answer_is_a_trouble_of_its_host(output, kind, told):
    _, two = fetched("cmp1,cmp2", cmp1=RemoteOutput(0, WHOLE), cmp2=output)
    assert two.trouble is kind
    assert told in two.detail


def test_an_inventory_s_variables_say_how_hosts_are_reached(tmp_path):
    (tmp_path / "hosts.ini").write_text(
        "[control]\nctl1 ansible_host=192.0.2.1 ansible_port=2222 ansible_become=true\n[compute]\ncmp1\n"
        "here ansible_connection=local\n"
        "[containers]\nctl1_nova physical_host=ctl1 ansible_host=192.0.2.9\n"
        "[all:vars]\nansible_user=ops\nansible_ssh_private_key_file=keys/id\n"
        'ansible_ssh_common_args=-o ProxyCommand="ssh -W %h:%p bastion"\nansible_password=hunter2\n'
    )
    found = targets(str(tmp_path / "hosts.ini"), SshOptions(user="me", options=("-q",)), AnsibleSettings())
    assert sorted(found) == ["cmp1", "ctl1", "here"]
    assert found["ctl1"].address == "192.0.2.1"
    options = found["ctl1"].options
    assert (options.user, options.port, options.become) == ("ops", 2222, ("sudo", "-n"))
    assert options.key == str(tmp_path / "keys" / "id")
    assert options.options == ("-q", "-o", "ProxyCommand=ssh -W %h:%p bastion")
    assert (found["cmp1"].address, found["cmp1"].options.become, found["here"].local) == ("cmp1", (), True)
    assert "hunter2" not in repr(found)


def test_a_list_of_hosts_is_reached_as_the_settings_say():
    found = targets("ops@ctl1, cmp1,", SshOptions(port=2222), AnsibleSettings())
    assert {host: (t.address, t.options.port) for host, t in found.items()} == {
        "ctl1": ("ops@ctl1", 2222),
        "cmp1": ("cmp1", 2222),
    }


@pytest.mark.parametrize("argument", ["", ",", "no/such/file"])
def test_what_names_no_hosts_is_a_usage_error(argument):
    with pytest.raises(UsageError):
        HostInventory.from_spec(argument, SourceContext(client=lambda: 1 / 0))


def test_a_recording_is_read_where_there_is_neither_file_nor_ansible():
    built = HostInventory.from_spec("no/such/file", SourceContext(client=lambda: 1 / 0, live=False))
    assert built.name == "hosts:no/such/file"


def test_the_testbed_s_answer_tells_all_that_runs_there():
    """Recorded on the real testbed; only addresses and folders were changed."""
    found = HostInventory("x").read(Answer(json.loads(TESTBED.read_text())))
    programs = {(p.host, p.binary): (p.version, p.evidence) for p in found if isinstance(p, ProcessRecord)}
    control = {
        **dict.fromkeys(("nova-api", "nova-conductor", "nova-scheduler"), ("31.0.0", "process")),
        **dict.fromkeys(("neutron-api", "neutron-rpc-server", "neutron-periodic-workers"), ("26.0.0", "process")),
        **dict.fromkeys((f"neutron-{a}-agent" for a in ("l3", "dhcp", "metadata")), ("26.0.0", "process")),
        "keystone": ("27.0.0", "process"),
        "placement-api": ("13.0.0", "process"),
        "glance-api": ("30.0.0", "process"),
    }
    assert {binary: told for (host, binary), told in programs.items() if host == "ctl2"} == control
    assert {binary for host, binary in programs if host == "cmp3"} == {
        "nova-compute",
        "neutron-openvswitch-agent",
        "openvswitch",
    }
    assert {binary for host, binary in programs if host in {"lb1", "infra1"}} == {
        *("haproxy", "mariadb", "memcached", "rabbitmq"),
    }
    assert {p.manager for p in found if isinstance(p, ProcessRecord)} == {"supervisor"}
