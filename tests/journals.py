"""Journals with runs that have come so far, written as the run's loop writes them and without anything being run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stairlift.drive.begin import new_run
from stairlift.execute.attempt_folder import PROGRESS
from stairlift.execute.local import LocalExecutor
from stairlift.execute.supervisor import LOG
from stairlift.model.plan import Plan
from stairlift.model.plan_document import to_document
from stairlift.model.run import Change, Run, RunState, StepStatus
from stairlift.model.work import Verdict
from stairlift.run import changes
from stairlift.store.memory import MemoryStore
from stairlift.testing.clouds import NOON
from stairlift.wiring.office import Office


def an_office(folder: Path) -> Office:
    """A journal in memory, and attempts in a folder."""
    return Office(MemoryStore(), LocalExecutor(folder / "attempts"), folder)


@dataclass
class Ledger:
    """Writes about one run. Each entry takes ten seconds."""

    office: Office
    plan: Plan
    run: Run
    at: datetime

    @classmethod
    def opened(cls, office: Office, plan: Plan, at: datetime = NOON, **given) -> "Ledger":
        with office.store.hold(plan.cloud) as journal:
            run = new_run(journal, plan, to_document(plan), now=at, actor="ada", **given)
        return cls(office, plan, run, at)

    @classmethod
    def begun(cls, office: Office, plan: Plan, at: datetime = NOON, **given) -> "Ledger":
        ledger = cls.opened(office, plan, at, **given)
        ledger.writes(changes.begun(ledger.run, at, approve_all=False))
        return ledger

    def writes(self, *made: Change) -> "Ledger":
        with self.office.store.hold(self.plan.cloud) as journal:
            journal.commit(self.run.id, made)
        self.run = self.office.store.run(self.run.id)
        self.at += timedelta(seconds=10)
        return self

    def status(self, step: str) -> StepStatus:
        return next(s for s in self.office.store.steps(self.run.id) if s.id == step)

    def starts(self, *steps: str) -> "Ledger":
        return self.writes(*(changes.started(self.run.id, self.status(step), self.at) for step in steps))

    def ends(self, step: str, result: str = "done", reason: str = "", *, verify: bool = False) -> "Ledger":
        verdict = Verdict(result, reason)
        attempt = self.office.store.attempts(self.run.id, step)[-1]
        closed = changes.closed(attempt, verdict, self.at, 0 if result == "done" else 1)
        return self.writes(changes.worked(self.status(step), closed, verdict, self.at, verify=verify))

    def does(self, *steps: str) -> "Ledger":
        for step in steps:
            self.starts(step).ends(step)
        return self

    def fails(self, step: str, reason: str = "exit status 3") -> "Ledger":
        return self.starts(step).ends(step, "failed", reason)

    def asks(self, step: str) -> "Ledger":
        return self.writes(changes.asked(self.status(step), self.at))

    def rests(self, state: RunState, reason: str = "") -> "Ledger":
        return self.writes(changes.finished(self.run, state, reason, self.at))

    def prints(self, step: str, text: str, file: str = LOG) -> "Ledger":
        """What the newest attempt of a step writes."""
        path = self.office.file(self.office.store.attempts(self.run.id, step)[-1], file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as log:
            log.write(text)
        return self

    def tells(self, step: str, text: str) -> "Ledger":
        return self.prints(step, text, PROGRESS)
