"""What pages cost a server: of a run of 2,000 hosts and 80,000 steps that is half done, on a journal written for it.

First is the first look at this run of a server that has shown a small one; then each time an event has come; then what
everybody else gets who looks at the same moment. Each page has a server of its own, so that none is paid for by another.
Processor time is that of the whole process, with the client that asks; its part is small.
"""

import gc
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
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
from stairlift.model.run import Change, Run, RunState, StepStatus
from stairlift.model.shelf import Sighting
from stairlift.model.work import Verdict
from stairlift.ports import Journal
from stairlift.run import changes
from stairlift.store.opening import open_engine, upgrade
from stairlift.testing.plans import a_plan, a_step
from stairlift.web.app import the_app
from stairlift.wiring.clock import now
from stairlift.wiring.config.settings import Settings
from stairlift.wiring.server.house import House, open_house

HOSTS, QUICK_HOSTS, STEPS = 2000, 20, 40
ROUNDS, QUICK_ROUNDS = 5, 2
MOST_CPU, MOST_KB = 0.3, 300.0
#: Seconds that a first look may take; a report is worked out anew for whoever asks.
MOST_FIRST, MOST_REPORT = 1.0, 3.0
REPORT = "/runs/RUN/report"
#: The pages that are looked at.
PAGES = (
    "/runs/RUN",
    "/runs/RUN/timeline",
    "/clouds/CLOUD/hosts",
    "/runs/RUN/plan",
    "/runs/RUN/plan?stage=compute",
    "/runs/RUN/steps/STEP",
    REPORT,
    "/v1/runs/RUN/actions",
    "/",
)
_AT_ONCE = 2000
#: As `stairlift serve` has it.
COLLECT = (10_000, 20, 20)


@dataclass(frozen=True)
class Look:
    """What one page cost, in seconds of processor time, and how many bytes it has."""

    cpu: float
    size: int


