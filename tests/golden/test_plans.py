"""Clouds in, whole plans out. `UPDATE=1 pytest tests/golden` writes them anew: read the difference before you keep it."""

import json
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from planning import binding, planned, policy
from stairlift.model.plan import Manner, Opening, Plan, Queue
from stairlift.model.plan_document import from_document, to_document
from stairlift.testing.clouds import CloudBuilder, a_cloud, an_ovn_cloud, the_founding_cloud

FOLDER = Path(__file__).parent / "plans"


def founding() -> Plan:
    return planned(the_founding_cloud(), "2016.2", None)


def plain() -> Plan:
    return planned(a_cloud())


def chain() -> Plan:
    """Three hops, through the end of neutron-server, with a project that goes cold."""
    built = (
        a_cloud(control=2, network=1, compute=2).without("keystone-catalog").placed("ctl1", "heat-api", "heat-engine")
    )
    return planned(
        built.reporting("ctl1", "cinder-scheduler").storage("stor1", backends=("rbd", "nfs")), "2026.1", "2023.1"
    )


def containers() -> Plan:
    """kolla-ansible with OVN: service by service, one process at a time, images fetched ahead."""
    entries = (
        binding("pull", "batch", stage="prepare"),
        binding("copies", action="backup"),
        binding("kolla", "cloud"),
    )
    built = an_ovn_cloud().deployed_by("kolla-ansible").placed("ctl1", "neutron-sriov-nic-agent")
    return planned(built, "2026.1", bindings=entries, policy=policy(max_unavailable={"compute": 2}, canary=1))


def ovn() -> Plan:
    """OVN host by host, with three gateways, one of them a hypervisor, and leaders that hosts told of."""
    built = an_ovn_cloud().row("ovn-controller", "gw2", duty="gateway").on_duty("cmp3", "ovn-controller", "gateway")
    built = built.on_duty("ctl1", "ovn-nb-db", "leader").on_duty("ctl2", "ovn-sb-db", "leader")
    return planned(built, policy=policy(max_unavailable={"resource": 4, "control": 3}))


def split() -> Plan:
    """Zones, windows and budgets, and hosts whose agents and nova-compute different strategies do."""
    built = (
        a_cloud(network=2, compute=0)
        .compute("a1", "a2", "a3", zone="az1")
        .compute("b1", "b2", zone="az2")
        .network("b2")
    )
    entries = (binding("agents", project="neutron", plane="resource"), binding("nova", service="nova-compute"))
    limits = {"max_unavailable": {"az1": 2, "compute": "50%"}, "failure_budget": {"compute": 1}}
    return planned(built, bindings=entries, policy=policy(canary=2, **limits))


def remainder() -> Plan:
    """An upgrade that somebody began, with a host that is gone."""
    built = a_cloud(control=2, network=1, compute=3).running("cmp1", "33.0.1", "nova-compute")
    built = built.running("cmp2", "31.2.0", "nova-compute").running(
        "ctl1", "33.0.1", "nova-api", "nova-conductor", "nova-scheduler"
    )
    return planned(
        built.down("cmp9", "nova-compute", timedelta(hours=9)), "2026.1", None, waive=("record.stale:*@cmp9",)
    )


def part() -> Plan:
    built = CloudBuilder(a_cloud().facts).serving("block-storage").storage("stor1")
    return planned(built, "2026.1", exclude=("cmp[2-6]",), stages=("network", "compute"))


def deployer() -> Plan:
    """A deployer that takes whole projects, one host first, in an order of its own; and what the cloud stands on."""
    manner = Manner(
        "first-alone",
        absorbs={"*": ("db-expand", "db-contract"), "nova": ("db-expand",)},
        order=("keystone", "glance", "nova", "placement", "neutron"),
        notes={"rabbitmq": "its queues change their type: the APIs stop", "neutron": "agents restart their children"},
    )
    entries = (
        binding("ready-1", "cloud", stage="prepare"),
        binding("base-2", "cloud", stage="infra"),
        binding("whole-3", "cloud"),
    )
    built = a_cloud(control=2, network=1, compute=2).placed("lb1", "haproxy", "keepalived")
    for host in ("ctl1", "ctl2"):
        built = built.placed(host, "mariadb", "rabbitmq")
    return planned(built.placed("cmp1", "openvswitch"), bindings=tuple(replace(e, manner=manner) for e in entries))


def whole_node() -> Plan:
    """A tool that stops one node as a whole and upgrades project after project on it."""
    manner = Manner(
        "together",
        absorbs={"*": ("db-expand", "db-migrate", "db-contract", "unpin")},
        whole_node=True,
        opening=Opening("drain", "everything of the old release stops", one_way=True),
    )
    return planned(the_founding_cloud(), "2016.2", None, (replace(binding("node-1", "cloud"), manner=manner),))


def gates() -> Plan:
    """Two hops with a person's word before each, behind its canary and before each batch; deadlines, and no retries."""
    built = (
        a_cloud(control=1, network=1, compute=0).compute("a1", "a2", "a3", "a4", zone="az1").compute("b1", zone="az2")
    )
    careful = policy(
        approve=("start", "canary", "batch"),
        max_unavailable={"az1": 2, "az2": 1},
        deadline={"control": 3600, "az1": 1800, "db-migrate": 86400},
        retries=0,
        retry_after=60,
        stop_after="control",
        on_failure="ask",
    )
    entries = (binding("ready-1", stage="prepare"), binding("any-2"))
    return planned(built, "2026.1", "2024.2", bindings=entries, policy=careful)


def queues() -> Plan:
    """Workers near each zone, a queue for the control plane, and a batch that spans two queues."""
    built = a_cloud(control=2, network=1, compute=0).compute("a1", "a2", zone="az1").compute("b1", "b2", zone="az2")
    rules = (
        Queue("near-a", {"zone": ("az1",)}),
        Queue("second", {"host": ("b2",), "stage": ("compute",)}),
        Queue("control", {"plane": ("control",), "project": ("nova", "keystone")}),
        Queue("far", {"zone": ("az9",)}),
    )
    return planned(
        built, bindings=(binding("all-1", "batch"),), policy=policy(max_unavailable={"resource": 2}), queues=rules
    )


PLANS = (founding, plain, chain, containers, ovn, split, remainder, part, deployer, whole_node, gates, queues)


def compact(document: dict) -> str:
    """JSON with a line for each step, finding and strategy, so that a difference reads as one."""
    lines = []
    for key, value in document.items():
        if key in ("steps", "findings", "strategies") and value:
            rows = ",\n".join(f"  {json.dumps(row)}" for row in value)
            lines.append(f'"{key}": [\n{rows}\n ]')
        else:
            lines.append(f'"{key}": {json.dumps(value)}')
    return "{" + ",\n ".join(lines) + "}\n"


@pytest.mark.parametrize("make", PLANS, ids=lambda make: make.__name__)
def test_the_plan_is_as_it_was(make):
    path = FOLDER / f"{make.__name__}.json"
    text = compact(to_document(make()))
    if os.environ.get("UPDATE"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "UPDATE=1 writes it anew"


@pytest.mark.parametrize("make", PLANS, ids=lambda make: make.__name__)
def test_a_plan_that_was_kept_can_be_read(make):
    kept = json.loads((FOLDER / f"{make.__name__}.json").read_text(encoding="utf-8"))
    assert from_document(kept) == make()


def test_no_golden_plan_is_left_over():
    assert {path.stem for path in FOLDER.glob("*")} == {make.__name__ for make in PLANS}
