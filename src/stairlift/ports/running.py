"""Whom the loop of a run asks, beside its strategies: what was frozen, what users feel, how services are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stairlift.model.availability import Canary
from stairlift.model.effect import Effect, Intention
from stairlift.model.plan import Step
from stairlift.model.release import Release


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

    async def canary(self) -> str:
        """Why a run whose last step has ended is not over: what it makes was not made since. "" once that is told."""
        ...

    def tried(self) -> Canary | None:
        """What has come of that; None where nothing is to be made behind the last step."""
        ...


class Surroundings(Protocol):
    """What is done around a run as a whole, such as silencing alerts: begun before anything starts, ended at each rest.

    Ended by who is `Affecting` under the effect's binding, which is its id.
    """

    def intentions(self) -> tuple[Intention, ...]:
        """All of it, in the order in which it is begun, with what ending it takes."""
        ...

    async def begin(self, effect: Effect) -> Effect:
        """The effect as it is then: made, or foreign where it was so before. Begun before, it is adopted.

        What is made already is looked at: it is restored where somebody has ended it and could not say so any more.
        Raises StairliftError (around.not_begun) where it is not so and nothing may start.
        """
        ...


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
