"""Whatever a server, a file or a plug-in's answer holds, reading it gives facts or a SourceTrouble, and nothing else."""

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stairlift.inventory.ansible import AnsibleInventory
from stairlift.inventory.cinder import CinderServiceInventory
from stairlift.inventory.designate import DESIGNATE
from stairlift.inventory.haproxy import HAProxyInventory, Where
from stairlift.inventory.heat import HEAT
from stairlift.inventory.ironic import IRONIC
from stairlift.inventory.keystone import KeystoneCatalogInventory
from stairlift.inventory.neutron import NeutronAgentInventory
from stairlift.inventory.nova import NovaHypervisorInventory, NovaServiceInventory
from stairlift.inventory.registry import RegistryInventory
from stairlift.inventory.watcher import WATCHER
from stairlift.model.errors import SourceTrouble, Trouble
from stairlift.ports import Answer
from unit.inventory.answers import (
    AGENT,
    CATALOG,
    FORCED,
    HYPERVISOR,
    NOVA_VERSIONS,
    OVN_AGENT,
    PARTIAL,
    UP,
    VOLUME,
    GivenCloud,
)

CLOUD = GivenCloud()
REGISTERED = [
    (HEAT, {"binary": "heat-engine", "hostname": "ctl1", "status": "up", "updated_at": "2026-11-22T11:59:53"}),
    (IRONIC, {"hostname": "bm1", "alive": True, "updated_at": "2026-11-22T11:59:53+00:00"}),
    (DESIGNATE, {"service_name": "central", "hostname": "ctl1", "status": "UP", "heartbeated_at": "2026-11-22T11:59"}),
    (WATCHER, {"name": "watcher-applier", "host": "ctl1", "status": "ACTIVE", "last_seen_up": None}),
]
SOUND = [
    (NovaServiceInventory(CLOUD), {"body": {"services": [UP, FORCED, PARTIAL]}}),
    (NovaHypervisorInventory(CLOUD), {"pages": [{"hypervisors": [HYPERVISOR]}, {"hypervisors": []}]}),
    (NeutronAgentInventory(CLOUD), {"pages": [{"agents": [AGENT, OVN_AGENT], "agents_links": []}]}),
    (CinderServiceInventory(CLOUD), {"body": {"services": [VOLUME]}}),
    (KeystoneCatalogInventory(CLOUD), {"catalog": CATALOG, "versions": {"compute": NOVA_VERSIONS}, "notes": []}),
    (
        HAProxyInventory(Where("/x"), str),
        {
            "servers": [{"pxname": "nova_api", "svname": "ctl1", "status": "UP", "addr": "192.0.2.1:8774"}],
            "versions": {"192.0.2.1:8774": {"url": "http://192.0.2.1:8774/", "entries": NOVA_VERSIONS}},
        },
    ),
    *((RegistryInventory(one, CLOUD), {"pages": [{one.question.key: [row]}]}) for one, row in REGISTERED),
    (
        AnsibleInventory("hosts"),
        {
            "inventory": {
                "_meta": {"hostvars": {"c1": {"physical_host": "m1", "ansible_host": "192.0.2.1"}}},
                "all": {"children": ["nova_all"]},
                "nova_all": {
                    "children": ["nova_compute"],
                    "vars": {"availability_zone": "z", "ansible_group_priority": 3},
                },
                "nova_compute": {"hosts": ["c1", "c2"], "vars": {"availability_zone": "y"}},
            }
        },
    ),
]
IDS = [source.name for source, _ in SOUND]

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
QUICKLY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(source, documents):
    """The trouble of reading these documents; None where it gives facts that can be compared."""
    try:
        facts = source.read(Answer(documents))
    except SourceTrouble as met:
        return met.trouble
    return None if len(set(facts)) <= len(facts) else facts


def check(source, documents):
    assert outcome(source, documents) in {None, Trouble.MALFORMED, Trouble.EMPTY}


def places(document, path=()):
    """Every place in a document, as the keys that lead there."""
    yield path
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


@pytest.mark.parametrize(("source", "documents"), SOUND, ids=IDS)
def test_the_sound_answers_are_sound(source, documents):
    assert source.read(Answer(documents))


@pytest.mark.parametrize(("source", "documents"), SOUND, ids=IDS)
@given(data=st.data())
@QUICKLY
def test_anything_in_any_place(source, documents, data):
    path = data.draw(st.sampled_from([p for p in places(documents) if p]))
    spoilt = deepcopy(documents)
    around = spoilt
    for key in path[:-1]:
        around = around[key]
    if data.draw(st.booleans()):
        around[path[-1]] = data.draw(JSON)
    else:
        del around[path[-1]]
    check(source, spoilt)


@pytest.mark.parametrize(("source", "documents"), SOUND, ids=IDS)
@given(data=st.data())
@QUICKLY
def test_anything_at_all(source, documents, data):
    check(source, data.draw(st.dictionaries(st.sampled_from([*documents, "body", "x"]), JSON, max_size=4)))
