"""Network nodes, against a simulated Neutron over HTTP; tests/real/test_drain.py does the same on a real one."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stairlift.model.effect import Effect
from stairlift.model.errors import StairliftError
from stairlift.openstack.client import SessionCloudClient
from stairlift.sandbox.builders import cloud
from stairlift.sandbox.server import Sandbox
from stairlift.sandbox.tenants import NetworkSpec, RouterSpec
from stairlift.strategy.before import Before, details
from stairlift.strategy.neutron.desk import DHCP, L3, Desk
from stairlift.strategy.neutron.moves import moves, unwell
from stairlift.strategy.neutron.shifting import KIND, Shifting
from stairlift.strategy.own_job import Notes


class Lab:
    def __init__(self, box, folder):
        self.box, self.desk = box, Desk(SessionCloudClient.from_config("sandbox"))
        self._attempts = folder / "step"

    def attempt(self, number=1):
        folder = self._attempts / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        return Before(folder)

    def effect(self, state="intended"):
        then = datetime.now(UTC) - timedelta(seconds=60)
        return Effect(f"{KIND}:net1", KIND, "net1", "s", "neutron", state, then, details(self._attempts / "1"))

    def shifting(self, within=60.0):
        return Shifting(self.desk, Notes(""), within, sleep=lambda _: time.sleep(0.1))

    def serving(self, name):
        network = next(r for r in self.desk._get("/networks")["networks"] if r["name"] == name)
        return sorted(agent.host for agent in self.desk.serving(network["id"]))

    def hosting(self, name):
        router = next(r for r in self.desk._get("/routers")["routers"] if r["name"] == name)
        return sorted(agent.host for agent in self.desk.hosting(router["id"]))


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Makes a cloud with these networks and routers on the nodes net1 to net3."""
    running = []

    def made(*belongings, nodes=3):
        base = cloud(control=1, network=nodes, compute=1)
        networks = tuple(one for one in belongings if isinstance(one, NetworkSpec))
        routers = tuple(one for one in belongings if isinstance(one, RouterSpec))
        box = Sandbox(replace(base, networks=networks, routers=routers, servers_per_compute=0))
        box.__enter__()
        running.append(box)
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(box.clouds_yaml(tmp_path / "clouds.yaml")))
        return Lab(box, tmp_path)

    yield made
    for box in running:
        box.__exit__(None, None, None)


LONELY = NetworkSpec("lonely", dhcp=("net1",))
SAFE = NetworkSpec("safe", dhcp=("net1", "net2"))


class TestDhcp:
    def test_only_networks_without_a_second_agent_get_one_and_it_leaves_again(self, lab):
        there = lab(LONELY, SAFE)
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=False)
        assert len(there.serving("lonely")) == 2
        assert there.serving("safe") == ["net1", "net2"]
        there.shifting().give_back(("net1",), there.effect("made"))
        assert there.serving("lonely") == ["net1"]
        assert there.serving("safe") == ["net1", "net2"]

    def test_a_second_attempt_adds_nobody_and_restoring_knows_what_the_first_added(self, lab):
        there = lab(LONELY)
        there.shifting().take_over(("net1",), there.effect(), there.attempt(1), routers=False)
        first = there.serving("lonely")
        there.shifting().take_over(("net1",), there.effect(), there.attempt(2), routers=False)
        assert there.serving("lonely") == first
        there.shifting().undo(there.effect("made"))
        assert there.serving("lonely") == ["net1"]

    def test_a_dead_neighbour_is_none(self, lab):
        there = lab(SAFE)
        there.box.stop("net2", DHCP)
        there.box.advance(120)
        for host in ("net1", "net3"):
            there.box.restart(host, DHCP)
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=False)
        assert there.serving("safe") == ["net1", "net2", "net3"]

    def test_where_nobody_else_is_the_step_fails_before_anything_is_changed(self, lab):
        there = lab(LONELY, nodes=1)
        with pytest.raises(StairliftError) as told:
            there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=False)
        assert told.value.code == "neutron.nobody_else"
        assert there.serving("lonely") == ["net1"]

    def test_the_second_agent_stays_while_the_first_is_dead(self, lab):
        there = lab(LONELY)
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=False)
        there.box.stop("net1", DHCP)
        there.box.advance(120)
        for host in ("net2", "net3"):
            there.box.restart(host, DHCP)
        with pytest.raises(StairliftError) as told:
            there.shifting(within=0).give_back(("net1",), there.effect("made"))
        assert told.value.code == "neutron.agents_dead"
        there.shifting().undo(there.effect("made"))
        assert len(there.serving("lonely")) == 2

    def test_what_was_never_written_down_was_never_done(self, lab):
        there = lab(SAFE)
        there.shifting().undo(there.effect())
        assert there.serving("safe") == ["net1", "net2"]


