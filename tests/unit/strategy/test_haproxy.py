"""HAProxy without HAProxy: options, names, who is whose. `tests/real/test_haproxy_drain.py` has the rest."""

from pathlib import Path
from typing import Any

import pytest

from stairlift.model.errors import SourceTrouble, StairliftError, UsageError
from stairlift.model.release import Release
from stairlift.model.work import Assignment
from stairlift.ports import Affecting, RemoteOutput, StepReviewer
from stairlift.strategy.haproxy import HaproxyUpgradeStrategy
from stairlift.strategy.haproxy.answering import outdated
from stairlift.strategy.haproxy.balancer import Balancer, Server
from stairlift.strategy.haproxy.finding import Finder
from stairlift.strategy.haproxy.places import Door, place_of
from stairlift.testing.plans import a_step

FOLDER = Path("/etc/up")


def server(section: str, name: str, address: str = "10.0.0.9", port: int = 1) -> Server:
    return Server(section, name, address, port, "ready", "UP", 0, checks=True, checked="L7OK")


def found(finder: Finder, *servers: Server, part: tuple[str, str] = ("nova-api", "ctl1")) -> list[str]:
    return [s.path for s in finder.of(part, servers)]


BARE = Finder({}, {})


@pytest.mark.parametrize("name", ["ctl1", "CTL1", "ctl1.example.com", "nova-api-ctl1", "ctl1_nova_api"])
def test_a_server_is_found_by_what_it_is_called(name: str) -> None:
    others = [server("nova_api", "ctl10"), server("nova_api", "xctl1"), server("keystone", "ctl1")]
    assert found(BARE, server("nova_api", name), *others) == [f"nova_api/{name}"]


def test_sections_have_the_names_that_deployers_give_them() -> None:
    for section in ("nova_api", "nova_api_os_compute-back", "nova-api_back"):
        assert found(BARE, server(section, "ctl1")) == [f"{section}/ctl1"]
    assert found(BARE, server("whatever", "ctl1", port=8774)) == ["whatever/ctl1"]


def test_or_by_an_address_of_its_host() -> None:
    known = Finder({}, {"ctl1": "10.0.0.9"})
    assert found(known, server("nova_api", "srv1"), server("nova_api", "srv2", "10.0.0.8")) == ["nova_api/srv1"]


def test_or_by_what_the_operator_says_outright() -> None:
    said = Finder({"nova-api@ctl1": ("web/one", "meta/one")}, {})
    servers = [server("web", "one"), server("meta", "one"), server("nova_api", "ctl1")]
    assert found(said, *servers) == ["web/one", "meta/one"]
    with pytest.raises(StairliftError, match="there is no meta/one, which the option servers names"):
        said.of(("nova-api", "ctl1"), servers[:1])


@pytest.mark.parametrize(
    ("servers", "why"),
    [
        ([server("nova_api", "ctl2")], "none of its servers is called so"),
        ([server("keystone", "ctl1")], "no section is known to be its own"),
        ([server("nova_api", "ctl1-a"), server("nova_api", "ctl1-b")], "several of one section would do"),
    ],
)
def test_none_or_several_are_an_error_that_says_what_to_write(servers: list[Server], why: str) -> None:
    with pytest.raises(StairliftError, match=why) as refused:
        BARE.of(("nova-api", "ctl1"), servers)
    assert refused.value.code == "balancer.unknown"
    assert refused.value.resolution == 'Say so: servers = { "nova-api@ctl1" = "SECTION/SERVER" }'


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("run/lb.sock", "echo 'show stat' | socat - UNIX-CONNECT:/etc/up/run/lb.sock"),
        ("tcp://lb1:9999", "echo 'show stat' | socat - TCP:lb1:9999"),
    ],
)
def test_a_place_is_a_socket_here_or_a_port(text: str, typed: str) -> None:
    strategy = HaproxyUpgradeStrategy({"folder": "/", "socket": text})
    assert place_of(text, FOLDER).typed("show stat", strategy._options.reach) == typed


