"""A server's house over a real journal in a folder: runs are put on record in it, and somebody asks it by HTTP.

Who carries runs out is a stand-in that only writes down what it was asked for; the real one is kept honest by
tests/unit/wiring/test_attendance.py and tests/e2e/test_serve.py.
"""

import shutil
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from starlette.testclient import TestClient

from journals import Ledger
from stairlift.model.access import RIGHTS, Right
from stairlift.model.plan import Plan
from stairlift.model.run import Run
from stairlift.store.opening import open_engine, upgrade
from stairlift.testing.clouds import NOON
from stairlift.testing.plans import a_rollout
from stairlift.web.app import the_app
from stairlift.wiring.admitting import Wish, issue
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.server.attendance import Attending
from stairlift.wiring.server.house import House, open_house
from stairlift.wiring.server.jobs import Job, JobKind


@dataclass
class Noted:
    """Attends to nothing, and remembers what it was asked for. `attending` is what it says of every run."""

    attending: Attending = field(default_factory=lambda: Attending("nobody"))
    taken: list[tuple[str, str, bool]] = field(default_factory=list)
    nudged: list[str] = field(default_factory=list)

    def take_up(self, run_id: str, actor: str, *, approve_all: bool = False) -> None:
        self.taken.append((run_id, actor, approve_all))

    def nudge(self, run_id: str) -> None:
        self.nudged.append(run_id)

    def of(self, run: Run) -> Attending:
        return self.attending

    def close(self) -> bool:
        """There is nothing to let go of."""
        return True


def settings_in(folder: Path, **given) -> Settings:
    """Those of somebody whose state is in this folder, with a journal in its newest shape."""
    file = folder / "state" / "stairlift.sqlite"
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_migrated(), file)
    return Settings(state_dir=file.parent, database_url=f"sqlite:///{file}", **given)


@cache
def _migrated() -> Path:
    """A journal that was migrated once, for all tests of this process to copy."""
    file = Path(mkdtemp(prefix="stairlift-journal-")) / "journal.sqlite"
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    return file


def a_house(folder: Path, **given) -> House:
    """The house of a server whose state is in this folder. Of its parts those are replaced that are `given`."""
    settings = given.pop("settings", None) or settings_in(folder)
    house = open_house(settings)
    return replace(house, **({"attendance": Noted(), "jobs": AtOnce()} | given))


def a_run(house: House, plan: Plan | None = None, **given) -> Ledger:
    """A run that has begun, on record, to be written about further: `a_run(house).does("cmp1-cordon").run`.

    `at` is when it began, `options` what it keeps.
    """
    return Ledger.begun(house.office, plan or a_rollout(2), **{"at": NOON, **given})


def client(house: House, *rights: Right, name: str = "ada", **given) -> TestClient:
    """Somebody who may do this (everything, where nothing is said), and asks the server of this house by a token.

    Who goes on record is called by the name; a second client of the same name is called ada-2.
    """
    shown = a_token(house, *rights, name=name)
    return TestClient(the_app(house), headers={"Authorization": f"Bearer {shown}"}, **given)


def a_token(house: House, *rights: Right, name: str = "ada") -> str:
    """The token itself, of somebody who may do this."""
    known = sum(token.name == name or token.name.startswith(f"{name}-") for token in house.keys.tokens())
    wish = Wish(f"{name}-{known + 1}" if known else name, rights or RIGHTS)
    return issue(house.keys, wish, "a test", now())[1]


@dataclass
class AtOnce:
    """Does each job before the answer goes out."""

    jobs: dict[str, Job] = field(default_factory=dict)

    def begin(self, kind: JobKind, actor: str, work) -> Job:
        job = Job(f"job-{len(self.jobs) + 1}", kind, actor, now())
        result, location = work(lambda _: None)
        self.jobs[job.id] = replace(job, state="done", result=result, location=location, ended_at=now())
        return job

    def find(self, job_id: str) -> Job:
        return self.jobs[job_id]

    def close(self) -> None:
        """There is nothing to let go of."""
