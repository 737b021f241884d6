"""What passes between the run and a strategy: an assignment becomes a job, its outcome a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal, get_args

from stairlift.model.effect import Effect, EffectState
from stairlift.model.noun import noun
from stairlift.model.plan import Concurrency, Manner, Step

Result = Literal["done", "failed", "unknown"]
_RESULTS: tuple[Result, ...] = get_args(Result)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a strategy can do.

    `concurrency`: "host" runs many hosts side by side, "batch" takes several hosts in one process, "cloud" bears
    one process at a time. `undo` says that it vouches for taking a step back, `dry_run` that it can try one. `manner`
    is for deployers whose playbooks cut the work in their own way. `repeatable`: whether a step that was cut off
    half-way may simply be done again from its beginning.
    """

    concurrency: Concurrency
    undo: bool = False
    dry_run: bool = False
    manner: Manner = field(default_factory=Manner)
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What a kind of strategy can do at most, before anybody gave it options: for `stairlift strategies`.

    `undo`, `dry_run` and `repeatable` name the option that asks for it, or say "always"; empty where there is no such
    thing.
    """

    concurrency: tuple[Concurrency, ...]
    undo: str = ""
    dry_run: str = ""
    repeatable: str = ""


@noun
class Assignment:
    """One attempt at one step. `folder` is the attempt's own, kept after it ended.

    `effects` is what the ledger says of the step's unit when the attempt starts: what it has changed so far.
    `successors` are the programs that take over from those that the step's release no longer has. `upgraded` are the
    hosts that run the release of a drain's step already.
    """

    run: str
    step: Step
    attempt: int
    folder: PurePath
    undo: bool = False
    effects: tuple[Effect, ...] = ()
    successors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    upgraded: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """The variables that every process of a strategy sees; the executor adds STAIRLIFT_PROGRESS.

        STAIRLIFT_UNDO is there only where the step is taken back: from the release in STAIRLIFT_TO to that in _FROM.
        STAIRLIFT_SUCCESSORS is there where programs end and others take over: "old=new,new old=new".
        """
        undo = {"STAIRLIFT_UNDO": "1"} if self.undo else {}
        heirs = " ".join(f"{old}={','.join(new)}" for old, new in self.successors.items())
        return {
            **undo,
            **({"STAIRLIFT_SUCCESSORS": heirs} if heirs else {}),
            "STAIRLIFT_RUN": self.run,
            "STAIRLIFT_STEP": self.step.id,
            "STAIRLIFT_ATTEMPT": str(self.attempt),
            "STAIRLIFT_ACTION": self.step.action,
            "STAIRLIFT_SERVICE": ",".join(self.step.services),
            "STAIRLIFT_HOST": ",".join(self.step.hosts),
            "STAIRLIFT_FROM": str(self.step.source),
            "STAIRLIFT_TO": str(self.step.target),
        }


@noun
class Job:
    """A process to start. `files` (name -> text) are put into the attempt's folder first; `env` is added to ours.

    Secrets belong in neither: argument lists and folders are read by others. `queue` names the workers that are to
    start it, "" is the orchestrator's own machine; strategies leave it alone.
    """

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    queue: str = ""


@noun
class Outcome:
    """How a process ended: its return code, negative for a signal; `progress` is the text of its progress file."""

    returncode: int
    progress: str = ""
    log_tail: str = ""


@noun
class Verdict:
    """What an outcome means. "unknown": the host may be half done and must be verified before anything else.

    `temporary` marks a failure that is worth another attempt without a person's help. `effects` tells by id what became
    of side effects that were intended, or made before: one that it leaves out may have been made.
    """

    result: Result
    reason: str = ""
    temporary: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    effects: Mapping[str, EffectState] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.result not in _RESULTS:
            raise ValueError(f"{self.result!r} is none of {', '.join(_RESULTS)}")


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a plan records of a strategy: files whose content matters, and versions of the tools it will call."""

    files: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
