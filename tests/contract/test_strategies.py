"""The contract of strategies, kept by the built-in ones and by one that another package might bring."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stairlift.model.errors import UsageError
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Verdict
from stairlift.strategy.ansible import AnsibleUpgradeStrategy
from stairlift.strategy.command import CommandUpgradeStrategy
from stairlift.testing.strategy_contract import StrategyContract
from unit.strategy.stand_in import stand_in


def _script(folder: Path, name: str) -> str:
    script = folder / name
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    return f"./{name}"


class TestCommand(StrategyContract):
    strategy = CommandUpgradeStrategy

    def options(self, folder):
        return {"folder": str(folder), "argv": [_script(folder, "step"), "{action}", "{service}", "{host}", "{to}"]}


class TestCommandWithUndo(StrategyContract):
    strategy = CommandUpgradeStrategy

    def options(self, folder):
        undo = [_script(folder, "undo"), "{service}", "--host={host}"]
        argv = [_script(folder, "step"), "{service}@{host}", "{project}/{stage}/{step}/{run}/{from}"]
        return {"folder": str(folder), "argv": argv, "undo": undo, "concurrency": "batch"}


class TestAnsible(StrategyContract):
    strategy = AnsibleUpgradeStrategy
    short = False

    def options(self, folder):
        (folder / "upgrade.yml").write_text("- hosts: all\n")
        return {"folder": str(folder), "command": [stand_in(folder)], "playbook": "upgrade.yml"}

    def success(self, assignment: Assignment) -> Outcome:
        names = [name.partition(".")[0] if self.short else name for name in assignment.step.hosts]
        numbers = {"ok": 3, "worked": 2, "changed": 1, "failures": 0, "unreachable": 0}
        return Outcome(0, json.dumps({"kind": "stats", "hosts": dict.fromkeys(names, numbers)}) + "\n")


class TestAnsibleWithEverything(TestAnsible):
    short = True

    def options(self, folder):
        (folder / "back.yml").write_text("- hosts: all\n")
        (folder / "hosts.ini").write_text("cmp1\n")
        (folder / "pw").write_text("hunter2\n")
        return {
            **super().options(folder),
            "undo_playbook": "back.yml",
            "inventory": ["hosts.ini", "extra.example.com,"],
            "tags": ["nova", "neutron"],
            "skip_tags": "slow",
            "extra_vars": {"window": {"from": "22:00"}, "notes": "two words"},
            "vault": ["--vault-id", "dev@pw", "--vault-password-file=pw"],
            "args": ["--diff"],
            "limit": "short",
            "names": {"cmp9": "compute-9"},
            "forks": 2,
            "directory": ".",
            "concurrency": "cloud",
        }


class SshUpgradeStrategy:
    """What a third party might write: a file, a class, an entry point."""

    name: ClassVar[str] = "ssh"

    def __init__(self, options: Mapping[str, Any]) -> None:
        unknown = set(options) - {"folder", "script"}
        if unknown:
            raise UsageError(code="strategy.option", brief=f"{unknown.pop()} is not an option")
        for key in ("folder", "script"):
            if not isinstance(options.get(key), str):
                raise UsageError(code="strategy.option", brief=f"{key} must be a text")
        self._folder, self._script = options["folder"], options["script"]

    def capabilities(self) -> Capabilities:
        return Capabilities(concurrency="host")

    def freeze(self) -> Frozen:
        return Frozen()

    def job(self, assignment: Assignment) -> Job:
        if assignment.undo:
            raise UsageError(code="ssh.undo", brief="there is no way back")
        return Job(argv=self._words(assignment.step), cwd=self._folder)

    def runbook(self, step: Step) -> tuple[str, ...]:
        return (" ".join(self._words(step)),)

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        return Verdict("done") if outcome.returncode == 0 else Verdict("failed", f"exit status {outcome.returncode}")

    def _words(self, step: Step) -> tuple[str, ...]:
        if not step.hosts or not all(host.replace(".", "").replace("-", "x").isalnum() for host in step.hosts):
            raise UsageError(code="ssh.host", brief="no host, or an odd one")
        if any(host.startswith("-") for host in step.hosts):
            raise UsageError(code="ssh.host", brief="a host that reads as an option")
        return ("pdsh", "-w", ",".join(step.hosts), self._script, ",".join(step.services))


class TestThirdParty(StrategyContract):
    strategy = SshUpgradeStrategy

    def options(self, folder):
        return {"folder": str(folder), "script": "upgrade-me"}


class Forgetful(SshUpgradeStrategy):
    """Breaks promises, to show that the suite notices."""

    def __init__(self, options):
        self._folder, self._script = str(options["folder"]), str(options["script"])
        self._jobs = 0

    def job(self, assignment):
        self._jobs += 1
        return Job(argv=("pdsh", "-w", ",".join(assignment.step.hosts), str(self._jobs), "{service}"), cwd="here")

    def judge(self, assignment, outcome):
        return Verdict("done")


class BrokenPromises(StrategyContract):
    strategy = Forgetful

    def options(self, folder):
        return {"folder": str(folder), "script": "x"}


@pytest.mark.parametrize(
    "promise",
    [
        "test_refuses_an_unknown_option_by_name",
        "test_refuses_options_of_a_wrong_type",
        "test_the_same_assignment_gives_the_same_job",
        "test_a_job_names_every_host_and_service",
        "test_a_job_is_complete",
        "test_a_step_without_hosts_is_refused",
        "test_a_host_that_reads_as_an_option_or_a_list_is_refused",
        "test_undo_is_given_exactly_where_it_is_declared",
        "test_failure_is_not_done_and_has_a_reason",
        "test_a_torn_report_is_judged",
    ],
)
def test_the_suite_notices_a_broken_promise(promise, tmp_path):
    with pytest.raises(AssertionError):
        getattr(BrokenPromises(), promise)(tmp_path)
