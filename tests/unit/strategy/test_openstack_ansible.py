"""What openstack-ansible is told to do, and what its end means."""

import json
import shlex
from dataclasses import replace
from pathlib import PurePath

import pytest

from deployers import osa_cloud
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.release import Release
from stairlift.model.work import Assignment, Outcome
from stairlift.strategy.deployer.inventory import Groups
from stairlift.strategy.openstack_ansible import OpenstackAnsibleUpgradeStrategy
from stairlift.strategy.openstack_ansible.commands import READY, RESTART
from stairlift.strategy.openstack_ansible.hosts import Machines
from stairlift.strategy.openstack_ansible.playbooks import project_order
from stairlift.testing.plans import a_step
from unit.strategy.osa_stand_in import groups, wrapper


def step(stage="control", action="upgrade", project="nova", services=("nova-api", "nova-conductor"), hosts=("infra1",)):
    bare = a_step("s", action=action, hosts=hosts, services=services)
    return replace(bare, stage=stage, project=project)


def built(folder, release="2026.1", version="33.1.0", known=None, **hop):
    command = wrapper(folder / "bin", version, known)
    table = {"folder": str(folder), "command": [command], "directory": ".", **hop}
    return OpenstackAnsibleUpgradeStrategy({"folder": str(folder), "hops": {release: table}})


def container(machine, kind):
    [name] = [h for h in groups()["all"] if h.startswith(f"{machine}-{kind}-container-")]
    return name


def words(strategy, asked):
    """The commands without the program."""
    lines = [shlex.split(line) for line in strategy.runbook(asked)]
    return [" ".join(line[1:]) for line in lines if line[0].endswith("openstack-ansible")]


BALANCERS = "infra1,infra2,infra3"
KEYSTONE = step(project="keystone", services=("keystone",))
BATCH = step("compute", services=("neutron-openvswitch-agent", "nova-compute"), hosts=("compute01", "compute02"))
UNPIN = step("finish", "unpin", services=("nova-conductor", "nova-scheduler", "nova-api"))


