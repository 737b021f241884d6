"""AnsibleUpgradeStrategy with the real ansible-core, on this machine.

STAIRLIFT_TEST_ANSIBLE names another ansible-playbook than the one of this environment.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from stairlift.model.work import Assignment, Outcome, Verdict
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.testing.strategy_contract import a_step, an_assignment

ANSIBLE = os.environ.get("STAIRLIFT_TEST_ANSIBLE") or str(Path(sys.prefix, "bin", "ansible-playbook"))
SECRET = "hunter2-of-the-vault"

CONFIG = """
[defaults]
inventory = hosts.ini
roles_path = ../shared/roles
callback_plugins = callbacks
"""
INVENTORY = """
[compute]
cmp1
cmp2

[other]
away ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=1

[all:vars]
ansible_connection=local
ansible_ssh_common_args=-o BatchMode=yes -o ConnectTimeout=3
ansible_python_interpreter={python}
"""
# A task may well start another playbook; it is no part of the report.
NESTED = f"{ANSIBLE} failing.yml --limit cmp2"
THEIR_CALLBACK = """
import json
from pathlib import Path
from ansible import constants
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "theirs"

    def v2_playbook_on_stats(self, stats):
        seen = {"hosts": sorted(stats.processed), "poll": constants.DEFAULT_INTERNAL_POLL_INTERVAL}
        Path(__file__).with_name("seen").write_text(json.dumps(seen))
"""
PLAYBOOKS = {
    "good.yml": """
- hosts: compute
  gather_facts: false
  roles: [nova]
  tasks:
    - block:
        - name: Try
          ansible.builtin.fail: { msg: not yet }
      rescue:
        - name: Instead
          ansible.builtin.raw: "true"
    - name: Never mind
      ansible.builtin.raw: exit 1
      ignore_errors: true
    - name: Hush
      ansible.builtin.raw: "test '{{ vaulted }}' && echo {{ vaulted }} && exit 1"
      no_log: true
      ignore_errors: true
""",
    "failing.yml": """
- hosts: compute
  gather_facts: false
  tasks:
    - name: Migrate
      ansible.builtin.raw: "echo no space left >&2; exit {{ 3 if inventory_hostname == 'cmp2' else 0 }}"
""",
    "nothing.yml": """
- hosts: compute
  gather_facts: false
  tasks:
    - ansible.builtin.raw: exit 1
      ignore_errors: true
    - ansible.builtin.raw: "true"
      when: false
""",
    "elsewhere.yml": "- hosts: other\n  gather_facts: false\n  tasks: [{ ansible.builtin.raw: 'true' }]\n",
    "tagged.yml": """
- hosts: compute
  gather_subset: ["!all", "!min"]
  tasks:
    - ansible.builtin.raw: "true"
      tags: [glance]
""",
    "broken.yml": '- hosts: compute\n  tasks:\n    - ansible.builtin.raw: "x\n   y: [\n',
    "roleless.yml": "- hosts: compute\n  gather_facts: false\n  roles: [no_such_role]\n",
    "nesting.yml": f"""
- hosts: compute
  gather_facts: false
  tasks:
    - name: Start another
      ansible.builtin.raw: cd {{{{ playbook_dir }}}}; {NESTED}; echo $? > nested
""",
    "slow.yml": "- hosts: compute\n  gather_facts: false\n  tasks: [{ name: Wait, ansible.builtin.raw: sleep 321 }]\n",
}
ROLE = """
- name: Tell what the step is
  ansible.builtin.copy:
    dest: "{{ told }}/{{ inventory_hostname }}.json"
    content: "{{ {'step': query('vars', *names), 'note': note, 'window': window} | to_json }}"
  vars:
    names: [stairlift_action, stairlift_services, stairlift_hosts, stairlift_project, stairlift_stage,
            stairlift_from, stairlift_to]
