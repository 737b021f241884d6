from datetime import UTC, datetime

import pytest

from stairlift.inventory.neutron import NeutronAgentInventory
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.model.observation import ServiceRecord
from stairlift.ports import Answer
from unit.inventory.answers import AGENT, OVN_AGENT, OVS_AGENT, GivenCloud, by_page


def read(*rows):
    return NeutronAgentInventory(GivenCloud()).read(Answer({"pages": [{"agents": list(rows)}]}))


def test_an_agent():
    assert read(AGENT) == (
        ServiceRecord(
            binary="neutron-l3-agent",
            host="net1",
            status="enabled",
            state="up",
            updated_at=datetime(2026, 11, 22, 11, 59, 41, tzinfo=UTC),
            zone="nova",
            agent_mode="dvr_snat",
        ),
    )


def test_alive_and_admin_state_are_two_things():
    (record,) = read(OVS_AGENT)
    assert (record.status, record.state, record.zone, record.agent_mode) == ("disabled", "down", None, None)
    assert read({**AGENT, "alive": False})[0].status == "enabled"
    assert read({**AGENT, "admin_state_up": False})[0].state == "up"


def test_neither_said_is_unknown():
    (record,) = read({key: AGENT[key] for key in ("id", "binary", "host", "agent_type")})
    assert (record.status, record.state, record.updated_at) == ("unknown", "unknown", None)


@pytest.mark.parametrize(
    ("binary", "agent_type", "known"),
    [
        ("ovn-controller", "OVN Controller Gateway agent", "ovn-controller"),
        ("packager-s-ovs-agent", "Open vSwitch agent", "neutron-openvswitch-agent"),
        (None, "Open vSwitch agent", "neutron-openvswitch-agent"),
        ("acme-agent", "Acme agent", "acme-agent"),
    ],
)
def test_what_an_agent_is(binary, agent_type, known):
    assert read({**AGENT, "binary": binary, "agent_type": agent_type})[0].binary == known


@pytest.mark.parametrize(
    ("agent_type", "duty"), [("OVN Controller Gateway agent", "gateway"), ("OVN Controller agent", None)]
)
def test_only_the_type_of_a_chassis_tells_a_gateway(agent_type, duty):
    assert read({**AGENT, "binary": "ovn-controller", "agent_type": agent_type})[0].duty == duty


def test_an_agent_that_nothing_names_is_malformed():
    with pytest.raises(SourceTrouble):
        read({**AGENT, "binary": None, "agent_type": "Acme agent"})


def test_no_agents_at_all_may_be_a_lack_of_rights():
    with pytest.raises(SourceTrouble) as caught:
        read()
    assert caught.value.trouble is Trouble.EMPTY
    assert "administrator" in caught.value.details


class TestFetch:
    def fetched(self, rows, size=100):
        waits = []
        cloud = GivenCloud({"/agents": by_page(rows, "agents", size) if not callable(rows) else rows})
        source = NeutronAgentInventory(cloud, wait=waits.append)
        return source.read(source.fetch()), cloud, waits

    def test_asks_once_for_what_is_read(self):
        facts, cloud, waits = self.fetched([AGENT, OVS_AGENT])
        assert len(facts) == 2
        assert waits == []
        ((service, path, query, microversion),) = cloud.asked
        assert (service, path, microversion) == ("network", "/agents", None)
        assert "fields=heartbeat_timestamp" in query
        assert "resource_versions" not in query

    def test_reads_all_pages(self):
        rows = [{**AGENT, "id": str(n), "host": f"net{n}"} for n in range(7)]
        facts, cloud, _ = self.fetched(rows, size=3)
        assert [fact.host for fact in facts] == [f"net{n}" for n in range(7)]
        assert len(cloud.asked) == 3

    def test_asks_twice_where_ovn_makes_agents_up_and_believes_the_second(self):
        """The first list is what asks the chassis whether they live."""
        answers = iter([[AGENT, OVN_AGENT], [AGENT, {**OVN_AGENT, "alive": False}]])
        facts, cloud, waits = self.fetched(lambda _: {"agents": next(answers)})
        assert facts[1].state == "down"
        assert len(cloud.asked) == 2
        assert waits == [1.0]
