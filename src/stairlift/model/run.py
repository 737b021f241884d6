"""A run: a frozen plan on its way. What the journal keeps of it, and what a person can tell it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from stairlift.model.effect import Effect
from stairlift.model.noun import noun
from stairlift.model.work import Outcome


class RunState(StrEnum):
    """The states of a run; they are the Contract's and never go away."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ROLLING_BACK = "rolling-back"
    ROLLED_BACK = "rolled-back"
    DONE = "done"


class StepState(StrEnum):
    """The states of a step; new ones may be added, these never go away."""

    __hash__ = str.__hash__  # Enum's own is written in Python, and a run asks for it a hundred times a step

    #: Not begun: its turn has not come, or something that it needs failed.
    PENDING = "pending"
    #: Its turn has come and it asks for a person's approval.
    WAITING = "waiting"
    #: An attempt is on record; its process runs, or is about to.
    RUNNING = "running"
    #: The work has ended well; the services must now report that they live.
    VERIFYING = "verifying"
    DONE = "done"
    FAILED = "failed"
    #: Nobody saw how the attempt ended: its hosts may be half done, and something of it may still run.
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    #: Its attempt failed for a reason that passes; the next one begins by itself after a while.
    RETRYING = "retrying"
    #: It is being taken back; once the work of that has ended (`worked_at`) its services must report.
    UNDOING = "undoing"
    UNDONE = "undone"
    #: Taking it back failed, or nobody knows how that ended.
    UNDO_FAILED = "undo-failed"


#: A run that is over for good. A failed one is not: a retry or a skip lets it go on.
FINAL_RUN_STATES: frozenset[RunState] = frozenset({RunState.DONE, RunState.CANCELLED, RunState.ROLLED_BACK})
#: A run that nothing happens to any more by itself.
OVER: frozenset[RunState] = FINAL_RUN_STATES | {RunState.FAILED}
#: A step in one of these satisfies the steps that need it.
SETTLED: frozenset[StepState] = frozenset({StepState.DONE, StepState.SKIPPED})
#: A step in one of these has a host that is not well.
UNWELL: frozenset[StepState] = frozenset({StepState.FAILED, StepState.UNKNOWN, StepState.UNDO_FAILED})
#: A step in one of these has an attempt that nobody may start again.
IN_FLIGHT: frozenset[StepState] = frozenset({StepState.RUNNING, StepState.VERIFYING, StepState.UNDOING})

#: What a run is out for. "cancel" and "rollback" hold until they are carried out, whoever takes the run up.
Intent = Literal["go", "cancel", "rollback"]


@dataclass(frozen=True, slots=True)
class Run:
    """One carrying out of one plan. `options` are the door's own: how to look at the cloud again on resume.

    `approve_all` is the blanket approval of every gate; it holds across a resume.
    """

    id: str
    cloud: str
    plan_hash: str
    source: str
    target: str
    state: RunState
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    approve_all: bool = False
    actor: str = ""
    reason: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    intent: Intent = "go"


@noun
class StepStatus:
    """Where a step stands. `attempt` is the number of its newest attempt, 0 before the first.

    `started_at` is its first start, `worked_at` when the newest attempt's work ended (services must have reported
    since then), `ended_at` when it came to rest. `retries` counts the attempts that began by themselves since a person
    last asked for one.
    """

    id: str
    state: StepState = StepState.PENDING
    attempt: int = 0
    approved: bool = False
    started_at: datetime | None = None
    worked_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    retries: int = 0


@noun
class AttemptId:
    """Names one attempt for ever: whoever starts this id again finds the one that was started before."""

    run: str
    step: str
    number: int

    def __str__(self) -> str:
        return f"{self.run}/{self.step}/{self.number}"


AttemptResult = Literal["done", "failed", "unknown"]


@noun
class Attempt:
    """One attempt's record. It is on record before its work begins; `result` is None until its work has ended.

    `undo` marks an attempt at taking the step back.
    """

    id: AttemptId
    started_at: datetime
    ended_at: datetime | None = None
    result: AttemptResult | None = None
    returncode: int | None = None
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    undo: bool = False


@noun
class EndedAttempt:
    """What numbers are made of: the sort of the step (`model.likeness`), how the attempt ended, how long it worked."""

    sort: str
    result: AttemptResult
    length: timedelta
    undo: bool = False


@noun
class Event:
    """One line of a run's journal. `seq` counts from 1 without gaps; the single writer hands it out."""

    run: str
    seq: int
    at: datetime
    kind: str
    step: str | None = None
    attempt: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


CommandKind = Literal["approve", "retry", "skip", "pause", "cancel", "rollback", "stop-after"]
#: Commands that mean a run as a whole; their `step` is empty.
RunCommandKind = Literal["pause", "cancel", "rollback", "stop-after"]


@dataclass(frozen=True, slots=True)
class Command:
    """What a person told a run. Anybody records it, only the holder of the cloud's lease acts on it.

    The same `id` told twice is one command. `result` is None until it was acted on; `answer` says why it was refused.
    `details`: of cancel {"now": True} ends the attempts in flight, of stop-after {"stage": STAGE}, of approve
    {"plan": HASH, "covers": what was approved, in words}. What came through a server has {"via": {"token", "address"}}
    besides, and what the server itself did not let pass {"barred": code of the refusal}.
    """

    id: str
    run: str
    kind: CommandKind
    step: str
    actor: str
    reason: str
    at: datetime
    result: Literal["applied", "refused"] | None = None
    answer: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def barred(self) -> bool:
        """Whether it is on record only because a server did not let it pass: nobody was told anything."""
        return "barred" in self.details


@noun
class Change:
    """One event and the rows that stand as given from then on. The store writes a list of them whole or not at all.

    `was` is the state that the step must still be in; `attempt` without an end is a new one, with an end it closes
    that which was begun; `command` is settled by it; `effects` are rows of the ledger of side effects.
    """

    kind: str
    at: datetime
    step: StepStatus | None = None
    was: StepState | None = None
    attempt: Attempt | None = None
    run: Run | None = None
    command: Command | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()

    def event(self, run_id: str, seq: int) -> Event:
        """The event that it is, once it has its number."""
        step, data = self.step, self.data
        if self.effects:
            data = {**data, "effects": {effect.id: effect.state for effect in self.effects}}
        if step is None:
            return Event(run_id, seq, self.at, self.kind, None, None, data)
        return Event(run_id, seq, self.at, self.kind, step.id, step.attempt or None, data)


@noun
class Ended:
    """The process of an attempt came to its end, at a time on the clock of the machine that it ran on."""

    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The process never ran: nothing was changed by this attempt."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The attempt was begun and left no result: it, or its machine, died half-way.

    `at` is when it ended, by the clock of its machine; None where nobody saw that.
    """

    reason: str
    at: datetime | None = None


Ending = Ended | NotStarted | Lost


#: How long a lease outlives its holder's last sign of life, in seconds, for those who cannot see whether the holder
#: lives: what is usual, and the least that can be told.
LEASE_TTL, LEAST_LEASE_TTL = 30.0, 2.0


def created_data(run: Run, replaced: tuple[str, Sequence[Change]] | None) -> dict[str, Any]:
    """What the event says that puts a run on record: its plan, who did it, and in whose place it comes."""
    data = {"plan": run.plan_hash, "actor": run.actor}
    return data | {"replaces": replaced[0]} if replaced else data


@dataclass(frozen=True, slots=True)
class Orchestrator:
    """Who holds the lease of a cloud: the one process that may move its runs."""

    cloud: str
    host: str
    pid: int
    run: str | None
