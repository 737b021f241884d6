"""A world for a run's loop in which everything happens when a test says so, and that looks at each start of an attempt.

The loop, the board and the store are the real ones. `World` stands in for machines with processes: what a real executor
does is kept by `stairlift.testing.executor_contract`, and what `kill -9` does to it by tests/e2e/test_kill9.py.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from pathlib import PurePath

from hypothesis import strategies as st

from stairlift.model.plan import Plan, Step
from stairlift.model.run import AttemptId, Ending, Lost
from stairlift.model.work import Job
from stairlift.testing.plans import a_binding, a_plan, a_step

_TURNS = 25


@st.composite
def plans(draw, *, failing: tuple[str, ...] = ("stop", "pause"), can_undo: bool = False) -> Plan:
    """Small plans of every shape: units, windows, budgets, gates, one-way steps, a binding that bears one process.

    As in every plan that is made, the steps of a unit follow each other, and only its first waits for others.
    """
    hosts = [f"h{n}" for n in range(draw(st.integers(1, 4)))]
    steps: list[Step] = []
    for unit in range(draw(st.integers(1, 5))):
        for place in range(size := draw(st.sampled_from([1, 1, 2, 3]))):
            steps.append(_drawn(draw, steps, hosts, (f"u{unit}" if size > 1 else "", place), can_undo=can_undo))
    widest = len(hosts)
    return a_plan(
        *steps,
        windows={key: draw(st.integers(widest, widest + 1)) for key in ("a", "b")},
        budgets={key: draw(st.integers(0, 2)) for key in ("x", "y")},
        bindings=[
            a_binding("command", can_undo=can_undo),
            a_binding("serial", concurrency="cloud", can_undo=can_undo and draw(st.booleans())),
        ],
        on_failure=draw(st.sampled_from(failing)),
    )


def _drawn(draw, steps: list[Step], hosts: list[str], at: tuple[str, int], *, can_undo: bool) -> Step:
    """The next step of a plan, at its place in its unit."""
    unit, place = at
    earlier = [step.id for step in steps]
    some = st.lists(st.sampled_from(earlier), max_size=2, unique=True) if earlier else st.just([])
    actions = ["upgrade", "upgrade", "upgrade", "cordon", "db-expand"]
    return a_step(
        f"s{len(steps)}",
        stage=draw(st.sampled_from(["prepare", "control", "compute"])),
        action=draw(st.sampled_from([*actions] if unit else [*actions, "approve"])),
        needs=[earlier[-1]] if place else draw(some),
        after=[] if place else draw(some),
        hosts=draw(st.lists(st.sampled_from(hosts), min_size=1, max_size=2, unique=True)),
        unit=unit,
        slots=draw(st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True)),
        budgets=draw(st.sampled_from([("x",), ("x", "y"), ("y",), ()])),
        one_way=draw(st.integers(0, 12 if can_undo else 4)) == 0,
        strategy=draw(st.sampled_from(["command", "command", "serial"])),
        deadline=draw(st.sampled_from([None, None, 40])) if can_undo else None,
    )


async def quiet() -> None:
    """Let everybody do what they can do without time passing."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


class MadeTime:
    """Fills ports.Clock: time passes when somebody says so."""

    def __init__(self) -> None:
        self._at = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, tzinfo=UTC) + timedelta(seconds=self._at)

    def steady(self) -> float:
        return self._at

    async def sleep(self, seconds: float) -> None:
        wakes = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (self._at + seconds, next(self._numbers), wakes))
        await wakes

    async def passes(self, seconds: float) -> None:
        until = self._at + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            self._at, _, wakes = heappop(self._sleepers)
            if not wakes.done():
                wakes.set_result(None)
                await quiet()
        self._at = until


class World:
    """Fills ports.Executor: an attempt runs until it is told how it ends, whoever has started it. `begins` is asked at
    each start, and raises where it should not be.
    """

    def __init__(self, clock: MadeTime, begins: Callable[[AttemptId], None]) -> None:
        self._clock = clock
        self._begins = begins
        self._endings: dict[AttemptId, asyncio.Future[Ending]] = {}
        self._left: set[AttemptId] = set()

    def alive(self) -> list[AttemptId]:
        """What runs, with what is left of attempts whose end nobody saw."""
        return [a for a, ending in self._endings.items() if not ending.done() or a in self._left]

    def at_work(self) -> list[AttemptId]:
        """What runs and will have an end."""
        return [a for a, ending in self._endings.items() if not ending.done()]

    def ends(self, attempt: AttemptId, ending: Ending, *, leaves: bool = False) -> None:
        """An attempt comes to its end; if it was lost it may leave something that runs on."""
        self._endings[attempt].set_result(ending)
        if leaves:
            self._left.add(attempt)

    def sweep(self) -> None:
        """What was left has ended, too."""
        self._left.clear()

    def folder(self, attempt: AttemptId) -> PurePath:
        return PurePath("/nowhere", attempt.run, attempt.step, str(attempt.number))

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """Every run can be taken up here."""

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        if attempt not in self._endings:
            job()
            self._begins(attempt)
            self._endings[attempt] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(self._endings[attempt])

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        return ("a process",) if attempt in self.alive() else ()

    def age(self, attempt: AttemptId) -> float | None:
        return None

    async def end(self, attempt: AttemptId) -> None:
        self._left.discard(attempt)
        if attempt in self.at_work():
            self.ends(attempt, Lost("it was stopped by force half-way", self._clock.now()))


class Registry:
    """Fills ports.FreshnessProbe: everybody reports but those who are `silent`."""

    def __init__(self) -> None:
        self.silent: set[str] = set()

    async def stale(self, services: Sequence[tuple[str, str]], since: datetime) -> tuple[str, ...]:
        return tuple(f"{binary} on {host} has not reported" for binary, host in services if host in self.silent)


def places(plan: Plan, units_of: Sequence[str]) -> dict[str, int]:
    """What the units of these steps take of each window: all their hosts, also those whose turn has not come."""
    units = {step.unit or step.id for step in plan.steps if step.id in units_of}
    hosts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for step in plan.steps:
        if (step.unit or step.id) in units:
            for slot in step.slots:
                hosts[slot, step.unit or step.id].update(step.hosts)
    taken: dict[str, int] = defaultdict(int)
    for (slot, _), names in hosts.items():
        taken[slot] += len(names)
    return taken
