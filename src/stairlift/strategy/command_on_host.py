"""The operator's command on the hosts of a step, over SSH, one host after the other.

One after the other, because a step has one verdict: side by side, a failure on one host would come when the others are
half done. Whoever wants many hosts at once has `concurrency = "host"`, a step each.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Job, Outcome, Verdict
from stairlift.strategy.acts import Act, acted, connection_verdict, job_of, last_said
from stairlift.strategy.endings import ending, signal_name
from stairlift.strategy.on_host import BEGUN, LOCK_HELD, Guard
from stairlift.strategy.reaching import Reach
from stairlift.strategy.templates import render

#: How long a second attempt waits for the end of what a first one has left on the host, in seconds.
_WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class HostCommand:
    """How the hosts are reached, and the folder there in which the command starts; None is where a login begins."""

    reach: Reach
    folder: str | None

    def files(self) -> tuple[str, ...]:
        """What of the connection a plan records."""
        return self.reach.files()

    def job(self, template: tuple[str, ...], assignment: Assignment, cwd: Path) -> Job:
        """The command on each host, told by its environment what every process of a strategy is told."""
        step = assignment.step
        render(template, step, assignment.run)  # refuses a step without hosts
        lock = f"stairlift-{hashlib.sha256(step.id.encode()).hexdigest()[:12]}"
        guard = Guard(lock, _WAIT_SECONDS, self.folder or "-")
        acts = (self._act(guard, template, one) for one in _host_by_host(assignment))
        return job_of(assignment, tuple(acts), cwd)

    def typed(self, template: tuple[str, ...], step: Step, run: str) -> tuple[tuple[str, ...], ...]:
        """What a person would type for each host."""
        render(template, step, run)
        start = ("env", f"--chdir={self.folder}") if self.folder else ()
        return tuple(self.reach.words(h, *start, *render(template, _on(step, h), run)) for h in step.hosts)

    def _act(self, guard: Guard, template: tuple[str, ...], one: Assignment) -> Act:
        (host,) = one.step.hosts
        words = render(template, one.step, one.run)
        variables = (f"{name}={value}" for name, value in one.environment().items())
        return Act(host, self.reach.words(host, *guard.words("env", *variables, *words)), text=words[0])


def _on(step: Step, host: str) -> Step:
    return replace(step, hosts=(host,))


def _host_by_host(assignment: Assignment) -> tuple[Assignment, ...]:
    return tuple(replace(assignment, step=_on(assignment.step, host)) for host in assignment.step.hosts)


def judge_on_host(outcome: Outcome) -> Verdict:
    """What an end other than 0 means: ssh leaves with 255 for troubles of its own, else as the command did."""
    records, code = acted(outcome.progress), outcome.returncode
    last = records[-1] if records else None
    ssh_code = last.returncode if last else None
    if code < 0 or (ssh_code is not None and ssh_code < 0):
        by = signal_name(-min(code, ssh_code or 0))
        return Verdict("unknown", f"it was interrupted ({by}), and ended on the host wherever it was")
    said = last_said(outcome.log_tail)
    if (connection := connection_verdict(last, said)) is not None:
        return connection
    where = f"{last.host}: " if last else ""
    if last and code == LOCK_HELD and BEGUN not in last.sections:
        return Verdict("failed", f"{where}what an earlier attempt began there still runs", temporary=True)
    reason = where + ending(code) + (f": {said}" if said else "")
    return Verdict("failed", reason, temporary=code == os.EX_TEMPFAIL)
