"""What the end of kolla-ansible means. Its return code alone proves nothing: see `strategy.ansible.verdict`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stairlift.model.work import Assignment, Outcome, Verdict
from stairlift.strategy.ansible import verdict
from stairlift.strategy.ansible.verdict import PlaybookReport
from stairlift.strategy.kolla.commands import touches_others
from stairlift.strategy.kolla.tags import playbooks

#: What the playbook that compares configurations leaves in the attempt's folder.
DIFFERENCE = "configuration.diff"


def judge(hosts: Sequence[str], assignment: Assignment, outcome: Outcome) -> Verdict:
    """As of any playbook; of a step that goes without its hosts as a limit, those count where something was done."""
    step = assignment.step
    if (step.stage == "infra" or step.project in playbooks().unseen) and _switched_off(hosts, outcome):
        return Verdict("done", "kolla-ansible had nothing to do: its configuration has the service switched off")
    beyond = touches_others(step)
    judged = verdict.judge(_reached(hosts, outcome) if step.action == "db-migrate" else hosts, outcome, others=beyond)
    if judged.result != "done" or step.stage != "prepare":
        return judged
    file = Path(assignment.folder / DIFFERENCE)
    return replace(
        judged,
        reason=f"images are there; in the configuration would change: {_by_service(file)}",
        facts={"configuration": str(file)},  # how many tasks changed something says nothing of the cloud
    )


def _by_service(difference: Path) -> str:
    """How much would change of which service: the head of the file, up to the first empty line."""
    try:
        head, _, _ = difference.read_text(encoding="utf-8", errors="replace").partition("\n\n")
    except OSError as wrong:
        return f"unknown ({wrong.strerror})"
    return ", ".join(head.splitlines())


def _switched_off(hosts: Sequence[str], outcome: Outcome) -> bool:
    """Inventories have a group for every service; of one that is off only the opening plays run, and do no work."""
    report = PlaybookReport.read(outcome.progress)
    found = report.hosts or {}
    idle = all(report.count(host, what) == 0 for host in found for what in ("worked", "failures", "unreachable"))
    return outcome.returncode == 0 and not report.checked and idle and set(hosts) <= set(found)


def _reached(hosts: Sequence[str], outcome: Outcome) -> Sequence[str]:
    """Which host carries out what happens once is kolla-ansible's choice: the first of a group."""
    report = PlaybookReport.read(outcome.progress)
    worked = [host for host in report.hosts or () if report.count(host, "worked")]
    return worked or hosts
