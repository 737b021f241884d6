"""What kolla-ansible is told to do, and what its end means."""

import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import PurePath

import pytest

from kolla_facts import VERSIONS, facts
from stairlift.knowledge.procedures import procedure
from stairlift.model.errors import Refusal, UsageError
from stairlift.model.release import Release
from stairlift.model.work import Assignment, Outcome
from stairlift.strategy.kolla import KollaAnsibleUpgradeStrategy
from stairlift.strategy.kolla.playbooks import difference
from stairlift.strategy.kolla.tags import common_tags, playbooks
from stairlift.testing.plans import a_step
from unit.strategy.kolla_stand_in import INVENTORY, virtual_environment

CONTROL = ("ctl1", "ctl2")


def step(stage="control", action="upgrade", project="nova", services=("nova-api", "nova-conductor"), hosts=CONTROL):
    bare = a_step("s", action=action, hosts=hosts, services=services)
    return replace(bare, stage=stage, project=project)


KEYSTONE = step(project="keystone", services=("keystone",))
BATCH = step("compute", services=("neutron-openvswitch-agent", "nova-compute"), hosts=("cmp1", "cmp2"))
UNPIN = step("finish", "unpin")
MIGRATE = step("finish", "db-migrate", hosts=("ctl1",))
RABBIT = step("infra", project="infra", services=("rabbitmq",))