class TestRouters:
    def test_a_single_copy_stays_unless_it_is_to_move(self, lab):
        there = lab(RouterSpec("old", agents=("net1",)))
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=False)
        assert there.hosting("old") == ["net1"]

    def test_it_moves_and_comes_back(self, lab):
        there = lab(RouterSpec("old", agents=("net1",)))
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=True)
        assert there.hosting("old") != ["net1"]
        there.shifting().give_back(("net1",), there.effect("made"))
        assert there.hosting("old") == ["net1"]

    def test_an_ha_router_that_is_well_passes(self, lab):
        there = lab(RouterSpec("ha", ha=True))
        assert unwell(there.desk, ("net1",)) == ()
        assert moves(there.desk, ("net1",), routers=True).routers == ()

    @pytest.mark.parametrize(
        ("states", "word"), [(("active", "active", "standby"), "2 active"), (("standby",) * 3, "0 active")]
    )
    def test_split_brain_and_no_brain_hold_the_node(self, lab, states, word):
        there = lab(RouterSpec("ha", ha=True, ha_states=states))
        with pytest.raises(StairliftError) as told:
            there.shifting(within=0).take_over(("net1",), there.effect(), there.attempt(), routers=False)
        assert told.value.code == "neutron.router_unwell"
        assert word in told.value.brief

    def test_no_living_copy_elsewhere_holds_the_node(self, lab):
        there = lab(RouterSpec("ha", ha=True, agents=("net1",)))
        assert "no living copy" in unwell(there.desk, ("net1",))[0]

    def test_nobody_switches_an_agent_off(self, lab):
        there = lab(LONELY, RouterSpec("ha", ha=True), RouterSpec("old", agents=("net1",)))
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=True)
        there.shifting().give_back(("net1",), there.effect("made"))
        assert not [one for one in there.box.log() if one["method"] == "PUT"]
        assert all(agent.serves for agent in there.desk.agents() if agent.binary in (DHCP, L3))


class TestForeign:
    """What others have switched off is theirs."""

    @pytest.fixture
    def off(self, monkeypatch):
        """Makes an answer say that something is switched off."""

        def made(kind, **what):
            get = Desk._get

            def asked(desk, path):
                body = get(desk, path)
                for row in body.get(kind, ()):
                    if what.items() <= row.items():
                        row["admin_state_up"] = False
                return body

            monkeypatch.setattr(Desk, "_get", asked)

        return made

    def test_an_agent_that_was_switched_off_before_is_not_waited_for(self, lab, off):
        there = lab(SAFE)
        off("agents", host="net1", binary=DHCP)
        assert [a.serves for a in there.desk.agents(host="net1", binary=DHCP)] == [False]
        there.shifting(within=0).give_back(("net1",), None)

    def test_a_router_that_is_switched_off_holds_nobody_up(self, lab, off):
        there = lab(RouterSpec("ha", ha=True, ha_states=("standby",) * 3))
        assert unwell(there.desk, ("net1",))
        off("routers", name="ha")
        assert unwell(there.desk, ("net1",)) == ()

    def test_nor_does_a_network_that_nobody_serves(self, lab, off):
        there = lab(LONELY)
        assert moves(there.desk, ("net1",), routers=False).networks
        off("networks", name="lonely")
        assert moves(there.desk, ("net1",), routers=False).networks == ()

    def test_a_second_agent_that_has_to_stay_is_told_of(self, lab):
        there = lab(LONELY)
        there.shifting().take_over(("net1",), there.effect(), there.attempt(), routers=False)
        there.box.stop("net1", DHCP)
        there.box.advance(120)
        for host in ("net2", "net3"):
            there.box.restart(host, DHCP)
        assert "keep their second agent" in there.shifting().undo(there.effect("made"))
