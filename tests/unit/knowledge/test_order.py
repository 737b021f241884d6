"""What comes before what, and why."""

import random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stairlift.knowledge import order
from stairlift.knowledge.binaries import all_binaries, binary
from stairlift.knowledge.document import Entry, read
from stairlift.knowledge.order import component_order, edges, project_order, why
from stairlift.model.errors import StairliftError
from stairlift.model.policy import OvnOrder

words = str.split

NAMES = [one.name for one in all_binaries()]
PROJECTS = sorted({one.project for one in all_binaries()})
CORE = words("keystone barbican placement glance cinder ironic neutron nova swift designate manila heat octavia magnum")

some_binaries = st.lists(st.sampled_from([*NAMES, "zz-daemon", "aa-daemon"]), unique=True)
some_projects = st.lists(st.sampled_from([*PROJECTS, "weather", "alchemy"]), unique=True)


def breaks(names, level):
    """The edges that this order of names does not keep."""
    place = {name: n for n, name in enumerate(names)}
    return [
        (before, after)
        for edge in edges()
        if edge.level == level
        for before, after in edge.pairs(names)
        if place[before] > place[after]
    ]


def test_the_default_sequence_of_projects():
    given = [*reversed(CORE), "horizon", "masakari", "trove", "aodh", "weather", "infra", "ovn"]
    assert project_order(given) == ("infra", "ovn", *CORE, "trove", "aodh", "masakari", "weather", "horizon")


def test_the_file_writes_the_sequence_as_the_edges_leave_it():
    assert order.order_of(read("order.yaml")).projects == read("order.yaml").texts("default_sequence")


def test_the_founding_cloud():
    assert component_order(
        words("""neutron-l3-agent nova-cert nova-compute neutron-openvswitch-agent nova-consoleauth nova-scheduler
        neutron-metadata-agent nova-conductor neutron-dhcp-agent""")
    ) == tuple(
        words("""nova-conductor nova-scheduler nova-cert nova-consoleauth neutron-openvswitch-agent nova-compute
        neutron-l3-agent neutron-dhcp-agent neutron-metadata-agent""")
    )


def test_a_cloud_with_ovn():
    assert component_order(
        words("""horizon nova-compute neutron-server ovn-northd keystone nova-api ovn-nb-db cinder-api cinder-volume
        neutron-ovn-metadata-agent cinder-scheduler placement-api nova-conductor nova-scheduler nova-novncproxy glance-api
        ovn-controller cinder-backup ovn-sb-db""")
    ) == tuple(
        words("""ovn-controller ovn-nb-db ovn-sb-db ovn-northd keystone placement-api glance-api cinder-scheduler cinder-volume
        cinder-backup cinder-api neutron-server nova-conductor nova-scheduler nova-novncproxy nova-api horizon nova-compute
        neutron-ovn-metadata-agent""")
    )


def test_unknown_ones_come_last_by_the_alphabet():
    assert component_order(["zz", "horizon", "aa", "keystone"]) == ("keystone", "horizon", "aa", "zz")


def test_nothing_gives_nothing():
    assert (component_order([]), project_order([])) == ((), ())


@given(some_binaries, st.randoms(use_true_random=False))
def test_components_keep_every_edge_whatever_order_they_come_in(names, rng):
    ordered = component_order(names)
    assert sorted(ordered) == sorted(names)
    assert breaks(ordered, "component") == []
    rng.shuffle(names)
    assert component_order(names) == ordered


@given(some_projects, st.randoms(use_true_random=False))
def test_projects_keep_every_edge_whatever_order_they_come_in(names, rng):
    ordered = project_order(names)
    assert sorted(ordered) == sorted(names)
    assert breaks(ordered, "project") == []
    rng.shuffle(names)
    assert project_order(names) == ordered


def test_the_order_of_components_is_that_of_their_projects_on_the_control_plane():
    control = [binary(name) for name in component_order(NAMES) if binary(name).plane == "control"]
    assert tuple(dict.fromkeys(one.project for one in control)) == project_order({one.project for one in control})


def test_stages_follow_each_other():
    stages = ["infra", "ovn", "control", "resource"]
    ordered = [binary(name) for name in component_order(NAMES)]
    ranks = [stages.index("ovn" if one.project == "ovn" else one.plane) for one in ordered]
    assert ranks == sorted(ranks)


