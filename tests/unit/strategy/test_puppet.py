"""A step through our own scripts and a stand-in Puppet, on this machine; see tests/real/test_puppet.py for the rest."""

import json
import os
import subprocess
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

import pytest

from stairlift.model.errors import Refusal, UsageError
from stairlift.model.work import Outcome
from stairlift.strategy.puppet import PuppetUpgradeStrategy
from stairlift.testing.clouds import a_cloud
from stairlift.testing.strategy_contract import a_step, an_assignment
from unit.strategy.puppet_stand_in import stand_in


@pytest.fixture(autouse=True)
def own_lock(monkeypatch):
    """A lock of the test's own: that of a host is everybody's."""
    name = f"stairlift-test-{uuid4().hex}"
    monkeypatch.setattr("stairlift.strategy.puppet.strategy._LOCK", name)
    yield
    for folder in ("/run/lock", gettempdir()):
        for lock in Path(folder).glob(f"{name}*.lock"):
            lock.unlink()


def puppet(folder, **options):
    (folder / "site.pp").write_text("")
    given = {"folder": str(folder), "local": True, "mode": "apply", "manifest": "site.pp"}
    return PuppetUpgradeStrategy({**given, "command": [str(folder / "puppet")], **options})


def over_ssh(**options):
    return PuppetUpgradeStrategy({"folder": "/etc/stairlift", **options})


def step(**changes):
    return a_step(**{"hosts": ("cmp1",), "services": ("nova-compute",), **changes})


def carry(folder, strategy, the_step=None, attempt=1):
    """What an executor would do with the job, and the verdict on it."""
    attempt_folder = folder / f"attempt{attempt}"
    attempt_folder.mkdir()
    assignment = an_assignment(the_step or step(), folder=attempt_folder, attempt=attempt)
    job = strategy.job(assignment)
    for name, text in job.files.items():
        (attempt_folder / name).write_text(text)
    progress = attempt_folder / "progress.jsonl"
    environ = {**os.environ, **job.env, "STAIRLIFT_PROGRESS": str(progress), "TMPDIR": str(folder)}
    done = subprocess.run(job.argv, cwd=job.cwd, env=environ, capture_output=True, text=True, check=False, timeout=60)
    said = progress.read_text() if progress.exists() else ""
    return strategy.judge(assignment, Outcome(done.returncode, said, done.stdout + done.stderr))


def test_a_run_that_changed_something_is_done(tmp_path):
    stand_in(tmp_path)
    verdict = carry(tmp_path, puppet(tmp_path))
    assert verdict.result == "done", verdict
    assert verdict.facts == {"total": "11", "changed": "2", "restarted": "1", "noop": "0"}
    notes = [json.loads(line) for line in (tmp_path / "attempt1" / "progress.jsonl").read_text().splitlines()]
    assert [(n["done"], n["total"]) for n in notes if n["kind"] == "progress"] == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"skipped": 11}, "no tag matches one"),
        ({"total": 0, "skipped": 0}, "nothing was applied"),
        ({"failed": 1}, "1 resources failed"),
        ({"failed_to_restart": 1}, "1 did not restart"),
        ({"changed": 0, "noop": 3}, "only looked at"),
    ],
)
def test_a_summary_that_shows_no_work_is_a_failure_whatever_the_code(tmp_path, changes, reason):
    stand_in(tmp_path, 0, **changes)
    verdict = carry(tmp_path, puppet(tmp_path))
    assert verdict.result == "failed"
    assert reason in verdict.reason


def test_an_environment_that_the_server_chose_is_a_failure(tmp_path):
    stand_in(tmp_path, environment="production")
    verdict = carry(tmp_path, puppet(tmp_path, environment="openstack_{to}"))
    assert (verdict.result, "in environment production, not openstack_2026_1" in verdict.reason) == ("failed", True)


def test_a_project_whose_tag_caught_nothing_is_a_failure(tmp_path):
    stand_in(tmp_path)
    verdict = carry(tmp_path, puppet(tmp_path), step(project="glance", services=("glance-api",)))
    assert verdict.result == "failed"
    assert "nothing was applied for glance" in verdict.reason


def test_a_summary_that_is_stale_or_torn_or_absent_is_a_failure(tmp_path):
    stand_in(tmp_path)
    (tmp_path / "stale").touch()
    for attempt, (text, reason) in enumerate([(None, "no summary"), ("---\ntime: [", "no summary")], start=1):
        if text is not None:
            (tmp_path / "summary.yaml").write_text(text)
        assert reason in carry(tmp_path, puppet(tmp_path, restart=["true", "{unit}"]), attempt=attempt).reason
    (tmp_path / "summary.yaml").write_text((tmp_path / "summary.in").read_text().replace("LAST_RUN", "1795373940"))
    os.utime(tmp_path / "summary.yaml")
    assert "earlier run" in carry(tmp_path, puppet(tmp_path, restart=["true", "{unit}"]), attempt=3).reason


