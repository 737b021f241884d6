"""What can be told to a run at this moment, and what is asked of people: each with a reason where it cannot be."""

from dataclasses import dataclass
from typing import Literal

from stairlift.model.run import Command, CommandKind, Run

#: "resume" is no command of the journal: somebody sets to work.
Verb = CommandKind | Literal["resume"]
#: What whoever tells it has to say besides.
Need = Literal["reason", "stage"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be told. `why_not` says why it cannot be now, in the words in which it would be refused.

    `step` is "" where it is about the run as a whole; `now` marks the `cancel` that ends attempts by force. `stages`
    are those that `stop-after` may name. `told` is the same on record, which nobody has acted on yet.
    """

    verb: Verb
    step: str = ""
    now: bool = False
    why_not: str = ""
    needs: tuple[Need, ...] = ()
    stages: tuple[str, ...] = ()
    told: Command | None = None

    @property
    def allowed(self) -> bool:
        """Whether it would be put on record."""
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Ask:
    """One approval that a run waits for. `step` is the plan's hash where the plan as a whole is meant.

    `covers` is what the approval allows, in the words that go on record; `reason` why it is asked for; `evidence` what
    a look at the cloud found just before.
    """

    step: str
    covers: str
    reason: str
    one_way: bool = False
    evidence: tuple[str, ...] = ()
    why_not: str = ""
    told: Command | None = None

    @property
    def allowed(self) -> bool:
        """Whether it would be put on record."""
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Choices:
    """All that can be told to a run, and why other things cannot. `commands` is how many people have told it so far.

    Of steps there are those that want a word: that have failed, wait, or are to be tried again.
    """

    run: Run
    actions: tuple[Choice, ...]
    approvals: tuple[Ask, ...]
    commands: tuple[Command, ...] = ()

    def choice(self, verb: Verb, step: str = "", *, now: bool = False) -> Choice | None:
        """That one, where it is among them."""
        return next((c for c in self.actions if (c.verb, c.step, c.now) == (verb, step, now)), None)

    def approval(self, step: str) -> Ask | None:
        """The approval that a step, or the plan of this hash, waits for."""
        return next((ask for ask in self.approvals if ask.step == step), None)

    def about(self, step: str) -> tuple[Choice | Ask, ...]:
        """What can be told about a step, or with "" about the run as a whole; that includes the plan's approval."""
        asks = (ask for ask in self.approvals if ask.step == (step or self.run.plan_hash))
        return (*(choice for choice in self.actions if choice.step == step), *asks)
