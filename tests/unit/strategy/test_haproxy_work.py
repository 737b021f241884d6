"""Backends out and in, against load balancers of a few lines; tests/real/test_haproxy_drain.py has the real one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.strategy.before import Before, details
from stairlift.strategy.haproxy.answering import Answered
from stairlift.strategy.haproxy.balancer import Server, Told
from stairlift.strategy.haproxy.finding import Finder
from stairlift.strategy.haproxy.options import read_options
from stairlift.strategy.haproxy.request import Request
from stairlift.strategy.haproxy.work import Crew, drain, give_back, put_back
from stairlift.strategy.own_job import Notes
from stairlift.strategy.own_program import Errand

PART = "nova-api@ctl1"


class Balancer:
    """One section with a server on each of two hosts, which are what they are told to be."""

    place = "lb1"

    def __init__(self) -> None:
        self._servers = {
            f"nova_api/{name}": Server("nova_api", name, f"10.0.0.{n}", 8774, "ready", "no check", 0, False, "")
            for n, name in enumerate(("ctl1", "ctl2"))
        }

    def servers(self) -> tuple[Server, ...]:
        return tuple(self._servers.values())

    def tell(self, server: Server, state: Told) -> None:
        self._servers[server.path] = replace(self._servers[server.path], told=state)

    @property
    def told(self) -> list[Told]:
        return [server.told for server in self.servers()]


def crew_for(balancer: Balancer) -> Crew:
    options = read_options("haproxy", {"folder": "/", "socket": "x"})
    return Crew([balancer], Finder({}, {}), options, Notes(""), lambda _: None, lambda *_: Answered(True))


def an_effect(attempts: Path, state: str = "intended") -> Effect:
    then = datetime.now(UTC) - timedelta(seconds=60)
    return Effect(f"drain:{PART}", "drain", PART, "s", "lb", state, then, details(attempts / "1"))


def a_request(kind: str, effect: Effect) -> Request:
    return Request(Errand(kind, ("ctl1",), ("nova-api",), (effect,)), {})


def attempt(folder: Path) -> Before:
    folder.mkdir(parents=True)
    return Before(folder)


def test_what_an_earlier_run_has_taken_out_is_let_in_by_the_one_in_its_place(tmp_path: Path) -> None:
    balancer = Balancer()
    old, new = tmp_path / "old", tmp_path / "new"
    drain(crew_for(balancer), a_request("drain", an_effect(old)), attempt(old / "1"))
    assert balancer.told == ["maint", "ready"]
    taken_over = an_effect(old, "made")
    drain(crew_for(balancer), a_request("drain", taken_over), attempt(new / "1"))
    give_back(crew_for(balancer), a_request("uncordon", taken_over))
    assert balancer.told == ["ready", "ready"]


def test_what_was_out_before_us_stays_out(tmp_path: Path) -> None:
    balancer = Balancer()
    balancer.tell(balancer.servers()[0], "maint")
    drain(crew_for(balancer), a_request("drain", an_effect(tmp_path)), attempt(tmp_path / "1"))
    give_back(crew_for(balancer), a_request("uncordon", an_effect(tmp_path, "intended")))
    assert balancer.told == ["maint", "ready"]


def test_nobody_says_that_it_is_in_again_who_does_not_know_how_it_was(tmp_path: Path) -> None:
    balancer = Balancer()
    balancer.tell(balancer.servers()[0], "maint")
    lost = an_effect(tmp_path / "thrown-away", "made")
    with pytest.raises(StairliftError, match="how it was before is not known here"):
        give_back(crew_for(balancer), a_request("uncordon", lost))
    assert "not known here" in put_back(crew_for(balancer), lost)
    assert balancer.told == ["maint", "ready"]


def test_the_last_server_of_a_section_stays(tmp_path: Path) -> None:
    balancer = Balancer()
    balancer.tell(balancer.servers()[1], "maint")
    with pytest.raises(StairliftError, match="no other server of its section is UP"):
        drain(crew_for(balancer), a_request("drain", an_effect(tmp_path)), attempt(tmp_path / "1"))
    assert balancer.told == ["ready", "maint"]