@pytest.mark.parametrize("text", ["ssh://lb1", "tcp://lb1", "http://lb1/x", "ssh://root:pw@lb1/x", "ssh://-o/x"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="socket"):
        HaproxyUpgradeStrategy({"folder": "/", "socket": text})


def test_servers_must_name_both() -> None:
    with pytest.raises(UsageError, match="SECTION/SERVER"):
        HaproxyUpgradeStrategy({"folder": "/", "socket": "x", "servers": {"nova-api": "nova_api/ctl1"}})


class Shell:
    """A shell elsewhere that says what it is told to."""

    def __init__(self, output: RemoteOutput) -> None:
        self.output = output
        self.scripts: list[str] = []

    def run(self, host: str, script: str, *, timeout: float) -> RemoteOutput:
        self.scripts.append(f"{host}: {script}")
        return self.output


def test_a_socket_elsewhere_is_asked_over_ssh_and_no_name_in_a_command_is_a_word_for_a_shell() -> None:
    shell = Shell(RemoteOutput(0, b"done\n"))
    door = Door(place_of("ssh://root@lb1/run/a b.sock", FOLDER), shell)
    assert door.ask("set server a/$(reboot) state drain") == "done\n"
    assert "path='/run/a b.sock'" in shell.scripts[0]
    assert "'set server a/$(reboot) state drain'" in shell.scripts[0]
    assert shell.scripts[0].startswith("root@lb1: ")
    shell.output = RemoteOutput(3, b"", "there is no such socket that this user can see")
    with pytest.raises(SourceTrouble, match=r"a b\.sock: there is no such socket"):
        door.ask("show stat")


def test_what_is_no_haproxy_is_told() -> None:
    shell = Shell(RemoteOutput(0, b"Hello\n"))
    with pytest.raises(SourceTrouble, match="gave no list of servers: Hello"):
        Balancer(Door(place_of("ssh://lb1/x", FOLDER), shell)).servers()


def test_a_version_document_tells_old_code_where_it_can() -> None:
    def document(version: str) -> dict[str, Any]:
        return {"versions": [{"id": "v2.1", "version": version}]}

    epoxy = Release(2025, 1)
    assert outdated("nova-api", epoxy, document("2.96")) == "it still offers microversion 2.96, which is 2024.2's"
    assert outdated("nova-api", epoxy, document("2.100")) == ""
    assert outdated("nova-api", epoxy, document("9.9")) == ""
    assert outdated("nova-api", epoxy, None) == ""
    assert outdated("keystone", epoxy, {"versions": {"values": [{"id": "v3.14"}]}}) == ""


def test_it_says_what_it_changes_and_reviews_its_steps() -> None:
    strategy = HaproxyUpgradeStrategy({"folder": "/", "socket": "x"})
    assert isinstance(strategy, Affecting)
    assert isinstance(strategy, StepReviewer)
    step = a_step("d", action="drain", services=["nova-api", "keystone"], hosts=["ctl1"])
    found = strategy.effects(Assignment("r1", step, 2, Path("/a/r1/d/2")))
    assert [i.id for i in found] == ["drain:nova-api@ctl1", "drain:keystone@ctl1"]
    assert found[0].details == {"attempts": "/a/r1/d"}
    with pytest.raises(StairliftError, match="drain and uncordon, not upgrade"):
        strategy.job(Assignment("r1", a_step("u"), 1, Path("/a")))


def test_the_runbook_is_what_a_person_types() -> None:
    strategy = HaproxyUpgradeStrategy({"folder": "/", "socket": "/run/x", "servers": {"nova-api@ctl1": "nova_api/one"}})
    drain = a_step("d", action="drain", services=["nova-api"], hosts=["ctl1"])
    assert strategy.runbook(drain) == (
        "echo 'set server nova_api/one state drain' | socat - UNIX-CONNECT:/run/x",
        "echo 'set server nova_api/one state maint' | socat - UNIX-CONNECT:/run/x",
    )