"""


@dataclass(frozen=True)
class Site:
    """What an operator has: a folder with an ansible.cfg, playbooks, a vault, a callback of their own."""

    root: Path
    folder: Path

    def strategy(self, playbook, **options):
        given = {"folder": str(self.folder), "playbook": playbook, "command": [ANSIBLE], **options}
        return AnsibleUpgradeStrategy(given)

    def seen_by_their_callback(self):
        seen = self.folder / "callbacks" / "seen"
        return json.loads(seen.read_text()) if seen.exists() else None


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    root = tmp_path_factory.mktemp("site")
    folder = root / "deploy"
    texts = {
        "deploy/ansible.cfg": CONFIG,
        "deploy/hosts.ini": INVENTORY.format(python=sys.executable),
        "deploy/callbacks/theirs.py": THEIR_CALLBACK,
        "deploy/pw": "the vault's password\n",
        "deploy/secrets.yml": f"vaulted: {SECRET}\n",
        "shared/roles/nova/tasks/main.yml": ROLE,
        **{f"deploy/{name}": text for name, text in PLAYBOOKS.items()},
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    vault = str(Path(ANSIBLE).with_name("ansible-vault"))
    subprocess.run([vault, "encrypt", "--vault-password-file", "pw", "secrets.yml"], cwd=folder, check=True)
    if not shutil.which("ssh"):
        stand_in = root / "ssh"
        stand_in.write_text(
            "#!/bin/sh\necho 'ssh: connect to host 127.0.0.1 port 1: Connection refused' >&2\nexit 255\n"
        )
        stand_in.chmod(0o755)
        with (folder / "hosts.ini").open("a") as inventory:
            inventory.write(f"ansible_ssh_executable={stand_in}\n")
    return Site(root, folder)


@dataclass(frozen=True)
class Attempt:
    """One attempt, as an executor would make it."""

    strategy: AnsibleUpgradeStrategy
    assignment: Assignment
    folder: Path

    @classmethod
    def at(cls, folder, strategy, *hosts, **step):
        folder.mkdir(parents=True, exist_ok=True)
        assignment = an_assignment(a_step(hosts=hosts, **step), run=f"e2e-{os.getpid()}-{folder.name}")
        return cls(strategy, assignment, folder)

    def start(self):
        job = self.strategy.job(self.assignment)
        told = {"STAIRLIFT_PROGRESS": str(self.folder / "progress"), "STAIRLIFT_RUN": self.assignment.run}
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                job.argv,
                cwd=job.cwd,
                env={**os.environ, **told, **job.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def verdict(self) -> Verdict:
        return self.judged(self.start().wait(timeout=60))

    def judged(self, code) -> Verdict:
        return self.strategy.judge(self.assignment, Outcome(code, self.progress(), self.log()[-4000:]))

    def progress(self):
        path = self.folder / "progress"
        return path.read_text() if path.exists() else ""

    def events(self):
        return [json.loads(line) for line in self.progress().splitlines()]

    def log(self):
        return (self.folder / "log").read_text()

    def processes(self):
        """Everything that the attempt started and that still runs, found as an executor does, by its environment."""
        mark = str(self.folder / "progress")
        return [p for p in psutil.process_iter() if _environment(p).get("STAIRLIFT_PROGRESS") == mark]


def _environment(process):
    try:
        return process.environ() if process.status() != psutil.STATUS_ZOMBIE else {}
    except psutil.Error:
        return {}


@pytest.fixture
def attempt(site, tmp_path):
    def make(playbook, *hosts, step=None, **options):
        return Attempt.at(tmp_path / "attempt", site.strategy(playbook, **options), *hosts, **(step or {}))

    return make


@pytest.fixture(scope="module")
def good(site, tmp_path_factory):
    """One run of the playbook with everything in it, and its verdict."""
    told = site.root / "told"
    told.mkdir()
    strategy = site.strategy(
        "good.yml",
        vault=["--vault-password-file", "pw"],
        args=["-e", "@secrets.yml"],
        extra_vars={"told": str(told), "note": 'it\'s "two" {words} = \\n', "window": {"from": 22, "soft": True}},
    )
    made = Attempt.at(tmp_path_factory.mktemp("good"), strategy, "cmp1", "cmp2")
    return made, made.verdict()


def test_a_playbook_that_works_is_done(good):
    attempt, verdict = good
    assert (verdict.result, verdict.reason) == ("done", ""), attempt.log()
    assert verdict.facts == {"ok": "8", "changed": "8", "rescued": "2", "ignored": "4"}


def test_the_playbook_is_told_what_the_step_is(good, site):
    told = json.loads((site.root / "told" / "cmp2.json").read_text())
    assert told == {
        "step": [
            "upgrade",
            "neutron-openvswitch-agent,nova-compute",
            "cmp1,cmp2",
            "nova",
            "compute",
            "2025.1",
            "2026.1",
        ],
        "note": 'it\'s "two" {words} = \\n',
        "window": {"from": 22, "soft": True},
    }


def test_the_operators_callback_runs_beside_ours(good, site):
    assert site.seen_by_their_callback()["hosts"] == ["cmp1", "cmp2"]


def test_a_waiting_ansible_polls_slowly(good, site):
    assert site.seen_by_their_callback()["poll"] == 0.05


def test_progress_tells_every_task_of_every_host(good):
    attempt, _ = good
    events = attempt.events()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert {event["run"] for event in events} == {attempt.assignment.run}
    tasks = [event["name"] for event in events if event["kind"] == "task"]
    assert tasks == ["nova : Tell what the step is", "Try", "Instead", "Never mind", "Hush"]
    results = [
        (e["task"], e["result"], e.get("rescuable"), e.get("ignored")) for e in events if e.get("host") == "cmp1"
    ]
    assert results == [
        ("nova : Tell what the step is", "changed", None, None),
        ("Try", "failed", True, False),
        ("Instead", "changed", None, None),
        ("Never mind", "failed", False, True),
        ("Hush", "failed", False, True),
    ]


def test_what_no_log_hides_and_the_vault_keeps_is_nowhere(good):
    attempt, _ = good
    job = attempt.strategy.job(attempt.assignment)
    assert SECRET not in attempt.progress()
    assert SECRET not in f"{job}{attempt.strategy.runbook(attempt.assignment.step)}"
    assert "hidden by no_log" in attempt.progress()


def test_the_runbook_does_the_same_by_hand(good, site):
    attempt, _ = good
    (site.root / "told" / "cmp1.json").unlink()
    (line,) = attempt.strategy.runbook(a_step(hosts=("cmp1",)))
    done = subprocess.run(
        ["/bin/sh", "-c", line], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (site.root / "told" / "cmp1.json").exists()


def test_a_task_that_fails_fails_the_step_with_its_reason(attempt):
    failing = attempt("failing.yml", "cmp1", "cmp2")
    verdict = failing.verdict()
    assert (verdict.result, verdict.temporary) == ("failed", False)
    assert verdict.reason == "cmp2: task 'Migrate': non-zero return code"
    (failure,) = [event for event in failing.events() if event.get("result") == "failed"]
    assert (failure["rc"], failure["stderr"]) == (3, "no space left\n")


def test_an_unreachable_host_is_worth_another_attempt(attempt):
    verdict = attempt("elsewhere.yml", "away").verdict()
    assert (verdict.result, verdict.temporary) == ("failed", True)
    assert "Connection refused" in verdict.reason


@pytest.mark.parametrize(
    ("playbook", "options", "says"),
    [
        ("elsewhere.yml", {}, "cmp1: no task ran there"),
        ("tagged.yml", {"tags": "nova"}, "cmp1: no task did anything; no tag matches one"),
        ("nothing.yml", {}, "cmp1: no task did anything; all 1 were skipped"),
    ],
)
def test_a_playbook_that_did_nothing_has_failed_though_ansible_is_content(attempt, playbook, options, says):
    made = attempt(playbook, "cmp1", **options)
    code = made.start().wait(timeout=60)
    assert code == 0, made.log()
    verdict = made.judged(code)
    assert verdict.result == "failed"
    assert says in verdict.reason


@pytest.mark.parametrize(
    ("playbook", "host", "says"),
    [
        ("broken.yml", "cmp1", "YAML syntax error at "),
        ("roleless.yml", "cmp1", "the role 'no_such_role' was not found"),
        ("failing.yml", "stranger", "no hosts to target"),
    ],
)
def test_what_ansible_refuses_is_told(attempt, playbook, host, says):
    verdict = attempt(playbook, host).verdict()
    assert verdict.result == "failed"
    assert says in verdict.reason


def test_a_cancelled_playbook_leaves_no_process_and_an_unknown_host(attempt):
    made = attempt("slow.yml", "cmp1", "cmp2")
    process = made.start()
    assert _within(30, lambda: any("sleep" in p.name() for p in made.processes())), made.log()
    os.killpg(process.pid, signal.SIGTERM)
    verdict = made.judged(process.wait(timeout=20))
    assert verdict.result == "unknown"
    assert _within(10, lambda: not made.processes())


def _within(seconds, holds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_a_playbook_that_a_task_starts_is_not_reported(attempt, site):
    made = attempt("nesting.yml", "cmp1")
    assert made.verdict().result == "done", made.log()
    assert (site.folder / "nested").read_text() == "2\n"
    assert [event["name"] for event in made.events() if event["kind"] == "playbook"] == ["nesting.yml"]


def test_an_interval_that_the_operator_chose_is_kept(attempt, site):
    (site.folder / "own.cfg").write_text(CONFIG.replace("[defaults]", "[defaults]\ninternal_poll_interval = 0.01"))
    assert attempt("failing.yml", "cmp1", config="own.cfg").verdict().result == "done"
    assert site.seen_by_their_callback()["poll"] == 0.01


WRAPPER = """#!/bin/sh
# As openstack-ansible does it: defaults that the environment overrides, and an inventory of its own.
export ANSIBLE_CALLBACK_PLUGINS="{callbacks}"
export ANSIBLE_INVENTORY="${{ANSIBLE_INVENTORY:-{inventory}}}"
exec {ansible} "$@"
"""


def _wrapper(site, name, callbacks):
    path = site.root / name
    path.write_text(WRAPPER.format(callbacks=callbacks, inventory=site.folder / "hosts.ini", ansible=ANSIBLE))
    path.chmod(0o755)
    return [str(path)]


def test_a_wrappers_own_defaults_still_hold(attempt, site):
    defaults = f"${{ANSIBLE_CALLBACK_PLUGINS:-{site.folder / 'callbacks'}}}"
    (site.folder / "callbacks" / "seen").unlink(missing_ok=True)
    (site.root / "empty").mkdir()
    options = {"command": _wrapper(site, "wrapper", defaults), "directory": "../empty"}
    assert attempt("failing.yml", "cmp1", **options).verdict().result == "done"
    assert site.seen_by_their_callback()["hosts"] == ["cmp1"]


def test_a_wrapper_that_drops_our_callback_is_found_out(attempt, site):
    command = _wrapper(site, "stubborn", site.folder / "callbacks")
    verdict = attempt("failing.yml", "cmp1", command=command).verdict()
    assert verdict.result == "failed"
    assert "replaces ANSIBLE_CALLBACK_PLUGINS" in verdict.reason


def test_check_mode_changes_nothing(attempt, site):
    site.root.joinpath("checked").mkdir()
    options = {"check": True, "vault": ["--vault-password-file", "pw"], "args": ["-e", "@secrets.yml"]}
    options["extra_vars"] = {"told": str(site.root / "checked"), "note": "", "window": ""}
    made = attempt("good.yml", "cmp1", step={"action": "prepare"}, **options)
    assert made.verdict().result == "done", made.log()
    assert list(site.root.joinpath("checked").iterdir()) == []


def test_freezing_asks_the_real_thing(site):
    frozen = site.strategy("good.yml", args=["-e", "@secrets.yml"], vault=["--vault-password-file", "pw"]).freeze()
    names = {str(Path(file).relative_to(site.root)) for file in frozen.files}
    assert names == {
        "deploy/ansible.cfg",
        "deploy/good.yml",
        "deploy/hosts.ini",
        "deploy/secrets.yml",
        "shared/roles/nova/tasks/main.yml",
    }
    assert frozen.versions["ansible-core"].startswith("2.")
