"""What pages cost a server: of a run of 2,000 hosts and 80,000 steps that is half done, on a journal written for it.

First is the first look after the server began; then each time an event has come; then what everybody else gets who
looks at the same moment. Processor time is that of the whole process, with the client that asks; its part is small.
"""

import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from statistics import median
from uuid import uuid4

from starlette.testclient import TestClient

from bench.table import Ratio, Table
from stairlift.drive.begin import new_run
from stairlift.model.access import MARK, RIGHTS, Token, digest_of
from stairlift.model.plan import Plan, Step
from stairlift.model.plan_document import to_document
from stairlift.model.run import Change, Run, StepStatus
from stairlift.model.shelf import Sighting
from stairlift.model.work import Verdict
from stairlift.ports import Journal
from stairlift.run import changes
from stairlift.store.opening import open_engine, upgrade
from stairlift.testing.plans import a_plan, a_step
from stairlift.web.app import the_app
from stairlift.wiring.clock import now
from stairlift.wiring.house import House, open_house
from stairlift.wiring.settings import Settings

HOSTS, QUICK_HOSTS, STEPS = 2000, 20, 40
ROUNDS, QUICK_ROUNDS = 7, 2
MOST_CPU, MOST_KB = 0.3, 300.0
_AT_ONCE = 2000


@dataclass(frozen=True)
class Look:
    """What one page cost, in seconds of processor time, and how many bytes it has."""

    cpu: float
    size: int


def measure(quick: bool = False) -> Table:
    """The table."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        written = Written.in_folder(Path(name), QUICK_HOSTS if quick else HOSTS, stack)
        looked = [_looked(written, path, QUICK_ROUNDS if quick else ROUNDS) for path in written.paths()]
    return Table(
        title=f"A run of {len(written.plan.steps):,} steps on {QUICK_HOSTS if quick else HOSTS:,} hosts, half done",
        heads=("page", "first ms", "after an event ms", "the same again ms", "KB"),
        rows=tuple(
            (name, *(f"{1000 * one.cpu:.0f}" for one in looks), f"{looks[0].size / 1000:.0f}") for name, looks in looked
        ),
        ratios=tuple(ratio for name, looks in looked for ratio in _ratios(name, looks)),
    )


def _ratios(name: str, looks: Sequence[Look]) -> Iterable[Ratio]:
    yield Ratio(f"{name}: CPU seconds after an event", looks[1].cpu, MOST_CPU)
    yield Ratio(f"{name}: KB", max(one.size for one in looks) / 1000, MOST_KB)


def _looked(written: "Written", path: str, rounds: int) -> tuple[str, tuple[Look, ...]]:
    """A page: the first time, after an event, and once more at once."""
    first = written.look(path)
    anew, again = [], []
    for _ in range(rounds):
        written.moves_on()
        anew.append(written.look(path))
        again.append(written.look(path))
    return path.replace(written.run.id, "RUN"), (first, _middle(anew), _middle(again))


def _middle(looks: Sequence[Look]) -> Look:
    return Look(median(one.cpu for one in looks), max(one.size for one in looks))


@dataclass
class Written:
    """A journal, and somebody who asks the server over it."""

    house: House
    plan: Plan
    run: Run
    client: TestClient
    journal: Journal
    ahead: list[str]
    at: datetime

    @classmethod
    def in_folder(cls, folder: Path, hosts: int, stack: ExitStack) -> "Written":
        """The run, with the first half of every host's steps done."""
        house = _house(folder)
        plan = the_plan(hosts)
        journal, at = stack.enter_context(house.office.store.hold(plan.cloud)), now() - timedelta(hours=4)
        run = new_run(journal, plan, to_document(plan), now=at, actor="bench")
        journal.commit(run.id, [changes.begun(run, at, approve_all=False)])
        half = [step.id for n, step in enumerate(plan.steps) if n % STEPS < STEPS // 2]
        found = cls(house, plan, house.office.store.run(run.id), _client(house), journal, [], at)
        for place in range(0, len(half), _AT_ONCE):
            found.does(half[place : place + _AT_ONCE])
        found.ahead = [step.id for n, step in enumerate(plan.steps) if n % STEPS == STEPS // 2]
        house.library.keep_sighting(*_sighting(plan))
        return found

    def does(self, steps: Iterable[str]) -> None:
        """Steps begin and end well, all at the same time."""
        begun = [changes.started(self.run.id, StepStatus(step), self.at) for step in steps]
        self.journal.commit(self.run.id, begun)
        self.at += timedelta(seconds=60)
        self.journal.commit(self.run.id, [self._ended(change) for change in begun])

    def _ended(self, change: Change) -> Change:
        assert change.step is not None
        assert change.attempt is not None
        verdict = Verdict("done")
        return changes.worked(
            change.step, changes.closed(change.attempt, verdict, self.at, 0), verdict, self.at, verify=False
        )

    def moves_on(self) -> None:
        """A step more is in flight."""
        self.journal.commit(self.run.id, [changes.started(self.run.id, StepStatus(self.ahead.pop(0)), now())])

    def paths(self) -> tuple[str, ...]:
        """The pages that are looked at."""
        return (f"/runs/{self.run.id}", f"/runs/{self.run.id}/timeline", f"/clouds/{self.plan.cloud}/hosts", "/")

    def look(self, path: str) -> Look:
        """What it costs now."""
        began = time.process_time()
        answer = self.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return Look(time.process_time() - began, len(answer.content))


def the_plan(hosts: int) -> Plan:
    """So many hypervisors with forty steps each, one behind the other."""
    steps = [step for n in range(1, hosts + 1) for step in _of_host(f"cmp{n:04}")]
    return a_plan(*steps, windows={"plane:resource": 100}, cloud="bench")


def _of_host(host: str) -> list[Step]:
    names = [f"2026.1-step{n:02}@{host}" for n in range(STEPS)]
    return [
        replace(a_step(name, hosts=(host,), needs=(before,) if before else (), unit=host), slots=("plane:resource",))
        for name, before in zip(names, ("", *names), strict=False)
    ]


def _sighting(plan: Plan) -> tuple[Sighting, dict[str, object]]:
    hosts = sorted(plan.placement)
    document = {
        "release": {"series": "2025.1"},
        "hosts": [{"name": host, "roles": ["compute"], "zone": f"az{n % 3}"} for n, host in enumerate(hosts)],
        "services": [
            {"host": h, "binary": "nova-compute", "state": "up", "status": "enabled", "version": None, "releases": []}
            for h in hosts
        ],
    }
    return Sighting("bench", plan.cloud, "2025.1", len(hosts), len(hosts), now(), "bench"), document


def _house(folder: Path) -> House:
    url = f"sqlite:///{folder / 'stairlift.sqlite'}"
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    return open_house(Settings(state_dir=folder, database_url=url))


def _client(house: House) -> TestClient:
    secret = f"{MARK}{token_urlsafe(32)}"
    house.keys.add(Token(uuid4().hex, "bench", digest_of(secret), RIGHTS, now(), "bench"))
    return TestClient(the_app(house), headers={"Authorization": f"Bearer {secret}"}, follow_redirects=False)
