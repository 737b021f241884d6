"""What `plan --commands` prints for a cloud of 50 hosts that kolla-ansible deployed, from 2025.1 to 2025.2.

Also held against facts about the playbooks of the real package (tests/kolla_facts.py).
"""

from deployers import kolla_cloud
from golden_text import assert_golden
from kolla_facts import facts
from planning import policy, request
from stairlift.model.plan import Binding, Plan, Step
from stairlift.plan import plan
from stairlift.report.runbook import runbook
from stairlift.strategy.kolla import KollaAnsibleUpgradeStrategy
from stairlift.strategy.kolla.commands import FOLDER

HOP = {
    "folder": "/srv/deploy",
    "command": ["/opt/kolla-2025.2/bin/kolla-ansible"],
    "inventory": "multinode",
    "config_dir": "/etc/kolla",
}
#: What `deployer.off` proposes to name, with kolla-ansible's defaults.
RUNNING = ("proxysql", "haproxy", "keepalived", "mariadb", "memcached", "rabbitmq", "openvswitch")
STRATEGY = KollaAnsibleUpgradeStrategy({"folder": "/srv/deploy", "hops": {"2025.2": HOP}})


def entry(number: int, **match: tuple[str, ...]) -> Binding:
    able = STRATEGY.capabilities()
    return Binding(f"kolla-ansible-{number}", "kolla-ansible", match, {}, able.concurrency, manner=able.manner)


def fifty_hosts(to: str = "2025.2", **infra: tuple[str, ...]) -> Plan:
    """The inventory has groups for what kolla-ansible switches off by default; `infra` narrows that entry down."""
    seen = kolla_cloud()
    bindings = (entry(1, stage=("prepare",)), entry(2, stage=("infra",), **infra), entry(3))
    limits = policy(max_unavailable={"compute": "20%"}, canary=1)
    return plan(seen.cloud, seen.findings, request(to, "2025.1", policy=limits), bindings)


def commands(step: Step) -> tuple[str, ...]:
    return STRATEGY.runbook(step) if step.strategy else ()


def lines(plan: Plan) -> list[str]:
    return "\n".join(runbook(plan, commands)).replace(str(FOLDER), "/opt/stairlift/kolla").splitlines()


def test_the_runbook_of_fifty_hosts():
    assert_golden("kolla-50.sh", "\n".join(lines(fifty_hosts(service=RUNNING))) + "\n")


def test_every_tag_and_group_of_it_is_in_the_playbooks():
    known = facts("2025.2")
    for line in (line.split() for line in lines(fifty_hosts()) if "/kolla-ansible " in line):
        for option in ("--tags", "--skip-tags"):
            if option in line:
                assert set(line[line.index(option) + 1].split(",")) <= known.tags
        assert line[1] in known.commands


def test_no_control_step_touches_a_hypervisor():
    hypervisors = {f"cmp{n:02}" for n in range(1, 46)}
    for step in fifty_hosts().steps:
        if step.stage == "control":
            assert not hypervisors & set(step.hosts)
            assert not any("cmp" in line for line in STRATEGY.runbook(step))


def test_hypervisors_go_in_one_command_a_batch():
    batches = [step for step in fifty_hosts().steps if step.stage == "compute"]
    assert max(len(step.hosts) for step in batches) > 1
    for step in batches:
        [line] = [line for line in STRATEGY.runbook(step) if "kolla-ansible" in line.split()[0]]
        assert f"--limit {','.join(step.hosts)} " in line