class TestCommands:
    def test_a_project_is_limited_to_its_containers_and_the_load_balancers_section(self, tmp_path):
        limit = f"{container('infra1', 'keystone')},{BALANCERS}"
        expected = [f"openstack.osa.keystone --limit {limit} -e package_state=latest"]
        assert words(built(tmp_path), KEYSTONE) == expected

    def test_neutron_needs_localhost_for_its_groups(self, tmp_path):
        [line] = words(built(tmp_path), step(project="neutron", services=("neutron-server",)))
        assert f"--limit {container('infra1', 'neutron-server')},{BALANCERS},localhost " in line

    def test_a_batch_of_hypervisors_is_one_limit_with_the_l2_agent_first(self, tmp_path):
        latest = "-e package_state=latest"
        assert words(built(tmp_path), BATCH) == [
            f"openstack.osa.openstack_hosts_setup --limit compute01,compute02 {latest}",
            f"openstack.osa.neutron --limit compute01,compute02,localhost {latest}",
            f"openstack.osa.nova --limit compute01,compute02 {latest}",
        ]

    def test_the_opening_restarts_no_database_or_broker_and_brings_repository_and_utility_hosts(self, tmp_path):
        setup, kept, repo, utility = words(built(tmp_path), step(action="prepare"))
        clusters = f"{container('infra1', 'galera')},{container('infra1', 'rabbit-mq')}"
        assert kept == f"openstack.osa.setup_hosts --limit {clusters} -e lxc_container_allow_restarts=false"
        assert "openstack.osa.setup_hosts --limit infra1," in setup
        assert container("infra1", "nova-api") in setup
        assert container("infra1", "galera") not in setup
        assert container("infra1", "rabbit-mq") not in setup
        repos = ",".join(container(f"infra{n}", "repo") for n in (1, 2, 3))
        assert repo == f"openstack.osa.repo --limit {repos} -e package_state=latest"
        assert utility.startswith("openstack.osa.utility_host --limit infra1-utility-container-")

    def test_the_prepare_stage_only_looks(self, tmp_path):
        [line] = words(built(tmp_path), step("prepare", "prepare"))
        assert line.startswith(f"{READY} --limit infra1,")
        assert container("infra1", "galera") not in line

    def test_no_limit_is_empty_where_the_clusters_are_on_metal(self, tmp_path):
        known = {"all": ["infra1", "cmp1"], "galera_all": ["infra1"], "rabbitmq_all": ["infra1"]}
        strategy = built(tmp_path, known=known)
        assert words(strategy, step(action="prepare")) == [
            "openstack.osa.setup_hosts --limit infra1 -e lxc_container_allow_restarts=false"
        ]
        [look] = words(strategy, step("prepare", "prepare"))
        assert look == f"{READY} --limit infra1 -e stairlift_to=2026.1"

    def test_a_cluster_is_upgraded_as_a_whole(self, tmp_path):
        strategy, where = built(tmp_path), ("infra1", "infra2", "infra3")
        galera = step("infra", project="infra", services=("mariadb",), hosts=where)
        assert words(strategy, galera) == [
            "openstack.osa.galera_server -e galera_upgrade=true -e package_state=latest",
            "openstack.osa.tools.galera_cluster_rolling_restart",
        ]
        rabbit = step("infra", project="infra", services=("rabbitmq",), hosts=where)
        assert words(strategy, rabbit) == [
            "openstack.osa.rabbitmq_server -e rabbitmq_upgrade=true -e package_state=latest"
        ]
        balancers = step("infra", project="infra", services=("haproxy", "keepalived"), hosts=where)
        assert words(strategy, balancers) == ["openstack.osa.haproxy -e package_state=latest"]

    def test_unpinning_restarts_units_in_order_by_a_playbook_of_ours(self, tmp_path):
        [line] = words(built(tmp_path), UNPIN)
        assert line.startswith(f"{RESTART} --limit {container('infra1', 'nova-api')} ")
        assert line.endswith("stairlift_units=nova-conductor,nova-scheduler,nova-api-os-compute,nova-api-metadata")

    def test_releases_before_the_collection_go_by_files_of_the_checkout(self, tmp_path):
        strategy = built(tmp_path, "2024.1", "29.2.0")
        [line] = words(strategy, replace(KEYSTONE, target=Release(2024, 1)))
        assert line.startswith("playbooks/os-keystone-install.yml --limit ")
        assert strategy.runbook(replace(KEYSTONE, target=Release(2024, 1)))[0].startswith(f"cd {tmp_path} ")

    @pytest.mark.parametrize(
        "asked", [step(action="db-expand"), step(action="drain"), step(services=("nova-cells",), project="x")]
    )
    def test_what_it_has_no_playbook_for_is_refused(self, tmp_path, asked):
        with pytest.raises(Refusal) as refused:
            built(tmp_path).runbook(asked)
        assert refused.value.code in ("deployer.action", "deployer.host")

    def test_a_machine_without_the_service_is_refused(self, tmp_path):
        with pytest.raises(Refusal, match=r"none of keystone on compute01"):
            built(tmp_path).runbook(replace(KEYSTONE, hosts=("compute01",)))

    def test_the_operators_arguments_come_before_what_the_strategy_decides(self, tmp_path):
        [line] = words(built(tmp_path, args=["-e", "@/root/more.yml"], inventory="inv"), KEYSTONE)
        assert line.startswith(f"-i {tmp_path}/inv openstack.osa.keystone -e @/root/more.yml --limit ")

    @pytest.mark.parametrize("word", ["--limit=x", "-lx", "--check", "--list-hosts"])
    def test_the_strategy_says_whom_it_touches(self, tmp_path, word):
        with pytest.raises(UsageError, match="args must not hold"):
            built(tmp_path, args=[word])


class TestMachines:
    def test_group_names_of_before_and_after_2026_1_are_the_same(self):
        old = Machines(Groups({"all": ("infra1", "c1"), "infra1-host_containers": ("c1",), "repo-all": ("c1",)}))
        new = Machines(Groups({"all": ("infra1", "c1"), "infra1_host_containers": ("c1",), "repo_all": ("c1",)}))
        assert old.on("infra1") == new.on("infra1") == ("infra1", "c1")
        assert old.of("repo_all") == new.of("repo_all") == ("c1",)

    def test_a_container_is_on_the_machine_that_it_is_called_after(self):
        everybody = (
            "infra1",
            "infra1-b",
            "infra1-keystone-container-1",
            "infra1-b-keystone-container-2",
            "infra1_repo_container-3",
        )
        machines = Machines(Groups({"all": everybody}))
        assert machines.on("infra1") == ("infra1", "infra1-keystone-container-1", "infra1_repo_container-3")
        assert machines.on("infra1-b") == ("infra1-b", "infra1-b-keystone-container-2")