def test_a_copy_of_a_list_counts_once():
    names = NAMES * 2
    random.Random(1).shuffle(names)
    assert component_order(names) == component_order(NAMES)


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("keystone", "nova", "tokens"),
        ("keystone", "nova-conductor", "tokens"),
        ("keystone", "weather", "tokens"),
        ("placement", "nova", "placement API"),
        ("placement-api", "nova-scheduler", "placement API"),
        ("ironic", "nova", "ironic"),
        ("nova-conductor", "nova-api", "conductor"),
        ("nova-scheduler", "nova-novncproxy", "schedulers"),
        ("nova-api", "nova-compute", "control plane"),
        ("neutron-server", "neutron-l3-agent", "newer than its server"),
        ("neutron-openvswitch-agent", "nova-compute", "lose their network"),
        ("cinder-scheduler", "cinder-volume", "cinder goes"),
        ("ovn-controller", "ovn-sb-db", "chassis"),
        ("ovn-northd", "neutron-server", "databases"),
        ("glance", "nova", "less tested"),
        ("octavia-api", "octavia-health-manager", "outage"),
    ],
)
def test_why(before, after, word):
    assert word in why(before, after)
    assert why(after, before) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nova", "nova"),
        ("glance", "cinder"),
        ("keystone", "mariadb"),
        ("keystone", "ovn-controller"),
        ("skyline", "horizon"),
        ("neutron-l3-agent", "nova-conductor"),
    ],
)
def test_no_reason_where_no_edge_says_so(before, after):
    assert why(before, after) is None


def test_hard_rules_are_hard_and_scopes_are_right():
    found = {(e.before, e.after): (e.strength, e.scope) for e in edges()}
    assert found["keystone", "*"] == ("hard", "cloud")
    assert found["placement", "nova"] == ("hard", "cloud")
    assert found["glance", "nova"] == ("soft", "cloud")
    assert found["nova-api", "nova-compute"] == ("hard", "cloud")
    assert found["neutron-openvswitch-agent", "nova-compute"] == ("hard", "node")
    assert found["neutron-server", "neutron-openvswitch-agent"] == ("hard", "cloud")


def test_every_edge_has_a_reason_and_a_source():
    assert all(edge.reason and edge.source for edge in edges())


def test_every_agent_of_neutron_waits_for_the_servers():
    agents = {o.name for o in all_binaries() if o.project == "neutron" and o.plane == "resource"}
    assert {edge.after for edge in edges() if edge.before == "neutron-server"} == agents


def document(**more):
    projects = sorted({one.project for one in all_binaries()})
    content = {"sources": {"s": "t"}, "default_sequence": [*projects, "others"], **more}
    return Entry(content, "order.yaml")


def edge(before, after, **more):
    return {"before": before, "after": after, "strength": "hard", "reason": "so", "source": "s", **more}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"projects": [edge("nova", "glance"), edge("glance", "nova")]}, "cycle"),
        ({"projects": [edge("*", "nova"), edge("nova", "glance")]}, "cycle"),
        (
            {
                "components": [
                    edge("nova-api", "nova-compute", scope="node"),
                    edge("nova-compute", "nova-api", scope="node"),
                ]
            },
            "cycle",
        ),
        ({"projects": [edge("weather", "nova")]}, "weather"),
        ({"components": [edge("nova-api", "nova-printer", scope="cloud")]}, "nova-printer"),
        ({"components": [edge("nova-api", "nova-compute")]}, "scope"),
        ({"components": [edge("nova-api", "nova-compute", scope="moon")]}, "moon"),
        ({"projects": [edge("nova", "glance", strength="firm")]}, "firm"),
        ({"projects": [edge("nova", "glance", excpet=["x"])]}, "excpet"),
        ({"projects": [edge("nova", "glance", source="x")]}, "source"),
        ({"default_sequence": ["nova", "nova", "others"]}, "each project once"),
        ({"default_sequence": ["nova"]}, "others"),
        ({"default_sequence": ["nova", "others"]}, "keystone"),
    ],
)
def test_a_wrong_order_does_not_load(more, said):
    with pytest.raises(StairliftError, match=said) as refused:
        order.order_of(document(**more))
    assert refused.value.code == "knowledge.invalid"


def test_what_a_cloud_stands_on_goes_balancers_first_and_the_switch_last():
    names = ["openvswitch", "rabbitmq", "mariadb", "memcached", "keepalived", "haproxy"]
    assert order.component_order(names) == ("haproxy", "keepalived", "memcached", "mariadb", "rabbitmq", "openvswitch")
    assert "guests lose their network" in order.why("rabbitmq", "openvswitch")


def test_every_procedure_that_a_policy_can_choose_has_the_same_parts():
    for name in get_args(OvnOrder):
        assert {part.name for part in order.way("ovn", name)} == {"chassis", "gateways", "central"}
        assert all(part.reason and "OVN upgrade guide" in part.source for part in order.way("ovn", name))
    with pytest.raises(KeyError):
        order.way("ovn", "backwards")


def test_an_edge_wins_over_the_sequence():
    ordered = order.order_of(document(projects=[edge("zun", "aodh")])).projects
    assert ordered.index("zun") < ordered.index("aodh")