@pytest.fixture
def site(tmp_path):
    """A folder as an operator might keep it."""
    (tmp_path / "multinode").write_text("[control]\nctl1\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "globals.yml").write_text("---\n")
    (tmp_path / "etc" / "passwords.yml").write_text("database_password: hunter2\n")
    (tmp_path / "etc" / "nova-api").mkdir()
    (tmp_path / "etc" / "nova-api" / "nova.conf").write_text("rendered by a run\n")
    return tmp_path


def built(site, release="2026.1", version=None, groups=None, off=(), **hop):
    command = virtual_environment(site / f"kolla-{release}", release, version, groups, off)
    table = {"folder": str(site), "command": [command], "inventory": "multinode", "config_dir": "etc", **hop}
    return KollaAnsibleUpgradeStrategy({"folder": str(site), "hops": {"2026.1": table}})


def words(strategy, asked):
    """The commands without the program and its fixed arguments."""
    found = [shlex.split(line) for line in strategy.runbook(asked) if "/kolla-ansible " in line]
    return [" ".join([line[1], *line[6:]]) for line in found]


class TestCommands:
    @pytest.mark.parametrize(
        ("asked", "told"),
        [
            (KEYSTONE, ["upgrade --limit ctl1,ctl2 --tags keystone"]),
            (step(), ["upgrade --limit ctl1,ctl2 --tags nova --skip-tags nova-reload,nova-online-data-migrations"]),
            (BATCH, ["upgrade --limit cmp1,cmp2 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron"]),
            (
                step("ovn", project="ovn", services=("ovn-controller",), hosts=("cmp1",)),
                ["upgrade --limit cmp1 --tags openvswitch,ovn-controller"],
            ),
            (
                step("ovn", project="ovn", services=("ovn-northd", "ovn-nb-db")),
                ["upgrade --limit ctl1,ctl2 --tags ovn-db"],
            ),
            (UNPIN, ["upgrade --limit ctl1,ctl2 --tags nova-reload"]),
            (
                MIGRATE,
                [
                    "upgrade --limit compute:nova-compute-ironic --tags nova-cell-reload",
                    "upgrade --limit nova-api:nova-conductor --tags nova-online-data-migrations",
                ],
            ),
            (RABBIT, ["upgrade --limit ctl1,ctl2 --tags rabbitmq"]),
            (
                step("control", "prepare"),
                ["gather-facts", "upgrade --limit ctl1,ctl2 --tags common,cron,fluentd"],
            ),
        ],
    )
    def test_a_step_is_tags_and_a_limit(self, site, asked, told):
        assert words(built(site), asked) == told

    def test_a_whole_host_goes_in_the_order_of_the_plays(self, site):
        hyper = step(services=("neutron-server", "neutron-openvswitch-agent", "neutron-l3-agent"), project="neutron")
        assert words(built(site), hyper) == ["upgrade --limit ctl1,ctl2 --tags openvswitch,neutron"]

    def test_nova_up_to_its_reload_is_exactly_those_plays(self):
        chosen = facts("2026.1").selected(["nova"], ["nova-reload", "nova-online-data-migrations"])
        assert not any("Reload" in name or "online" in name for name in chosen)
        assert {"Bootstrap nova API databases", "Bootstrap nova cell databases", "Apply role nova"} <= set(chosen)
        assert "Apply role nova-cell" in chosen

    def test_a_batch_of_computes_meets_no_play_of_nova_api(self):
        groups = facts("2026.1").groups(["nova-cell-upgrade"])
        assert "compute" in groups
        assert not groups & {"nova-api", "nova-scheduler"}

    def test_every_tag_that_is_known_is_in_the_playbooks_of_some_release(self):
        every = set().union(*(facts(release).tags for release in VERSIONS))
        known = playbooks()
        assert {*known.order, *known.tags.values(), *known.before.values()} <= every
        assert {tag for tags in known.later.values() for tag in tags} <= every

    @pytest.mark.parametrize("release", VERSIONS)
    def test_the_common_containers_are_those_of_the_release(self, release):
        common = set(common_tags(Release.parse(release)))
        assert common
        assert common <= facts(release).tags
        groups = {"cron", "fluentd"} & facts(release).groups(common)
        assert groups == {"cron", "fluentd"}

    def test_the_order_is_that_of_the_plays(self):
        plays = facts("2026.1").plays
        first = {}
        for place, (name, _, tags) in enumerate(plays):
            if name != "Apply role loadbalancer":
                for tag in tags:
                    first.setdefault(tag, place)
        places = [first[tag] for tag in playbooks().order if tag in first]
        assert places == sorted(places)

    def test_a_limit_never_holds_a_pattern(self, site):
        strategy = built(site)
        for name in ("all", "compute:!cmp1", "@file", "~cmp.*", "cmp*"):
            with pytest.raises(Refusal, match="cannot be passed on"):
                strategy.runbook(step(hosts=(name,)))

    def test_only_nova_has_once_only_steps_of_its_own(self, site):
        strategy = built(site)
        for action in ("db-expand", "db-contract", "backup"):
            with pytest.raises(Refusal, match=action):
                strategy.runbook(step(action=action))
        manner = strategy.capabilities().manner
        for project in ("keystone", "glance", "cinder", "neutron", "heat", "placement"):
            known = procedure(project)
            once = [a for a in ("db_expand", "db_migrate", "db_contract") if getattr(known, a)]
            assert {a.replace("_", "-") for a in once} <= set(manner.absorbs["*"])


class TestPreparation:
    def test_it_changes_no_service(self, site):
        told = words(built(site), step("prepare", "prepare"))
        assert [line.split()[0] for line in told] == ["prechecks", "pull", "check", "check", "genconfig", "check"]
        assert "-e node_config_directory=/var/lib/stairlift/kolla-config-2026.1" in told[4]
        assert all("--limit ctl1,ctl2" in line for line in told)

    def test_images_are_compared_by_the_operators_tag_and_digests(self, site):
        (site / "digests").write_text("")
        told = words(built(site, image_tag="mine-*", image_digests="digests"), step("prepare", "prepare"))
        assert "-e 'stairlift_image_tag=mine-*'" in shlex.join(told[2].split())
        assert f"stairlift_image_digests={site}/digests" in told[2]


class TestQueues:
    def test_the_type_changes_with_the_deployer_of_the_release_that_runs(self, site):
        old = site / "old" / "bin" / "kolla-ansible"
        strategy = built(site, queue_type_change=True, source_command=[str(old)], source_config_dir="etc-old")
        script = strategy.runbook(RABBIT)
        actions = [line.split()[:2] for line in script if "kolla-ansible " in line]
        assert [action for _, action in actions] == [
            "genconfig",
            "stop",
            "reconfigure",
            "rabbitmq-reset-state",
            "deploy",
            "upgrade",
        ]
        assert {program for program, _ in actions[:-1]} == {str(old)}
        assert actions[-1][0] != str(old)
        assert "nova_libvirt" in next(line for line in script if " stop " in line)
        assert "every API is down" in strategy.capabilities().manner.notes["rabbitmq"]

    def test_each_deployer_finds_its_own_ansible(self, site):
        old = site / "old" / "bin" / "kolla-ansible"
        script = built(site, queue_type_change=True, source_command=[str(old)]).runbook(RABBIT)
        paths = [line for line in script if "export PATH=" in line]
        assert [str(old.parent) in line for line in paths] == [True, False]

    def test_without_it_nothing_is_done(self, site):
        with pytest.raises(Refusal) as refused:
            built(site, queue_type_change=True).runbook(RABBIT)
        assert refused.value.code == "deployer.queue-type"
        assert "source_command" in refused.value.resolution

    def test_the_check_that_would_forbid_it_is_left_out_beforehand(self, site):
        told = words(built(site, queue_type_change=True), step("prepare", "prepare"))
        assert told[0].endswith("--skip-tags rabbitmq-ha-precheck")


class TestJobs:
    def job(self, site, asked=BATCH, **hop):
        return built(site, **hop).job(Assignment("r1", asked, 1, PurePath("/state/r1/s/1")))

    def test_the_script_is_the_runbook_that_stops_at_the_first_failure(self, site):
        job = self.job(site, MIGRATE)
        assert job.argv == ("/bin/sh", "-e", "/state/r1/s/1/step.sh")
        for line in built(site / "again", queue_type_change=False).runbook(MIGRATE)[2:]:
            assert line.split("--limit")[1] in job.files["step.sh"]

    def test_facts_are_kept_for_the_whole_run_and_hop(self, site):
        script = self.job(site).files["step.sh"]
        assert "ANSIBLE_CACHE_PLUGIN=jsonfile" in script
        assert "ANSIBLE_CACHE_PLUGIN_CONNECTION=/state/r1/facts-2026.1" in script

    def test_it_reports_through_our_callback_beside_the_operators(self, site):
        operators, ours = self.job(site).env["ANSIBLE_CALLBACK_PLUGINS"].split(":")
        assert operators == "/usr/share/ansible/plugins/callback"
        assert ours.endswith("strategy/ansible/callback")

    def test_the_script_runs(self, site):
        job = self.job(site, MIGRATE)
        (site / "step.sh").write_text(job.files["step.sh"])
        done = subprocess.run(["/bin/sh", "-e", "step.sh"], cwd=site, capture_output=True, text=True, check=True)
        assert done.stdout.count("kolla-ansible 22.2.0") == 2


class TestFreezing:
    def test_what_runs_render_into_the_configuration_is_not_the_operators(self, site):
        files = {PurePath(f).relative_to(site).as_posix() for f in built(site).freeze().files}
        assert files == {
            "etc/globals.yml",
            "etc/passwords.yml",
            "multinode",
            "kolla-2026.1/share/kolla-ansible/ansible/site.yml",
        }

    def test_versions_of_each_hops_tools(self, site):
        versions = built(site).freeze().versions
        assert versions["kolla-ansible for 2026.1"] == "22.2.0"
        assert versions["ansible-core for 2026.1"] == "2.19.14"

    def test_secrets_are_hashed_and_never_read_into_anything(self, site):
        strategy = built(site)
        assert "hunter2" not in f"{strategy.freeze()} {strategy.runbook(BATCH)}"


class TestReview:
    def codes(self, strategy, *steps):
        return {f.code for f in strategy.review(steps, None)}

    def test_nothing_is_wrong_where_nothing_is_wrong(self, site):
        assert built(site).review([KEYSTONE, step(), BATCH, UNPIN, MIGRATE], None) == ()

    def test_the_wrong_release_names_file_entry_and_the_right_one(self, site):
        [found] = built(site, version="20.6.0").review([KEYSTONE], None)
        assert (found.code, found.severity) == ("deployer.version", "error")
        assert f'{site}/stairlift.toml, [[hop]] to = "2026.1"' in found.message
        assert "20.6.0, which belongs to 2025.1" in found.message
        assert "22" in found.resolution

    def test_a_command_that_is_not_there(self, site):
        table = {"folder": str(site), "command": ["./nowhere/kolla-ansible"], "inventory": "multinode"}
        strategy = KollaAnsibleUpgradeStrategy({"folder": str(site), "hops": {"2026.1": table}})
        assert self.codes(strategy, KEYSTONE) == {"deployer.missing"}
        assert strategy.freeze().versions["kolla-ansible for 2026.1"] == "absent"

    def test_an_inventory_that_is_not_there(self, site):
        assert self.codes(built(site, inventory="gone"), KEYSTONE) == {"deployer.file"}

    def test_infrastructure_that_the_configuration_switches_off(self, site):
        etcd = step("infra", project="infra", services=("etcd",))
        [found] = built(site, off=["enable_etcd"]).review([RABBIT, etcd], None)
        assert (found.code, found.severity) == ("deployer.off", "warning")
        assert "has etcd switched off" in found.message
        assert 'service = ["rabbitmq"]' in found.resolution
        assert built(site).review([RABBIT, etcd], None) == ()

    def test_a_host_that_the_inventory_does_not_know(self, site):
        stranger = replace(BATCH, hosts=("cmp1", "cmp9"))
        [found] = built(site).review([stranger], None)
        assert (found.code, found.subject) == ("deployer.host", "cmp9")

    def test_a_tag_that_the_playbooks_do_not_have(self, site):
        swift = step(project="swift", services=("swift-proxy-server",))
        [found] = built(site).review([swift], None)
        assert (found.code, found.subject) == ("deployer.tag", "swift")

    def test_a_project_that_would_be_cut_in_two(self, site):
        [found] = built(site).review([replace(KEYSTONE, hosts=("ctl1",))], None)
        assert found.code == "deployer.partial"
        assert "ctl2" in found.message

    def test_queues_that_are_to_change_without_a_way(self, site):
        assert self.codes(built(site, queue_type_change=True), RABBIT) == {"deployer.queue-type"}
        other = site / "other"
        other.mkdir()
        (other / "multinode").write_text("")
        (other / "etc").mkdir()
        assert self.codes(built(other, queue_type_change=True), KEYSTONE) == {"deployer.queue-type"}

    def test_what_it_has_no_command_for(self, site):
        assert self.codes(built(site), step(action="db-expand")) == {"deployer.action"}

    def test_an_inventory_that_names_nobody(self, site):
        groups = {name: [] for name in INVENTORY}
        assert self.codes(built(site, groups=groups), BATCH) == {"deployer.host"}


class TestOptions:
    @pytest.mark.parametrize("word", ["--limit", "-l", "--tags=x", "-tx", "--che", "-i", "-p", "--configdir=/x"])
    def test_what_the_strategy_sets_itself_is_refused(self, site, word):
        with pytest.raises(UsageError, match="must not hold"):
            built(site, args=[word])

    def test_an_unknown_key_is_named_with_its_hop(self, site):
        with pytest.raises(UsageError, match=r"hop to 2026\.1.*inventori"):
            built(site, inventori="x")

    def test_without_an_inventory_nobody_knows_whom_it_would_touch(self, site):
        with pytest.raises(UsageError, match="must name an inventory"):
            built(site, inventory=[])

    def test_the_operators_arguments_are_passed_on(self, site):
        assert "--vault-password-file pw" in "\n".join(built(site, args=["--vault-password-file", "pw"]).runbook(BATCH))


def ended(hosts, code=0, **numbers):
    each = {"ok": 9, "worked": 5, "changed": 2, "failures": 0, "unreachable": 0, **numbers}
    return Outcome(code, json.dumps({"kind": "stats", "hosts": dict.fromkeys(hosts, each)}) + "\n")


class TestVerdicts:
    def judged(self, site, asked, outcome):
        return built(site).judge(Assignment("r1", asked, 1, PurePath("/state/r1/s/1")), outcome)

    def test_done_is_work_on_every_host_of_the_step(self, site):
        assert self.judged(site, BATCH, ended(["cmp1", "cmp2"])).result == "done"

    def test_plays_that_match_nobody_are_no_success_although_the_code_is_0(self, site):
        """As a broken inventory or a tag that no host has: only the plays that are always there have run."""
        assert self.judged(site, BATCH, ended(["cmp1", "cmp2"], worked=0)).result == "failed"

    def test_infrastructure_that_is_switched_off_is_said_to_be(self, site):
        found = self.judged(site, RABBIT, ended(CONTROL, worked=0))
        assert (found.result, "switched off" in found.reason) == ("done", True)
        assert self.judged(site, RABBIT, ended(["ctl1"], worked=0)).result == "failed"
        assert self.judged(site, RABBIT, ended(CONTROL, worked=0, failures=1)).result == "failed"

    def test_so_is_what_no_api_tells_of(self, site):
        told = step(project="ceilometer", services=("ceilometer-agent-central",))
        assert "switched off" in self.judged(site, told, ended(CONTROL, worked=0)).reason
        assert self.judged(site, KEYSTONE, ended(CONTROL, worked=0)).result == "failed"

    def test_a_host_beyond_the_limit_is_an_alarm(self, site):
        assert "cmp3" in self.judged(site, BATCH, ended(["cmp1", "cmp2", "cmp3"])).reason

    def test_migrations_run_where_kolla_ansible_has_them(self, site):
        assert self.judged(site, MIGRATE, ended(["ctl2", "cmp1"])).result == "done"

    def test_preparation_says_where_the_difference_is(self, site):
        assignment = Assignment("r1", step("prepare", "prepare"), 1, site)
        (site / "ctl1").mkdir()
        (site / "ctl1" / "ctl1").write_text(json.dumps({"nova-api/nova.conf": ["-a", "+b"], "cinder/x": ["+c"]}))
        (site / "configuration.diff").write_text(difference.merge(site / "ctl1"))
        found = built(site).judge(assignment, ended(CONTROL))
        assert found.facts["configuration"] == f"{site}/configuration.diff"
        assert found.reason.endswith("would change: cinder: 1 line, nova-api: 2 lines")

    def test_a_difference_that_is_gone_is_said(self, site):
        found = self.judged(site, step("prepare", "prepare"), ended(CONTROL))
        assert found.result == "done"
        assert found.reason.endswith("would change: unknown (No such file or directory)")
