"""kill -9 of the orchestrator, at random moments, over the whole life of runs, on SQLite and on PostgreSQL.

STAIRLIFT_KILLS says how many there are altogether (60 by default; `make proof` asks for many more),
STAIRLIFT_KILL_SEED which ones.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from chaos import (
    PATIENCE,
    Process,
    Scene,
    Theatre,
    check_attempts,
    check_done,
    check_fences,
    check_surroundings,
    left,
    until,
)
from stairlift.model.errors import Refusal
from stairlift.model.run import RunState, StepState

KILLS = int(os.environ.get("STAIRLIFT_KILLS", "60"))
SEED = int(os.environ.get("STAIRLIFT_KILL_SEED", "0")) or random.SystemRandom().randrange(10**6)

pytestmark = pytest.mark.timeout(300 + 12 * KILLS)

#: What people do while it is killed, in one kind of life after the other: how likely, in each round, is each command.
LIVES: Mapping[str, Mapping[str, float]] = {
    "undisturbed": {},
    "handed over": {},
    "paused": {"pause": 0.5},
    "failing": {},
    "cancelled": {"pause": 0.3, "cancel": 0.5},
    "cancelled now": {"cancel now": 0.5},
    "rolled back": {"pause": 0.3, "rollback": 0.6},
    "surrounded": {"pause": 0.9},
    "fenced": {"pause": 0.6},
    "fenced and cancelled": {"pause": 0.4, "cancel": 0.2},
}
#: What such a life is called after, if it is not over before.
_DECIDED = {
    "cancelled": "cancel",
    "cancelled now": "cancel now",
    "rolled back": "rollback",
    "fenced and cancelled": "cancel",
}
#: The states that a run leaves by itself only if somebody takes it up.
_RESTS = {RunState.PAUSED, RunState.FAILED, RunState.WAITING}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Makes the address of a new journal, given a folder."""
    return request.param


@pytest.fixture
def journal(database: str, tmp_path: Path, request: pytest.FixtureRequest):
    """The address of a new journal, each time."""
    if database == "sqlite":
        return lambda: f"sqlite:///{tmp_path / uuid4().hex}.sqlite"
    return request.getfixturevalue("postgres").journal


@dataclass
class Life:
    """One run from its begin to its end, with what happens to it. `killed` is how often an orchestrator was."""

    theatre: Theatre
    chance: random.Random
    kind: str
    killed: int = 0
    told: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> str:
        run = self.theatre.run()
        return run.state if run else "never begun"

    def live(self, kills: int) -> None:
        """Kill so many orchestrators, unless it is over before; then let it come to its end."""
        if self.kind == "failing" or self.theatre.scene.fences:
            self._make_some_fail()
        attack = self._hand_over if self.kind == "handed over" else self._attack
        while self.killed < kills and attack():
            if self.chance.random() < 0.3:
                time.sleep(self.chance.random() * 0.5)  # attempts end while nobody looks
        if self.kind in _DECIDED and not self.told[_DECIDED[self.kind]] and self._goes_on():
            self._insist(_DECIDED[self.kind])
        self._come_to_its_end()

    def _attack(self) -> bool:
        """One orchestrator that is killed; False once the run is over.

        Half of the kills count from the program's start and hit its opening; the others from when it holds the lease.
        """
        process = self.theatre.orchestrator()
        if self.chance.random() < 0.5:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(self.chance.random() * 0.4)
        if self.theatre.begun():
            self._command()
        time.sleep(self.chance.random() * 0.4)
        self.killed += _kill(process)
        return self._goes_on()

    def _hand_over(self) -> bool:
        """Two that stand by, behind one that is killed: one of them goes on. So does the next, when that is killed."""
        processes = [self.theatre.orchestrator()]
        until(self.theatre.run)
        processes += [self.theatre.orchestrator("--standby") for _ in range(2)]
        for process in processes:
            time.sleep(self.chance.random() * 0.6)
            self.killed += _kill(process)
        return self._goes_on()

    def _command(self) -> None:
        for kind, likely in LIVES[self.kind].items():
            if self.chance.random() < likely:
                self._tell(kind)

    def _insist(self, kind: str) -> None:
        """Chance left it out, so it is told while an orchestrator that nobody kills is at work."""
        before = self.theatre.begun()
        process = self.theatre.orchestrator()
        until(lambda: self.theatre.begun() > before or process.poll() is not None)
        self._tell(kind)
        left(process)

    def _tell(self, kind: str) -> None:
        command, *now = kind.split()
        with suppress(Refusal):  # it has come to an end, or is out for something else
            self.theatre.tell(command, details={"now": True} if now else None)
            self.told[kind] += 1

    def _goes_on(self) -> bool:
        run = self.theatre.run()
        if run is not None and run.state in _RESTS:
            self._encourage()
        return run is None or run.state not in {RunState.DONE, RunState.CANCELLED, RunState.ROLLED_BACK}

    def _encourage(self) -> None:
        for step in self.theatre.those(StepState.FAILED, StepState.UNDO_FAILED):
            self.theatre.tell("retry", step)

    def _make_some_fail(self) -> None:
        hosts = self.chance.sample(range(1, self.theatre.scene.hosts + 1), 3)
        names = [f"cmp{host}-{self.chance.choice(self.theatre.scene.actions)}" for host in hosts]
        (self.theatre.folder / "fails").write_text("\n".join(names) + "\n")

    def _come_to_its_end(self) -> None:
        for _ in range(20):
            if not self._goes_on():
                return
            left(self.theatre.orchestrator())
        raise AssertionError(f"it does not end: {self.theatre.run()}")


