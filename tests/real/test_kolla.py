"""The kolla-ansible of PyPI, in an environment of its own: what is on file about it is so, and it takes our commands.

Its roles need containers, which this machine has none of; so whole upgrades are listed, not run. What stage `prepare`
does runs, on this machine: its playbooks of ours, and genconfig into a scratch place.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import replace
from pathlib import PurePath

import pytest

from deployers import KOLLA_INVENTORY
from golden.test_kolla import fifty_hosts
from kolla_facts import DATA, VERSIONS, document
from stairlift.model.work import Assignment
from stairlift.strategy.kolla import KollaAnsibleUpgradeStrategy
from stairlift.strategy.kolla.commands import FOLDER
from stairlift.strategy.kolla.installed import plays_of
from stairlift.testing.plans import a_step

pytestmark = pytest.mark.real

RELEASE = "2026.1"
PROJECTS = (None, "keystone", "nova")
LOCAL = "localhost ansible_connection=local ansible_python_interpreter={python}\n"


@pytest.fixture(scope="module")
def venv(tmp_path_factory):
    """The package with what it depends on; its collections are not on PyPI, and listing needs none."""
    folder = tmp_path_factory.mktemp("kolla") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin" / "pip", "install", "--quiet", f"kolla-ansible=={VERSIONS[RELEASE]}"]
    subprocess.run(install, check=True, timeout=300)
    return folder


@pytest.fixture
def site(tmp_path, venv):
    """A folder as an operator has it after the quick start."""
    shutil.copytree(venv / "share" / "kolla-ansible" / "etc_examples" / "kolla", tmp_path / "etc")
    for file in (tmp_path / "etc").iterdir():
        file.chmod(0o600)
    return tmp_path


def strategy(site, venv, inventory=KOLLA_INVENTORY):
    hop = {
        "folder": str(site),
        "command": [str(venv / "bin" / "kolla-ansible")],
        "inventory": str(inventory),
        "config_dir": "etc",
    }
    return KollaAnsibleUpgradeStrategy({"folder": str(site), "hops": {RELEASE: hop}})


def test_the_facts_on_file_are_those_of_the_package(venv):
    [points] = venv.glob("lib/*/site-packages/kolla_ansible-*.dist-info/entry_points.txt")
    told = ConfigParser()
    told.read(points)
    found = document(told["kolla_ansible.cli"], plays_of(venv / "share" / "kolla-ansible" / "ansible"))
    file = DATA / f"{VERSIONS[RELEASE]}.json"
    if os.environ.get("UPDATE") == "1":
        file.write_text(found)
    assert found == file.read_text()


def test_a_plan_for_fifty_hosts_passes_its_review(site, venv):
    steps = [step for step in fifty_hosts(RELEASE).steps if step.strategy]
    [off] = strategy(site, venv).review(steps, None)
    assert off.code == "deployer.off"
    assert "has valkey, multipathd, iscsid, etcd, tgtd switched off" in off.message
    assert {f.code for f in strategy(site, venv).review([replace(steps[0], hosts=("cmp99",))], None)} == {
        "deployer.host"
    }


def test_versions_and_files_are_found(site, venv):
    frozen = strategy(site, venv).freeze()
    assert frozen.versions[f"kolla-ansible for {RELEASE}"] == VERSIONS[RELEASE]
    assert frozen.versions[f"ansible-core for {RELEASE}"].startswith("2.")
    assert str(site / "etc" / "globals.yml") in frozen.files
    assert str(venv / "share" / "kolla-ansible" / "ansible") in frozen.files


def test_it_takes_every_command_of_a_plan_and_finds_tasks_for_it(site, venv):
    """Listed by Ansible itself: tags, limit and playbook are right, and select more than what is always there.

    One of each kind; that all tags exist is told by the review above.
    """
    mine = strategy(site, venv)
    kinds = {}
    for step in (step for step in fifty_hosts(RELEASE).steps if step.strategy and step.project in PROJECTS):
        for words in map(shlex.split, mine.runbook(step)[2:]):
            if "-p" not in words:
                kinds.setdefault((step.stage, step.action, step.project, words[1]), words)
    assert len(kinds) > 8
    for words in kinds.values():
        done = listed(venv, site, words)
        assert done.returncode == 0, f"{words}\n{done.stderr}"
        assert len(tasks(done.stdout)) > (3 if words[1] != "gather-facts" else 1), words


def listed(venv, site, words):
    script = f'PATH={venv}/bin:"$PATH"; "$@" --list-tasks'
    return subprocess.run(
        ["sh", "-c", script, "sh", *words], cwd=site, capture_output=True, text=True, timeout=120, check=False
    )


def tasks(out):
    return [line for line in out.splitlines() if line.startswith("      ") and "TAGS:" in line]


def run(job, site):
    for name, text in job.files.items():
        (site / "attempt" / name).parent.mkdir(exist_ok=True)
        (site / "attempt" / name).write_text(text)
    environ = {**job.env, "PATH": f"{site}/bin:/usr/bin:/bin", "HOME": str(site), "LC_ALL": "C.UTF-8"}
    progress = {"STAIRLIFT_PROGRESS": str(site / "progress")}
    return subprocess.run(
        job.argv, cwd=job.cwd, env=environ | progress, capture_output=True, text=True, timeout=300, check=False
    )


def test_images_and_configuration_are_compared_through_kolla_ansible(site, venv):
    """The playbooks of ours, with its inventory, variables and vault; the engine is a script that lists images."""
    (site / "one").write_text(LOCAL.format(python=venv / "bin" / "python"))
    (site / "bin").mkdir()
    engine = site / "bin" / "docker"
    engine.write_text(
        "#!/bin/sh\necho images.example.com/openstack.kolla/nova-api:2026.1-rocky-10 sha256:aa sha256:bb\n"
    )
    engine.chmod(0o755)
    for folder, workers in (("live", 2), ("new", 4)):
        (site / folder / "nova-api").mkdir(parents=True)
        text = f"workers = {workers}\nadmin_password = hunter2-{folder}\n"
        (site / folder / "nova-api" / "nova.conf").write_text(text)
    common = ["check", "-i", "one", "--configdir", "etc", "--limit", "localhost"]
    paths = {"live": site / "live", "scratch": site / "new", "python": venv / "bin" / "python"}
    variables = [word for name, path in paths.items() for word in ("-e", f"stairlift_{name}={path}")]
    folder = {"STAIRLIFT_FOLDER": str(site / "attempt"), "PATH": f"{site}/bin:{venv}/bin:/usr/bin:/bin"}
    for playbook, more in (("images.yml", ["-e", "stairlift_image_tag=2026.1*"]), ("difference.yml", variables)):
        done = subprocess.run(
            [venv / "bin" / "kolla-ansible", *common, "-p", FOLDER / playbook, *more],
            cwd=site,
            env={**folder, "HOME": str(site), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    told = (site / "attempt" / "configuration.diff").read_text()
    assert {"-workers = 2", "+workers = 4", "-admin_password = ***"} <= set(told.splitlines())
    assert "hunter2" not in told + json.dumps([p.read_text() for p in (site / "attempt" / "configuration").iterdir()])
    assert not (site / "new").exists()


def test_facts_are_gathered_once_and_kept_and_the_callback_reports(site, venv):
    """The opening's first command, as a run starts it: the second time nothing is gathered."""
    (site / "one").write_text(LOCAL.format(python=venv / "bin" / "python"))
    mine = strategy(site, venv, "one")
    step = replace(a_step("s", action="prepare", hosts=("localhost",)), stage="control", project=None)
    whole = mine.job(Assignment("r1", step, 1, PurePath(site / "attempt")))
    # what comes behind it needs containers
    first = [line for line in whole.files["step.sh"].splitlines() if " upgrade " not in line]
    gathering = replace(whole, files={"step.sh": "\n".join(first)})
    assert run(gathering, site).returncode == 0
    [kept] = site.parent.glob(f"facts-{RELEASE}/*")
    assert kept.name.endswith("localhost")
    events = [json.loads(line) for line in (site / "progress").read_text().splitlines()]
    assert {e["kind"] for e in events} >= {"playbook", "task", "stats"}
    (site / "progress").unlink()
    assert run(gathering, site).returncode == 0
    again = [json.loads(line) for line in (site / "progress").read_text().splitlines()]
    assert [e["result"] for e in again if e.get("task") == "Gather facts"] == ["skipped"]
