"""What `plan --commands` prints for a cloud of 50 hosts that openstack-ansible deployed, from 2025.1 to 2026.1."""

import pytest

from deployers import osa_cloud
from golden_text import assert_golden
from planning import policy, request
from stairlift.model.plan import Binding, Plan
from stairlift.plan import plan
from stairlift.report.runbook import runbook
from stairlift.strategy.openstack_ansible import OpenstackAnsibleUpgradeStrategy
from stairlift.strategy.openstack_ansible.commands import READY
from unit.strategy.osa_stand_in import wrapper


@pytest.fixture(scope="module")
def strategy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("opt")
    hop = {"folder": "/srv", "command": [wrapper(folder)], "directory": str(folder)}
    return OpenstackAnsibleUpgradeStrategy({"folder": "/srv", "hops": {"2026.1": hop}})


@pytest.fixture(scope="module")
def fifty_hosts(strategy) -> Plan:
    seen, able = osa_cloud(), strategy.capabilities()
    matches = ({"stage": ("prepare",)}, {"stage": ("infra",)}, {})
    bindings = tuple(
        Binding(f"openstack-ansible-{n}", "openstack-ansible", match, {}, able.concurrency, manner=able.manner)
        for n, match in enumerate(matches, 1)
    )
    limits = policy(max_unavailable={"compute": "20%"}, canary=1)
    return plan(seen.cloud, seen.findings, request("2026.1", "2025.1", policy=limits), bindings)


@pytest.fixture(scope="module")
def text(strategy, fifty_hosts) -> str:
    lines = runbook(fifty_hosts, lambda step: strategy.runbook(step) if step.strategy else ())
    hop = next(iter(strategy._options.hops.values()))
    told = "\n".join(lines).replace(str(READY.parent), "/opt/stairlift/openstack_ansible")
    return told.replace(str(hop.directory), "/opt/openstack-ansible").replace(
        "/opt/openstack-ansible/openstack", "openstack"
    )


def test_the_runbook_of_fifty_hosts(text):
    assert_golden("openstack-ansible-50.sh", text + "\n")


def test_no_control_step_touches_a_hypervisor(strategy, fifty_hosts):
    for step in fifty_hosts.steps:
        if step.stage == "control" and step.strategy:
            assert not any("compute0" in line for line in strategy.runbook(step))


def test_the_first_host_of_a_project_goes_alone(fifty_hosts):
    nova = [s for s in fifty_hosts.steps if s.project == "nova" and s.stage == "control" and s.action == "upgrade"]
    assert [step.hosts for step in nova] == [("infra1",), ("infra2", "infra3")]
    assert nova[0].id in nova[1].needs