def measure(quick: bool = False) -> Table:
    """The table."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        written = Written.in_folder(Path(name), QUICK_HOSTS if quick else HOSTS, stack)
        before = gc.get_threshold()
        gc.set_threshold(*COLLECT)
        gc.collect()
        gc.freeze()  # what the bench itself keeps in mind is no burden of a server
        looked = [_looked(written, page, QUICK_ROUNDS if quick else ROUNDS) for page in PAGES]
        gc.unfreeze()
        gc.set_threshold(*before)
    return Table(
        title=f"A run of {len(written.plan.steps):,} steps on {QUICK_HOSTS if quick else HOSTS:,} hosts, half done",
        heads=("page", "first ms", "after an event ms", "the same again ms", "KB"),
        rows=tuple(
            (name, *(f"{1000 * one.cpu:.0f}" for one in looks), f"{looks[0].size / 1000:.0f}") for name, looks in looked
        ),
        ratios=tuple(ratio for name, looks in looked for ratio in _ratios(name, looks)),
    )


def _ratios(name: str, looks: Sequence[Look]) -> Iterable[Ratio]:
    yield Ratio(f"{name}: CPU seconds of the first look", looks[0].cpu, MOST_REPORT if name == REPORT else MOST_FIRST)
    yield Ratio(f"{name}: CPU seconds after an event", looks[1].cpu, MOST_REPORT if name == REPORT else MOST_CPU)
    yield Ratio(f"{name}: KB", max(one.size for one in looks) / 1000, MOST_KB)


def _looked(written: "Written", page: str, rounds: int) -> tuple[str, tuple[Look, ...]]:
    """A page: the first time, after an event, and once more at once."""
    with written.server() as client:
        path, other = (written.path(page, run) for run in (written.run, written.small))
        if other != path:  # what has nothing to do with a run is looked at by whoever comes
            look(client, other)
        first, anew, again = look(client, path), [], []
        for _ in range(rounds):
            written.moves_on()
            anew.append(look(client, path))
            again.append(look(client, path))
    return page, (first, _middle(anew), _middle(again))


def look(client: TestClient, path: str) -> Look:
    """What a page costs now."""
    began = time.process_time()
    answer = client.get(path, headers={"Accept": "application/json" if path.startswith("/v1") else "text/html"})
    assert answer.status_code == 200, answer.text
    return Look(time.process_time() - began, len(answer.content))


def _middle(looks: Sequence[Look]) -> Look:
    return Look(median(one.cpu for one in looks), max(one.size for one in looks))


@dataclass
class Written:
    """A journal with a run, and a `small` one before it that is done."""

    folder: Path
    secret: str
    plan: Plan
    small: Run
    run: Run
    journal: Journal
    ahead: list[str]

    @classmethod
    def in_folder(cls, folder: Path, hosts: int, stack: ExitStack) -> "Written":
        """The run, with the first half of every host's steps done."""
        house, plan, few = _house(folder), the_plan(hosts), the_plan(1)
        stack.callback(house.close)
        secret = _secret(house)
        journal = stack.enter_context(house.office.store.hold(plan.cloud))
        at = now() - timedelta(hours=4)
        small = _done(_began(journal, few, at - timedelta(hours=4)), journal, [step.id for step in few.steps])
        small = replace(small, state=RunState.DONE, ended_at=small.created_at + timedelta(hours=1))
        journal.commit(small.id, [Change("run.done", at, run=small)])
        half = [step.id for n, step in enumerate(plan.steps) if n % STEPS < STEPS // 2]
        run = _done(_began(journal, plan, at), journal, half)
        ahead = [step.id for n, step in enumerate(plan.steps) if n % STEPS == STEPS // 2]
        house.library.keep_sighting(*_sighting(plan))
        return cls(folder, secret, plan, small, run, journal, ahead)

    def moves_on(self) -> None:
        """A step more is in flight."""
        self.journal.commit(self.run.id, [changes.started(self.run.id, StepStatus(self.ahead.pop(0)), now())])

    def path(self, page: str, run: Run) -> str:
        """The address of a page of this run."""
        step = self.ahead[0] if run == self.run else self.plan.steps[0].id
        return page.replace("RUN", run.id).replace("CLOUD", run.cloud).replace("STEP", step)

    @contextmanager
    def server(self) -> Iterator[TestClient]:
        """One that begins now, and somebody who may ask it everything."""
        house = _house(self.folder)
        try:
            headers = {"Authorization": f"Bearer {self.secret}"}
            yield TestClient(the_app(house), headers=headers, follow_redirects=False)
        finally:
            house.close()


def _began(journal: Journal, plan: Plan, at: datetime) -> Run:
    run = new_run(journal, plan, to_document(plan), now=at, actor="bench")
    journal.commit(run.id, [changes.begun(run, at, approve_all=False)])
    return replace(run, state=RunState.RUNNING, started_at=at)


def _done(run: Run, journal: Journal, steps: Sequence[str]) -> Run:
    """So many at a time begin and end well, a minute later."""
    at = run.created_at
    for place in range(0, len(steps), _AT_ONCE):
        begun = [changes.started(run.id, StepStatus(step), at) for step in steps[place : place + _AT_ONCE]]
        at += timedelta(seconds=60)
        journal.commit(run.id, begun)
        journal.commit(run.id, [_ended(change, at) for change in begun])
    return run


def _ended(change: Change, at: datetime) -> Change:
    assert change.step is not None
    assert change.attempt is not None
    verdict = Verdict("done")
    return changes.worked(change.step, changes.closed(change.attempt, verdict, at, 0), verdict, at, verify=False)


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
    document: dict[str, object] = {
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


def _secret(house: House) -> str:
    """Of somebody who may do everything."""
    secret = f"{MARK}{token_urlsafe(32)}"
    house.keys.add(Token(uuid4().hex, "bench", digest_of(secret), RIGHTS, now(), "bench"))
    return secret
