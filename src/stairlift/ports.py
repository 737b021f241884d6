"""The sockets of the house: every Protocol on one page. Edges fill them, `wiring` plugs them in."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.cloud import Cloud
from stairlift.model.dispatch import Badge, Card, Dispatched, Held, Order, Output, WorkerSeen
from stairlift.model.effect import Effect, Intention
from stairlift.model.finding import Finding
from stairlift.model.observation import Fact
from stairlift.model.plan import Step
from stairlift.model.release import Release
from stairlift.model.run import (
    Attempt,
    AttemptId,
    Change,
    Command,
    Ending,
    Event,
    Orchestrator,
    Run,
    StepState,
    StepStatus,
)
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """A raw answer as it can be kept in a recording: JSON values by name, and the answering server's clock."""

    documents: Mapping[str, Any]
    cloud_time: datetime | None = None


class InventoryManager(Protocol):
    """A source of knowledge about what runs where.

    `fetch` is the only part that goes out; it raises SourceTrouble. `read` is pure, so that a recording of the
    answers tells the same as the cloud did; it raises SourceTrouble: MALFORMED for an answer that makes no sense, EMPTY
    for one that names nothing where something must be. `stairlift inventories` shows the first line of the docstring
    of what the entry point names, and what its `lacking()` says, if it has one (see `Lacking`).
    """

    #: Stable name: the key of a recording and the `source` of every fact.
    name: str

    def fetch(self) -> Answer: ...

    def read(self, answer: Answer) -> tuple[Fact, ...]: ...


@runtime_checkable
class Lacking(Protocol):
    """A class of strategies or sources that knows what it needs on this machine. Optional."""

    @classmethod
    def lacking(cls) -> tuple[str, ...]:
        """What is missing here for it to work, one sentence each, such as a program. Quick; starts nothing."""
        ...


