"""What an entry point can name: sources, strategies, checks."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from stairlift.model.check import CheckInfo, Judgement, Question, Reply, Scene
from stairlift.model.cloud import Cloud
from stairlift.model.effect import Effect, Intention
from stairlift.model.finding import Finding
from stairlift.model.observation import Fact
from stairlift.model.plan import Step
from stairlift.model.work import Assignment, Capabilities, Frozen, Job, Outcome, Verdict
from stairlift.ports.world import Answer


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