@pytest.mark.parametrize(
    ("code", "complaint", "reason", "temporary"),
    [
        (1, "Error: Could not parse for environment x", "Puppet did not run: Could not parse", False),
        (1, "Notice: Skipping run of Puppet configuration client; administratively disabled", "Skipping run", False),
        (1, "Notice: Exiting now because the maxwaitforlock timeout has been exceeded.", "maxwaitforlock", True),
        (1, "Error: No more routes to ca", "No more routes", True),
        (4, "Error: /Stage[main]/Nova/Exec[x]: failed", "resources failed: /Stage[main]/Nova/Exec[x]", False),
        (6, "", "Puppet does not repeat a refresh that failed", False),
    ],
)
def test_a_code_that_is_no_success_has_its_reason(tmp_path, code, complaint, reason, temporary):
    stand_in(tmp_path, code)
    (tmp_path / "complaint").write_text(f"{complaint}\n")
    verdict = carry(tmp_path, puppet(tmp_path))
    assert (verdict.result, verdict.temporary) == ("failed", temporary)
    assert reason in verdict.reason
    assert "Facter" not in verdict.reason


def test_a_second_attempt_restarts_the_services_itself(tmp_path):
    stand_in(tmp_path, 0)
    strategy = puppet(tmp_path, restart=["touch", f"{tmp_path}/{{unit}}.restarted"], units={"nova-compute": "n-cpu"})
    assert carry(tmp_path, strategy).result == "done"
    assert not (tmp_path / "n-cpu.restarted").exists()
    assert carry(tmp_path, strategy, attempt=2).result == "done"
    assert (tmp_path / "n-cpu.restarted").exists()


def test_prepare_only_looks(tmp_path):
    stand_in(tmp_path, 0, changed=0, noop=3)
    verdict = carry(tmp_path, puppet(tmp_path), step(action="prepare", stage="prepare"))
    assert (verdict.result, verdict.facts["noop"]) == ("done", "3")
    assert " --noop " in (tmp_path / "calls").read_text()


def test_an_interruption_is_unknown(tmp_path):
    strategy = puppet(tmp_path)
    for code in (-15, -9, 143, 129):
        assert strategy.judge(an_assignment(step()), Outcome(code)).result == "unknown"


# What is typed


def typed(strategy, the_step=None):
    return strategy.runbook(the_step or step())


def test_an_agent_is_asked_for_exactly_one_run_that_tells_all():
    (line,) = typed(over_ssh(environment={"2026.1": "gazpacho"}, ssh={"user": "ops", "become": ["sudo", "-n"]}))
    assert line == (
        "cd /etc/stairlift && ssh -o BatchMode=yes -o ConnectTimeout=10 -l ops -tt cmp1 'sudo -n puppet agent --onetime"
        " --no-daemonize --no-splay --no-usecacheonfailure --no-use_cached_catalog --waitforlock 5 --maxwaitforlock 300"
        " --detailed-exitcodes --verbose --evaltrace --no-show_diff --color=false --logdest console --no-noop"
        " --environment gazpacho --tags nova,openstack_extras,apt'"
    )


def test_tags_follow_the_projects_of_a_mixed_step():
    (line,) = typed(over_ssh(), step(project=None, services=("neutron-openvswitch-agent", "nova-compute")))
    assert "--tags neutron,nova,openstack_extras,apt" in line
    (line,) = typed(over_ssh(tags=[]))
    assert "--tags" not in line
    (line,) = typed(over_ssh(), step(project="ironic-inspector", services=("ironic-inspector",)))
    assert "--tags ironic::inspector,openstack_extras,apt" in line


def test_codenames_and_numbers_make_environments():
    assert "--environment os_2026_1_gazpacho " in typed(over_ssh(environment="os_{to}_{codename}"))[0]


def test_a_database_step_brings_the_code_first_and_never_trusts_a_refresh():
    expand = step(action="db-expand", project="keystone", services=("keystone",), hosts=("ctl1",))
    run, *commands = typed(over_ssh(), expand)
    assert "--tags keystone-package,openstack_extras,apt" in run
    assert [line.partition(" ctl1 ")[2] for line in commands] == [
        "'runuser -u keystone -- keystone-status upgrade check'",
        "'runuser -u keystone -- keystone-manage db_sync --expand'",
        "'runuser -u keystone -- keystone-manage db_sync --check'",
    ]
    assert len(typed(over_ssh(package_tags=[]), expand)) == 3


