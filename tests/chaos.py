"""A run under attack: where it is, whom to start and to kill, and what the jobs themselves say was done."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from stairlift.drive.commands import tell
from stairlift.model.plan_document import from_document
from stairlift.model.run import Command, Run, RunState, StepState
from stairlift.store.sql import SqlStore, open_store

#: How long one orchestrator may take from its start to the end of its run, in seconds.
PATIENCE = 180.0

Process = subprocess.Popen[str]


@dataclass(frozen=True)
class Scene:
    """What orchestrators in a folder are told; it is kept there, since they are programs of their own."""

    database: str
    hosts: int = 8
    window: int = 3
    lasting: float = 0.15
    ttl: float = 30.0
    cloud: str = "lab"
    actions: tuple[str, ...] = ("cordon", "upgrade", "uncordon")
    fences: bool = False
    around: bool = False

    @classmethod
    def of(cls, folder: Path) -> "Scene":
        told = json.loads((folder / "scene.json").read_text())
        return cls(**{**told, "actions": tuple(told["actions"])})


class Theatre:
    """A folder in which a run is carried out, killed and taken up again."""

    def __init__(self, folder: Path, scene: Scene) -> None:
        self.folder = folder
        self.scene = scene
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scene.json").write_text(json.dumps(asdict(scene)))

    @property
    def steps(self) -> int:
        return self.scene.hosts * len(self.scene.actions)

    def orchestrator(self, *more: str) -> Process:
        """Start one; it prints `holds TIME` once it has the lease, and the run's state when it leaves."""
        here = Path(__file__).parent
        argv = [sys.executable, str(here / "e2e" / "orchestrate.py"), str(self.folder), *more]
        environ = {**os.environ, "PYTHONPATH": str(here)}
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)

    @contextmanager
    def store(self) -> Iterator[SqlStore]:
        store = open_store(self.scene.database, self.folder / "locks-here")
        try:
            yield store
        finally:
            store.close()

    def run(self) -> Run | None:
        """The newest run, or None as long as there is none."""
        with self.store() as store:
            return store.newest(self.scene.cloud)

    def tell(self, kind: Any, step: str = "", details: dict[str, Any] | None = None) -> None:
        """Put a command on record, as somebody at another terminal does."""
        with self.store() as store:
            run = store.newest(self.scene.cloud)
            assert run is not None
            plan = from_document(store.plan(run.id))
            words = {"details": details} if details else {}
            tell(store, plan, Command(uuid4().hex, run.id, kind, step, "ann", "chaos", datetime.now(UTC), **words))

    def those(self, *states: StepState) -> list[str]:
        """The steps in these states."""
        with self.store() as store:
            run = store.newest(self.scene.cloud)
            return [s.id for s in store.steps(run.id) if s.state in states] if run else []

    def lines(self) -> list[tuple[str, str, int]]:
        """What the jobs wrote: begin, end or fail, the step and the number of the attempt, in order."""
        file = self.folder / "done"
        found = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [(word, step, int(number)) for word, step, number in found]

    def record(self) -> str:
        """All that is known of the run, for whoever must find out what went wrong."""
        with self.store() as store:
            run = store.newest(self.scene.cloud)
            if run is None:
                return "there is no run"
            found = [run, *store.commands(run.id), *store.steps(run.id), *store.attempts(run.id), *store.events(run.id)]
        return "\n".join(map(str, [*found, *self.lines()]))

    def fenced(self) -> list[str]:
        """The hosts that are out."""
        return sorted(file.name for file in (self.folder / "fences").iterdir())

    def begun(self) -> int:
        return sum(word == "begin" for word, _, _ in self.lines())

    def processes(self) -> list[psutil.Process]:
        """Every process of this folder: orchestrators, supervisors, jobs and what they started."""
        found = []
        for process in psutil.process_iter():
            try:
                words = [*process.cmdline(), process.environ().get("STAIRLIFT_PROGRESS", "")]
            except psutil.Error:
                continue
            if any(str(self.folder) in word for word in words):
                found.append(process)
        return found


def until(true: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    limit = time.monotonic() + patience
    while not true():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.02)


def left(process: Process, patience: float = PATIENCE) -> str:
    """Wait for an orchestrator; its last word, and nothing on stderr."""
    out, errors = process.communicate(timeout=patience)
    assert errors == "", errors
    return out.split()[-1] if out.split() else ""


