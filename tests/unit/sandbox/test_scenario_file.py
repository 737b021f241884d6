"""Scenarios as data: the shipped ones, and what a file that makes no sense is told."""

import pytest

from stairlift.model.errors import UsageError
from stairlift.model.release import Release
from stairlift.sandbox.builders import large
from stairlift.sandbox.scenario_file import load, parse, shipped

TINY = 'release: "2025.1"\nhosts:\n  - {name: ctl1, programs: [keystone]}\n'


def programs(scenario):
    return [(host.name, program.binary) for host in scenario.hosts for program in host.programs]


def test_all_shipped_scenarios_can_be_read():
    assert set(shipped()) == {"cinder", "demo", "everything", "founding", "half-upgraded", "ovn", "sick"}
    assert all(load(name).description for name in shipped())


def test_the_demo_has_three_control_two_network_and_six_compute_hosts():
    demo = load("demo")
    assert [host.name for host in demo.hosts] == [
        "ctl1",
        "ctl2",
        "ctl3",
        "net1",
        "net2",
        *(f"cmp{n}" for n in range(1, 7)),
    ]
    assert demo.release == Release(2025, 1)
    assert sum(host.runs("nova-conductor") for host in demo.hosts) == 3
    assert sum(host.runs("neutron-l3-agent") for host in demo.hosts) == 2
    assert sum(host.runs("nova-compute") for host in demo.hosts) == 6


def test_the_founding_cloud_has_its_thirteen_records():
    found = {}
    for host, binary in programs(load("founding")):
        found.setdefault(binary, []).append(host.removesuffix(".coreitpro.com"))
    first, every = ["devstack-1"], ["devstack-1", "devstack-2", "devstack-3"]
    registered = {
        b: hosts for b, hosts in found.items() if b not in {"keystone", "glance-api", "nova-api", "neutron-server"}
    }
    assert registered == {
        "nova-conductor": first,
        "nova-cert": first,
        "nova-scheduler": first,
        "nova-consoleauth": first,
        "nova-compute": every,
        "neutron-openvswitch-agent": every,
        "neutron-metadata-agent": first,
        "neutron-dhcp-agent": first,
        "neutron-l3-agent": first,
    }


def test_ranges_keep_leading_zeros_and_names_follow_the_host():
    text = 'release: "2025.1"\nhosts:\n  - {name: "cmp[08:10].lab", names: {ovn: "{name}.example.com"}, programs: [ovn-controller]}\n'
    hosts = parse(text, "ranges").hosts
    assert [host.name for host in hosts] == ["cmp08.lab", "cmp09.lab", "cmp10.lab"]
    assert hosts[0].called("ovn") == "cmp08.lab.example.com"
    assert hosts[0].called("nova") == "cmp08.lab"


def test_a_program_that_nobody_knows_can_be_given_with_its_registry():
    text = TINY.replace("keystone", "{binary: acme-agent, registry: neutron, project: acme, agent_type: Acme agent}")
    (program,) = parse(text, "acme").hosts[0].programs
    assert (program.kind.project, program.kind.agent_type, program.runs) == ("acme", "Acme agent", True)


def test_releases_of_a_program_its_host_and_the_cloud_are_taken_in_this_order():
    text = 'release: "2024.1"\nhosts:\n  - {name: a, release: "2025.1", programs: [keystone, {binary: nova-api, release: "2026.1"}]}\n'
    text += "  - {name: b, programs: [keystone]}\n"
    scenario = parse(text, "mixed")
    found = [str(scenario.release_of(host, program)) for host in scenario.hosts for program in host.programs]
    assert found == ["2025.1", "2026.1", "2024.1"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hosts: [", "not YAML"),
        ("- a list", "a mapping is expected"),
        ("hosts: []", "release"),
        (TINY.replace('"2025.1"', "2025.1"), "quoted release number"),
        (TINY.replace("programs", "programms"), "programms"),
        (TINY + "colour: red\n", "colour"),
        (TINY.replace("keystone", "keystnoe"), "'keystnoe' is not a known program"),
        (TINY.replace("keystone", "keystone, keystone"), "given twice: keystone"),
        (TINY + "  - {name: ctl1, programs: []}\n", "given twice: ctl1"),
        (TINY + "timing: {start: 1, begin: 2}\n", "begin"),
        (TINY + "hosts: 3\n", "TypeError"),
        (TINY.replace("keystone", "{binary: nova-compute, registry: senlin}"), "senlin"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(text, says):
    with pytest.raises(UsageError) as refused:
        parse(text, "mine.yaml")
    assert says in refused.value.brief
    assert refused.value.exit_code == 2


def test_a_release_that_is_none_is_refused():
    with pytest.raises(UsageError, match=r"2025\.7"):
        parse(TINY.replace("2025.1", "2025.7"), "mine.yaml")


def test_a_file_that_is_not_there_is_named_with_the_shipped_ones():
    with pytest.raises(UsageError, match=r"nothing.yaml.*founding"):
        load("nothing.yaml")


def test_a_file_is_called_after_itself(tmp_path):
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    assert load(str(path)).name == "tiny"


def test_a_large_cloud_has_the_numbers_that_were_asked_for():
    found = programs(large(50))
    assert sum(binary == "nova-compute" for _, binary in found) == 50
    assert sum(binary.endswith("-agent") for _, binary in found) == 150
    assert len({host.zone for host in large(50).hosts if host.runs("nova-compute")}) == 10