def test_a_status_check_goes_on_with_a_warning_and_a_gate_with_what_it_accepts():
    expand = step(action="db-expand", project="keystone", services=("keystone",), hosts=("ctl1",))
    _, check, _, gate = json.loads(over_ssh().job(an_assignment(expand)).files["acts.json"])
    assert (check["good"], gate["good"]) == ([0, 1], [0, 4])


def test_nova_is_checked_after_its_expansion_and_every_cell_has_its_own():
    expand = step(action="db-expand", project="nova", services=("nova-conductor",), hosts=("ctl1",))
    acts = json.loads(over_ssh(cells="/etc/nova/c2.conf").job(an_assignment(expand)).files["acts.json"])
    _, *lines = [act["text"] for act in acts]
    assert lines[2] == "nova-manage --config-file /etc/nova/c2.conf db sync --local_cell"
    assert lines[3].endswith(" -le 3'")
    assert lines[4] == "nova-status upgrade check"


def test_a_cold_project_is_stopped_unit_by_unit_but_never_with_the_units_of_others():
    drain = step(action="drain", project="heat", services=("heat-api", "heat-engine"), hosts=("ctl1",))
    lines = typed(over_ssh(units={"heat-engine": "openstack-heat-engine"}), drain)
    assert [line.rpartition("systemctl ")[2] for line in lines] == ["stop heat-api'", "stop openstack-heat-engine'"]
    assert typed(over_ssh(stop=["rc-service", "{unit}", "stop"]), drain)[0].endswith("rc-service heat-api stop'")
    shared = over_ssh(units={"heat-api": "apache2"})
    assert [f.code for f in shared.review([drain], a_cloud())] == ["strategy.shared-unit"]


def test_online_migrations_are_repeated_while_they_make_progress():
    migrate = step(action="db-migrate", project="nova", services=("nova-conductor",), hosts=("ctl1",))
    (act,) = json.loads(over_ssh().job(an_assignment(migrate)).files["acts.json"])
    assert act["text"] == "nova-manage db online_data_migrations --max-count 10000"
    assert (act["good"], act["again"]) == ([0], [1])


def test_an_operators_commands_come_before_ours():
    own = {"nova": {"db-migrate": ["nova-manage --config-file /etc/nova/cell2.conf db online_data_migrations"]}}
    migrate = step(action="db-migrate", project="nova", services=("nova-conductor",), hosts=("ctl1",))
    (line,) = typed(over_ssh(commands=own), migrate)
    assert line.endswith("'nova-manage --config-file /etc/nova/cell2.conf db online_data_migrations'")


def test_unpinning_is_a_restart_of_the_units():
    unpin = step(action="unpin", services=("nova-conductor", "nova-api"), hosts=("ctl1",))
    lines = typed(over_ssh(units={"nova-api": "apache2"}), unpin)
    assert [line.rpartition("systemctl ")[2] for line in lines] == ["restart nova-conductor'", "restart apache2'"]


# What is refused


def test_review_names_once_what_every_run_would_refuse():
    strategy = over_ssh(environment={"2025.1": "epoxy"})
    steps = [step(id=f"s{n}") for n in range(3)]
    contract = step(id="s4", action="db-contract", project="placement", services=("placement-api",))
    found = strategy.review([*steps, contract], a_cloud())
    assert [(f.code, f.severity, f.subject) for f in found] == [
        ("strategy.no-environment", "error", "s0"),
        ("strategy.no-commands", "error", "s4"),
    ]
    assert over_ssh().review(steps, a_cloud()) == ()


def test_this_machine_is_one_host(tmp_path):
    with pytest.raises(Refusal, match="this machine alone"):
        puppet(tmp_path).job(an_assignment(step(hosts=("cmp1", "cmp2"))))