class CloudClient(Protocol):
    """An authenticated session with one cloud, one region, one interface. All methods raise SourceTrouble."""

    @property
    def cloud_name(self) -> str:
        """How the operator calls the cloud (clouds.yaml), or host name and region of the identity endpoint."""
        ...

    def get(self, service_type: str, path: str, microversion: str | None = None) -> Answer:
        """GET a path below the service's endpoint; the body is the document "body"."""
        ...

    def send(
        self,
        method: Literal["POST", "PUT", "DELETE"],
        service_type: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        """Change something below the service's endpoint; the body of the answer is the document "body", None if empty.

        Nothing is ever sent twice, but for a 401, which means that nothing was done. What the service refuses is
        SourceTrouble as for `get` (REFUSED for a 400 or 409, with its own message).
        """
        ...

    def catalog(self) -> Answer:
        """The token's catalog, as the document "catalog" (a list of services with their endpoints)."""
        ...

    def versions(self, service_type: str) -> Answer:
        """The version documents of a service, as the document "versions" (keystoneauth's version data)."""
        ...


class UpgradeStrategy(Protocol):
    """How the work of a step is done. Built from the options of a `[[strategy]]` table; UsageError if they are wrong.

    A class is found by its entry point in `stairlift.strategies`; one object serves many attempts and keeps no state.

    What `stairlift strategies` shows of a class: the first line of its docstring, and, where it has them, its `traits`
    (Traits), its `per_hop` (True for one that is given the `[[hop]]` tables) and `lacking()`, see `Lacking`.
    """

    name: ClassVar[str]

    def __init__(self, options: Mapping[str, Any]) -> None: ...

    def capabilities(self) -> Capabilities: ...

    def freeze(self) -> Frozen:
        """Files and versions to be recorded in the plan and compared before the run."""
        ...

    def job(self, assignment: Assignment) -> Job:
        """The process for one attempt. The same assignment always gives the same job."""
        ...

    def runbook(self, step: Step) -> tuple[str, ...]:
        """What a person would type for this step, line by line."""
        ...

    def judge(self, assignment: Assignment, outcome: Outcome) -> Verdict:
        """What the outcome means for the step."""
        ...


@runtime_checkable
class StepReviewer(Protocol):
    """A strategy that can tell beforehand which of a plan's steps it could not carry out. Optional for strategies.

    It may start programs that change nothing (`ansible-playbook --list-tags`). An error finding refuses the plan.
    """

    def review(self, steps: Sequence[Step], cloud: Cloud) -> tuple[Finding, ...]:
        """What is wrong with these steps, all of which are its own. Raises UsageError as `freeze` does."""
        ...


@runtime_checkable
class Affecting(Protocol):
    """A strategy that changes what has to be put back, such as whether a hypervisor is given servers. Optional.

    What its job made of each intention is told by `Verdict.effects`.
    """

    def effects(self, assignment: Assignment) -> tuple[Intention, ...]:
        """All that the attempt may change beside the upgrade itself; on record before its job starts."""
        ...

    def restore(self, effect: Effect) -> str:
        """Put back what we changed, and nothing else; "" once it is as it was, else why it cannot be now.

        May block for some seconds and be called again, at any time, by any process; raises SourceTrouble where who
        would have to be asked does not answer.
        """
        ...


class Check(Protocol):
    """Something that must hold of a cloud, before an upgrade, at its gates or after it. Pure; `drive` asks for it.

    What its entry point in `stairlift.checks` names is called without arguments: a class, or what makes one.
    """

    @property
    def info(self) -> CheckInfo:
        """What people need to know of it."""
        ...

    def applies(self, scene: Scene) -> bool:
        """Whether it has anything to say about this cloud and this way."""
        ...

    def asks(self, scene: Scene) -> Mapping[str, Question]:
        """The questions, by a key of its own. Two checks that ask the same cost one question."""
        ...

    def judge(self, scene: Scene, replies: Mapping[str, Reply]) -> Judgement:
        """What the answers mean; there is one for every question."""
        ...


@runtime_checkable
class Following(Protocol):
    """A check that can only know from the answers what else to ask. Optional for checks."""

    def asks_next(self, scene: Scene, replies: Mapping[str, Reply]) -> Mapping[str, Question]:
        """Further questions, by keys that `asks` has not used; `judge` is given the replies to all."""
        ...


class UrlReader(Protocol):
    """Public addresses, asked without credentials."""

    def get(self, url: str, *, timeout: float) -> Reply:
        """What answers there: its HTTP status, its JSON, when its certificate ends. Never raises; may block."""
        ...


class Meter(Protocol):
    """Knows what the cloud's users felt while a run went on. No method raises, but `attend` where it is cancelled."""

    async def attend(self) -> None:
        """Have it measure, for as long as this is waited for. It goes on without us, until the run is over for good."""
        ...

    def makes(self) -> tuple[Intention, ...]:
        """What it makes in the cloud and takes away again; what is left of it is put back when the run rests."""
        ...

    async def baseline(self) -> str:
        """Why nothing may be changed yet; "" once it is known how the cloud was before, or nobody insists on it."""
        ...

    async def breach(self) -> str:
        """Why the budget of the policy is exceeded: what users lost, and at which step; "" as long as it is not."""
        ...


@dataclass(frozen=True, slots=True)
class RemoteOutput:
    """How a script ended on a host."""

    returncode: int
    out: bytes
    err: str = ""


class Remote(Protocol):
    """A shell on other hosts."""

    def run(self, host: str, script: str, *, timeout: float) -> RemoteOutput:
        """Feed a POSIX shell script to a host, over one connection; `timeout` is in seconds, for all of it.

        Raises SourceTrouble: UNREACHABLE where the host does not answer, TIMEOUT where the script does not end in time,
        DENIED where the host lets nobody in. A script that fails is an output, no trouble.
        """
        ...


class Clock(Protocol):
    """Time, so that tests can make it."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    def steady(self) -> float:
        """Seconds on a clock that nobody sets and that goes on while the machine sleeps; from when is no matter."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class FreshnessProbe(Protocol):
    """Asks the registries that know some services whether they have reported since a point in time."""

    async def stale(self, services: Sequence[tuple[str, str]], since: datetime) -> tuple[str, ...]:
        """Of (binary, host), those that have a registry and no record up and newer than `since`: one sentence each.

        Empty means verified. `since` is on our clock; the implementation translates it to the cloud's.
        Raises SourceTrouble where the registry cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A step whose work has ended, or whose undo has. `since` is when that was and `began` when it began.

    Both are times on our clock, as it calls them now.
    """

    step: Step
    parts: tuple[tuple[str, str], ...]
    began: datetime
    since: datetime
    undo: bool = False

    @property
    def release(self) -> Release:
        """The release that its services must run now."""
        return self.step.source if self.undo else self.step.target


@dataclass(frozen=True, slots=True)
class Looked:
    """What a gate saw: sentences of what does not hold yet, and of what nobody could find out."""

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class StepGate(Protocol):
    """One thing that must hold of the services of a step before the step is done.

    It is asked again and again until nothing is missing or the time for it is over. What nobody can find out keeps
    nobody waiting: it is told, and the strategy's verdict stands.
    """

    name: str

    def concerns(self, step: Step) -> bool:
        """Whether it has anything to say of a step; nothing is asked for that."""
        ...

    async def look(self, inquiry: Inquiry) -> Looked:
        """What is missing now. Raises SourceTrouble where that cannot be asked for the moment."""
        ...


@dataclass(frozen=True, slots=True)
class Assent:
    """What was found before a step. `objection` is why it may not begin, "" where it may; `evidence` is what was seen.

    `asked` are the codes of the checks that it rests on.
    """

    objection: str = ""
    evidence: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


class Gatekeeper(Protocol):
    """Asks what must hold of the whole cloud before some steps: the first that changes anything, and one-way steps."""

    def watches(self, step: Step) -> bool:
        """Whether anything must be asked before this step begins, or is offered for approval. Asks nothing."""
        ...

    def judge(self, step: Step) -> Assent:
        """What holds now. May block for as long as a look at the cloud takes; never raises."""
        ...


class FrozenGuard(Protocol):
    """Tells whether what a plan froze of its strategies is still as it was."""

    def watches(self, binding: str) -> bool:
        """Whether there is anything of it to compare."""
        ...

    def changed(self, bindings: Collection[str]) -> tuple[str, ...]:
        """What is no longer as the plan recorded it, one sentence each. Reads files, so it may block; never raises."""
        ...


class Executor(Protocol):
    """Where attempts run. An attempt outlives whoever started it, and one id is only ever started once."""

    def folder(self, attempt: AttemptId) -> PurePath:
        """Where its files are: log, progress.jsonl, what its job brought with it."""
        ...

    def open_run(self, run_id: str, *, begun: bool) -> None:
        """Make ready for the attempts of a run.

        StairliftError (execute.attempts_gone) for one that was begun where this executor cannot see what became of it:
        then what is in flight would be started twice.
        """
        ...

    async def run(self, attempt: AttemptId, job: Callable[[], Job]) -> Ending:
        """Start the attempt, or adopt it where it was started before, and wait for its end.

        `job` is asked for only if it must be started. Cancelling the wait leaves the attempt alone.
        """
        ...

    async def remains(self, attempt: AttemptId) -> tuple[str, ...]:
        """What of it still runs, one sentence each. Empty is the proof that nothing does."""
        ...

    def age(self, attempt: AttemptId) -> float | None:
        """For how many seconds it has run at least, on a clock that nobody sets; None where that is not known."""
        ...

    async def end(self, attempt: AttemptId) -> None:
        """Stop it by force: ask its processes to end, wait the grace, kill what is left; then nothing of it runs."""
        ...


class Journal(Protocol):
    """The one writer of a cloud's runs, for as long as it holds the lease.

    Every method checks and renews the lease in the transaction that it writes, and raises Refusal (run.lease_lost)
    having written nothing where another process took over, StairliftError (store.*) where nothing can be written.
    """

    def create_run(
        self,
        run: Run,
        plan: Mapping[str, Any],
        steps: Sequence[str],
        *,
        carried: Sequence[Change] = (),
        replaced: tuple[str, Sequence[Change]] | None = None,
    ) -> Run:
        """Put a new run on record, with its plan's document and the ids of its steps in order.

        `carried` are changes of steps that an earlier run has settled. `replaced` is the id of the run in whose place
        this one comes, with the changes that end it: both or neither are on record.
        Refusal (run.in_flight) while attempts of another run of the cloud have not come to their end.
        """
        ...

    def commit(self, run_id: str, changes: Sequence[Change]) -> tuple[Event, ...]:
        """Write all changes, durably, or none."""
        ...

    def renew(self) -> None:
        """Say that the holder lives. Leaves no event."""
        ...


class Records(Protocol):
    """What is on record about runs, for any number of readers.

    A run that does not exist is a UsageError (run.unknown), trouble with the database a StairliftError (store.*).
    """

    def orchestrator(self, cloud: str) -> Orchestrator | None:
        """Who holds the lease of a cloud."""
        ...

    def runs(self, cloud: str | None = None) -> tuple[Run, ...]:
        """All runs, the newest first."""
        ...

    def active(self, cloud: str | None = None) -> Run | None:
        """The newest run that has not ended."""
        ...

    def newest(self, cloud: str | None = None) -> Run | None: ...

    def run(self, run_id: str) -> Run: ...

    def plan(self, run_id: str) -> Mapping[str, Any]:
        """The document of the plan that a run carries out."""
        ...

    def plan_head(self, run_id: str) -> Mapping[str, Any]:
        """The same with the number of its steps in their place."""
        ...

    def plan_steps(self, run_id: str, ids: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The documents of these steps of the plan, in its order; unknown ids are left out."""
        ...

    def counts(self, run_id: str) -> Mapping[StepState, int]:
        """How many steps are in each state."""
        ...

    def steps(
        self,
        run_id: str,
        ids: Collection[str] | None = None,
        *,
        states: Collection[StepState] = (),
        most: int | None = None,
    ) -> tuple[StepStatus, ...]:
        """Where each step stands, in the order of the plan: of all, or only of these, in these states, the first."""
        ...

    def took(self, run_id: str, step: str, most: int) -> tuple[timedelta, ...]:
        """How long attempts at the like of a step took that ended well: same action, services and strategy.

        Of this run those before it in the plan, then those of the runs before; the newest first, at most so many.
        """
        ...

    def attempts(self, run_id: str, step: str | None = None) -> tuple[Attempt, ...]:
        """Every attempt, in the order in which they began."""
        ...

    def events(self, run_id: str, after: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """The events behind number `after`."""
        ...

    def latest(self, run_id: str) -> Event | None:
        """The newest event."""
        ...

    def effects(self, run_id: str | None = None, *, cloud: str | None = None) -> tuple[Effect, ...]:
        """The ledger of side effects, in the order in which they were made: of a run, of a cloud's runs, of all."""
        ...

    def commands(self, run_id: str, *, unsettled: bool = False) -> tuple[Command, ...]:
        """What people told the run, in the order in which it came."""
        ...


class Store(Records, Protocol):
    """Where it is on record; `hold` makes the one writer."""

    def hold(self, cloud: str) -> AbstractContextManager[Journal]:
        """Take the lease of a cloud. Refusal (run.cloud_busy) at once, with nothing written, while another has it."""
        ...

    def tell(self, command: Command) -> Command:
        """Put a command on record and give it back as it stands; the same id again records nothing.

        Refusal (run.command_conflict) where the id is that of another command.
        """
        ...

    def close(self) -> None: ...


class Dispatch(Protocol):
    """The orders for workers, as an orchestrator gives and follows them. Every method may raise StairliftError."""

    def put(self, order: Order) -> Dispatched:
        """Put an order on record, queued; the same attempt again only tells how it stands."""
        ...

    def find(self, attempts: Collection[AttemptId]) -> Mapping[AttemptId, Dispatched]:
        """How the orders of these attempts stand, as far as there are any."""
        ...

    def without_order(self, run_id: str) -> Sequence[AttemptId]:
        """The attempts of a run that are on record and are no orders."""
        ...

    def output(self, attempt: AttemptId, have: Mapping[str, int]) -> Sequence[Output]:
        """What an attempt has sent beyond what we have of each file, in order; not all of it where that is much."""
        ...

    def give_up(self, seen: Dispatched) -> bool:
        """Make a claimed order lost, unless its worker was heard of since it was `seen`. A late result is refused."""
        ...

    def ask_end(self, attempt: AttemptId) -> None:
        """Ask that an attempt be stopped by force; one that nobody has claimed is withdrawn."""
        ...

    def forget(self) -> None:
        """Drop the output of runs that are over for good."""
        ...

    def workers(self) -> Sequence[WorkerSeen]:
        """Every worker there is, by name, with what it runs."""
        ...


class Claims(Protocol):
    """The orders for workers, as a worker takes them and reports on them.

    Every method raises Refusal (worker.superseded) where another process has enlisted in this worker's place, and
    StairliftError (store.*) where the database is out of reach. Each is a sign of life, but for `send`.
    """

    def enlist(self, card: Card) -> Badge:
        """Begin, or begin again with what this worker had claimed. Refusal (worker.name_taken) while another lives."""
        ...

    def claim(self, badge: Badge, attempt: AttemptId) -> Order | None:
        """Take an order; None where it is not to be had any more."""
        ...

    def held(self, badge: Badge) -> Sequence[Order]:
        """The orders that it has claimed and not reported on."""
        ...

    def sent(self, badge: Badge, attempt: AttemptId) -> Mapping[str, int]:
        """How many bytes of each file it has sent of an attempt."""
        ...

    def pulse(self, badge: Badge) -> Sequence[Held]:
        """Say that we live, hear what is still ours."""
        ...

    def send(self, badge: Badge, output: Sequence[Output]) -> None:
        """Put output on record; that of an attempt which is not ours any more is dropped."""
        ...

    def report(self, badge: Badge, attempt: AttemptId, ending: Ending) -> bool:
        """How an attempt ended; False where the order is not ours any more."""
        ...

    def close(self) -> None: ...