class TestReview:
    def test_all_is_well(self, tmp_path):
        assert built(tmp_path).review((KEYSTONE, BATCH, UNPIN), osa_cloud().cloud) == ()

    def test_another_release_of_the_deployer(self, tmp_path):
        [finding] = built(tmp_path, version="32.0.1").review((KEYSTONE,), osa_cloud().cloud)
        assert finding.code == "deployer.version"
        assert "openstack-ansible 32.0.1, which belongs to 2025.2" in finding.message

    def test_the_checkout_tells_where_the_wrapper_does_not(self, tmp_path):
        strategy = built(tmp_path, version="")
        assert [f.code for f in strategy.review((KEYSTONE,), osa_cloud().cloud)] == ["deployer.missing"]
        told = tmp_path / "inventory" / "group_vars" / "all" / "all.yml"
        told.parent.mkdir(parents=True)
        told.write_text("openstack_release: 33.0.0\n")
        assert strategy.review((KEYSTONE,), osa_cloud().cloud) == ()

    def test_no_wrapper(self, tmp_path):
        table = {"folder": str(tmp_path), "command": ["./openstack-ansible"]}
        strategy = OpenstackAnsibleUpgradeStrategy({"folder": str(tmp_path), "hops": {"2026.1": table}})
        assert {f.code for f in strategy.review((KEYSTONE,), osa_cloud().cloud)} == {"deployer.missing"}

    def test_hosts_that_the_inventory_does_not_name(self, tmp_path):
        stranger = replace(BATCH, hosts=("cmp1.example.com",))
        [finding] = built(tmp_path).review((stranger,), osa_cloud().cloud)
        assert (finding.code, finding.subject) == ("deployer.host", "cmp1.example.com")

    def test_a_step_without_a_playbook(self, tmp_path):
        [finding] = built(tmp_path).review((step(action="db-contract"),), osa_cloud().cloud)
        assert finding.code == "deployer.action"


class TestVerdict:
    def test_the_containers_of_the_step_must_have_worked_and_others_may(self, tmp_path):
        strategy, assignment = built(tmp_path), Assignment("r1", KEYSTONE, 1, PurePath("/a"))
        numbers = {"ok": 9, "worked": 5, "changed": 2, "failures": 0, "unreachable": 0}
        mine, balancer = container("infra1", "keystone"), "infra2"
        assert strategy.judge(assignment, _ended({mine: numbers, balancer: numbers})).result == "done"
        missed = strategy.judge(assignment, _ended({balancer: numbers}))
        assert missed.result == "failed"
        assert mine in missed.reason

    def test_what_was_not_prepared_is_said(self, tmp_path):
        strategy = built(tmp_path)
        asked = step("prepare", "prepare", hosts=("compute01",))
        numbers = {"ok": 3, "worked": 3, "changed": 0, "failures": 0, "unreachable": 0}
        told = strategy.judge(Assignment("r1", asked, 1, PurePath("/a")), _ended({"compute01": numbers}))
        assert told.result == "done"
        assert "stages nothing ahead" in told.reason
        assert "stages nothing ahead" in strategy.capabilities().manner.notes["prepare"]


def _ended(hosts):
    return Outcome(0, json.dumps({"kind": "stats", "hosts": hosts}) + "\n")


def test_one_process_at_a_time_and_the_first_host_alone(tmp_path):
    able = built(tmp_path).capabilities()
    assert able.concurrency == "cloud"
    assert able.manner.projects == "first-alone"
    assert able.manner.absorbs["*"] == ("db-expand", "db-migrate", "db-contract")
    assert project_order()[:8] == ("keystone", "barbican", "placement", "glance", "cinder", "nova", "neutron", "heat")


def test_it_records_versions_configuration_and_no_facts(tmp_path):
    etc = tmp_path / "etc"
    (etc / "ansible_facts").mkdir(parents=True)
    (etc / "ansible_facts" / "infra1").write_text("{}")
    (etc / "openstack_inventory.json").write_text("{}")
    (etc / "user_variables.yml").write_text("---\n")
    frozen = built(tmp_path, config_dir="etc").freeze()
    assert frozen.versions["openstack-ansible for 2026.1"] == "33.1.0"
    assert frozen.files == (str(etc / "user_variables.yml"),)