def check_attempts(theatre: Theatre) -> None:
    """Once all is at rest: nothing was started twice, nothing was lost, nothing that ended well was done again."""
    lines = theatre.lines()
    begun = Counter((step, number) for word, step, number in lines if word == "begin")
    ended = Counter((step, number) for word, step, number in lines if word != "begin")
    assert set(begun.values()) <= {1}, f"started twice: {begun}"
    assert set(ended.values()) <= {1}, f"ended twice: {ended}"
    with theatre.store() as store:
        run = store.newest(theatre.scene.cloud)
        assert run is not None
        recorded = {(a.id.step, a.id.number): a for a in store.attempts(run.id)}
        events = store.events(run.id)
        undone = {key for key, attempt in recorded.items() if attempt.undo}
    assert set(begun) <= set(recorded), "nothing begins that is not on record"
    # who is told to stop in between begins it no more, or is ended before its first word
    assert all(recorded[key].result != "done" for key in set(recorded) - set(begun)), "what is done was begun"
    assert all(attempt.ended_at for attempt in recorded.values()), "nothing is left in flight"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    done = Counter(step for word, step, number in lines if word == "end" and (step, number) not in undone)
    done.subtract(event.step for event in events if event.kind == "step.reopened")
    assert max(done.values(), default=0) <= 1, f"finished twice: {done}"
    until(lambda: not theatre.processes())


def check_done(theatre: Theatre) -> None:
    """A run that came to its end has done each step, once."""
    check_attempts(theatre)
    done = Counter(step for word, step, _ in theatre.lines() if word == "end")
    assert len(done) == theatre.steps, "nothing is lost"
    assert set(done.values()) == {1}
    with theatre.store() as store:
        run = store.newest(theatre.scene.cloud)
        assert run is not None
        assert run.state is RunState.DONE
        assert store.counts(run.id) == {StepState.DONE: theatre.steps}
    check_order(theatre)


def check_order(theatre: Theatre) -> None:
    """Steps of a host one behind the other, and never more hosts under way than the window has room for."""
    expected = [f"{word} {action}" for action in theatre.scene.actions for word in ("begin", "end")]
    of_host: dict[str, list[str]] = {}
    for word, step, _ in theatre.lines():
        host, _, action = step.rpartition("-")
        of_host.setdefault(host, []).append(f"{word} {action}")
        under_way = [name for name, seen in of_host.items() if seen != expected]
        assert len(under_way) <= theatre.scene.window, f"{under_way} at once"
    assert all(seen == expected for seen in of_host.values())


def check_fences(theatre: Theatre) -> None:
    """Nothing was upgraded on a host that was in use, and what the ledger says of each host is so."""
    bare = [step for word, step, _ in theatre.lines() if word == "bare"]
    assert not bare, f"in use while they were upgraded: {bare}"
    with theatre.store() as store:
        run = store.newest(theatre.scene.cloud)
        assert run is not None
        effects = store.effects(run.id)
        statuses = store.steps(run.id)
    assert theatre.fenced() == sorted(effect.subject for effect in effects if effect.open)
    upgrades = {s.id.removesuffix("-upgrade"): s for s in statuses if s.id.endswith("-upgrade")}
    # one that failed and that somebody told to be tried again is pending, and its host as unwell as before
    assert set(theatre.fenced()) == {
        host for host, upgrade in upgrades.items() if upgrade.attempt and upgrade.state is not StepState.DONE
    }
    if run.state is RunState.DONE:
        assert len(effects) == theatre.scene.hosts


def check_surroundings(theatre: Theatre) -> None:
    """Nothing was done that was not surrounded, each beginning had one end, and nothing is left of it."""
    loud = [step for word, step, _ in theatre.lines() if word == "loud"]
    assert not loud, f"not surrounded: {loud}"
    calls = (theatre.folder / "around" / "calls").read_text().splitlines()
    assert calls == ["begin", "end with its id"] * (len(calls) // 2)
    assert not (theatre.folder / "around" / "silenced").exists()
    with theatre.store() as store:
        run = store.newest(theatre.scene.cloud)
        assert run is not None
        assert not any(effect.open for effect in store.effects(run.id))