def test_this_machine_is_not_taken_for_several(tmp_path):
    here = puppet(tmp_path, restart=["true", "{unit}"])
    (finding,) = here.review([step(id="s1"), step(id="s2", hosts=("cmp2",)), step(id="s3", hosts=("cmp3",))], a_cloud())
    assert (finding.code, finding.severity, finding.subject) == ("strategy.not-here", "error", "s2")
    assert "steps for cmp1, cmp2" in finding.message
    assert here.review([step(id="s1"), step(id="s2")], a_cloud()) == ()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"mode": "bolt"}, "mode must be one of agent, apply"),
        ({"mode": "apply"}, "manifest is missing"),
        ({"mode": "apply", "manifest": "site.pp"}, "manifest must be an absolute path"),
        ({"mode": "apply", "manifest": "/site.pp", "modulepath": "/a:b"}, "modulepath must be an absolute path"),
        ({"manifest": "/site.pp"}, "manifest is the server's business"),
        ({"environment": "Prod"}, "makes no name of an environment"),
        ({"environment": "os_{from}"}, "makes no name of an environment"),
        ({"environment": {"gazpacho": "2026.1"}}, "no name of an environment"),
        ({"environment": {"zzz": "x"}}, "which is no release"),
        ({"settings": {"noop": True}}, "must not hold noop"),
        ({"settings": {"daemonize": True}}, "must not hold daemonize"),
        ({"settings": {"disable": "upgrade"}}, "must not hold disable"),
        ({"settings": {"-x": "y"}}, "no setting of Puppet's"),
        ({"settings": {"http_proxy": "http://me:hunter2@proxy"}}, "holds a URL with a password"),
        ({"command": ["env", "DB_PASSWORD=hunter2", "puppet"]}, "looks like a secret"),
        ({"restart": ["restart", "--token=hunter2", "{unit}"]}, "looks like a secret"),
        ({"settings": {"db_password": "hunter2"}}, "looks like a secret"),
        ({"tags": ["a b"]}, "which is no tag"),
        ({"tags": ["{host}"]}, "which is no tag"),
        ({"commands": {"nova": {"upgrade-it": ["x"]}}}, "the action 'upgrade-it'"),
        ({"commands": {"nova": {"unpin": "x"}}}, "must be a list of command lines"),
        ({"commands": {"nova": {"unpin": ["it's"]}}}, "must be a list of command lines"),
        ({"commands": {"nova": ["x"]}}, "must be a table of actions"),
        ({"restart": ["true"]}, "{unit}"),
        ({"units": {"nova-api": "--now"}}, "must map binaries to units"),
        ({"local": True, "ssh": {"user": "x"}}, "local excludes ssh"),
        ({"wait_for_lock": 0}, "wait_for_lock must be"),
    ],
)
def test_wrong_options_are_named(options, says):
    with pytest.raises(UsageError) as caught:
        over_ssh(**options)
    assert caught.value.code == "strategy.option"
    assert says in caught.value.brief + caught.value.resolution
    assert "hunter2" not in str(vars(caught.value))


# What the plan records


def test_frozen_is_the_code_that_lies_here(tmp_path):
    stand_in(tmp_path)
    for name in ("modules/nova/manifests/init.pp", "hiera/hiera.yaml"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("x")
    frozen = puppet(tmp_path, modulepath="modules", hiera_config="hiera/hiera.yaml").freeze()
    names = ("hiera/hiera.yaml", "modules/nova/manifests/init.pp", "site.pp")
    assert frozen.files == tuple(str(tmp_path / name) for name in names)
    assert frozen.versions == {"puppet": "7.23.0"}


def test_what_is_to_be_frozen_must_be_there(tmp_path):
    stand_in(tmp_path)
    with pytest.raises(UsageError, match=r"modulepath names .*/absent, which does not exist"):
        puppet(tmp_path, modulepath="absent").freeze()
    with pytest.raises(UsageError, match=r"modulepath names .*/~nobody-known/m, which does not exist"):
        puppet(tmp_path, modulepath="~nobody-known/m").freeze()
    with pytest.raises(UsageError, match="does not tell its version"):
        puppet(tmp_path, command=["/no/such/puppet"]).freeze()
    for key in ("config", "key"):
        with pytest.raises(UsageError, match=f"{key} names /etc/stairlift/absent"):
            over_ssh(ssh={key: "absent"}).freeze()


def test_without_ssh_there_is_no_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="not on the PATH") as caught:
        over_ssh().freeze()
    assert caught.value.code == "strategy.program"


def test_a_program_beside_the_configuration_is_asked_from_there(tmp_path, monkeypatch):
    stand_in(tmp_path)
    monkeypatch.chdir("/")
    assert puppet(tmp_path, command=["./puppet"]).freeze().versions == {"puppet": "7.23.0"}


def test_of_other_hosts_only_the_way_is_frozen(tmp_path):
    (tmp_path / "ssh_config").write_text("Host *\n")
    (tmp_path / "id").touch()
    strategy = PuppetUpgradeStrategy({"folder": str(tmp_path), "ssh": {"config": "ssh_config", "key": "id"}})
    assert strategy.freeze().files == (str(tmp_path / "ssh_config"),)