def _kill(process: Process) -> bool:
    """Whether it was alive to be killed."""
    process.send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=PATIENCE)
    assert errors == "", errors
    return process.returncode == -signal.SIGKILL


def _check(life: Life) -> None:
    """What the jobs wrote agrees with how the run ended."""
    run = life.theatre.run()
    assert run is not None
    if life.theatre.scene.around:
        check_surroundings(life.theatre)
    if life.theatre.scene.fences:
        check_attempts(life.theatre)
        check_fences(life.theatre)
        return
    if run.state is RunState.DONE and life.kind != "failing":
        check_done(life.theatre)
        return
    check_attempts(life.theatre)
    lines = life.theatre.lines()
    begun, ended = ({step for word, step, _ in lines if word == expected} for expected in ("begin", "end"))
    if run.state is RunState.DONE:
        assert len(ended) == life.theatre.steps
    elif run.state is RunState.CANCELLED:
        assert life.told["cancel"] + life.told["cancel now"]
        done = set(life.theatre.those(StepState.DONE))
        assert begun - done <= set(life.theatre.those(StepState.UNKNOWN)), "others were ended before their first word"
        assert done <= ended, "nothing is done that was ended by force"
        assert life.told["cancel now"] or begun == done
    else:
        assert run.state is RunState.ROLLED_BACK
        assert set(life.theatre.those(StepState.UNDONE)) == begun
        with life.theatre.store() as store:
            undos = {(a.id.step, a.id.number) for a in store.attempts(run.id) if a.undo}
        undone = {step for word, step, number in lines if word == "end" and (step, number) in undos}
        assert undone == begun, "what was on record and had not begun is taken back as well, to be sure"


@pytest.fixture
def seed() -> Iterator[random.Random]:
    print(f"STAIRLIFT_KILL_SEED={SEED}")
    return random.Random(SEED)


def test_no_kill_loses_a_step_or_runs_one_twice(journal, database: str, seed: random.Random, tmp_path: Path) -> None:
    killed, lives, told, ends = 0, Counter[str](), Counter[str](), Counter[str]()
    while killed < KILLS // 2 or len(lives) < len(LIVES):
        kind = list(LIVES)[lives.total() % len(LIVES)]
        kinds = {"fences": kind.startswith("fenced"), "around": kind == "surrounded"}
        theatre = Theatre(tmp_path / f"life {lives.total()}", Scene(journal(), **kinds))
        life = Life(theatre, seed, kind)
        try:
            life.live(seed.randint(2, 6))
            _check(life)
        except BaseException:
            print(f"{life.kind}:\n{theatre.record()}")
            raise
        killed += life.killed
        lives[kind] += 1
        told += life.told
        ends[life.state] += 1
    print(f"{database}: {killed} kills in {lives.total()} runs: 0 lost, 0 finished twice, 0 in flight started twice")
    print(f"lives: {_listed(lives)}; told: {_listed(told)}; ended: {_listed(ends)}")


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counted.items()) or "nothing"
