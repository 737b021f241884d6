"""A plan is a value: JSON, hashed, every step with a reason. What was approved is what runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from stairlift.model.cloud import Plane
from stairlift.model.finding import Finding, Waiver
from stairlift.model.release import Release

Action = Literal[
    "prepare",
    "backup",
    "db-expand",
    "db-contract",
    "db-migrate",
    "cordon",
    "drain",
    "upgrade",
    "verify",
    "uncordon",
    "unpin",
    "approve",
]
Stage = Literal["prepare", "infra", "ovn", "control", "network", "compute", "finish"]
Reversibility = Literal["undo", "parking", "no-return"]
Concurrency = Literal["host", "batch", "cloud"]

STAGES: tuple[Stage, ...] = ("prepare", "infra", "ovn", "control", "network", "compute", "finish")
#: How often a temporary failure is tried again, and after how many seconds first, unless the policy says otherwise.
RETRIES, RETRY_AFTER = 2, 15
DATABASE_ACTIONS: frozenset[Action] = frozenset({"db-expand", "db-migrate", "db-contract"})
#: Actions that happen once in a hop, on an owner host; such a step can never be skipped.
ONCE_ACTIONS: frozenset[Action] = DATABASE_ACTIONS | {"backup", "unpin"}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a strategy does in one go.

    `needs` must be done; `after` must have ended, well or set aside within the failure budget. A `unit` is the
    steps of one host that follow each other: it takes the `slots` (keys of the plan's windows) when its first step
    starts and gives them back when its last is done. `budgets` are the keys of the failure budgets it counts in.
    `deadline` is how many seconds one attempt may take before it is ended, None as long as it likes; `queue` names
    the workers that carry it out, "" the orchestrator's own machine. `gate` is the approval that covers a one-way step,
    so that it does not ask once more when what it needs has stopped; "" where it asks itself.
    """

    id: str
    action: Action
    stage: Stage
    plane: Plane
    project: str | None
    services: tuple[str, ...]
    hosts: tuple[str, ...]
    strategy: str | None
    needs: tuple[str, ...]
    reason: str
    reversibility: Reversibility
    source: Release
    target: Release
    after: tuple[str, ...] = ()
    unit: str = ""
    slots: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    deadline: int | None = None
    queue: str = ""
    gate: str = ""

    @property
    def one_way(self) -> bool:
        """Whether nothing leads back from it."""
        return self.reversibility == "no-return"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a deployer does once in a hop before its first step of the control plane, as a step of its own."""

    action: Action
    reason: str
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class Manner:
    """How a deployer's own playbooks cut the work. The default is that of a tool which does just what a step says.

    `projects`: whether a step of the control plane takes a whole project: "together" on all its hosts in one process,
    "first-alone" on one host and then on all others; "" takes what the order of the policy gives.
    `absorbs`: by project ("*" is every other one) the once-only actions that its upgrade of the project does by
    itself, so that the plan has no step for them. `whole_node`: its steps of the control plane take the resource
    services of their hosts along: of the same project, or all of them where a node goes as one. `order`: projects in
    the order that it insists on. `notes`: by project or binary a sentence that the reason of its upgrades carries, by
    any other action one for the reason of that ("prepare": of that stage).
    """

    projects: Literal["", "together", "first-alone"] = ""
    absorbs: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    whole_node: bool = False
    opening: Opening | None = None
    order: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Binding:
    """A strategy as `stairlift.toml` chose and froze it: what it does, to which steps, and with which files.

    `options` are JSON values with absolute paths; `files` maps each file that they name to its SHA-256. `takes` is what
    whoever wrote the entry expects of an attempt, in seconds: the usual, and what nine in ten stay below. It decides
    nothing, and is in no hash.
    """

    id: str
    use: str
    match: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    concurrency: Concurrency
    can_undo: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = field(default_factory=Manner)
    takes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """A `[[queue]]` of stairlift.toml: the workers of this name carry out what matches. Globs, as of a strategy."""

    name: str
    match: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Around:
    """An `[[around]]` of stairlift.toml: what is done before a run starts anything, and undone whenever it rests.

    `begin`, `end` and `check` are command lines with placeholders; `check` leaves with 0 where it is so already.
    `deadline` is for each of them, in seconds. They run in `folder`; `files` are as of a binding.
    """

    name: str
    begin: tuple[str, ...]
    end: tuple[str, ...]
    check: tuple[str, ...] = ()
    deadline: int = 30
    folder: str = "/"
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """The part of a cloud, or of the way, that a plan was asked for: as typed, so that it can be planned anew."""

    stages: tuple[Stage, ...] = ()
    hosts: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A way from one release to another. `windows` and `budgets` are numbers of hosts by slot or budget key.

    `placement` (host -> binaries) is the cloud that it was made for, `sources` and `os_cloud` are how that was looked
    at: they tell drift from the run's own changes. `replaces` is the run that it goes on with, after what has drifted.
    `around` is begun in this order before anything starts.
    """

    cloud: str
    source: Release
    target: Release
    hops: tuple[Release, ...]
    steps: tuple[Step, ...]
    bindings: tuple[Binding, ...]
    findings: tuple[Finding, ...]
    policy: Mapping[str, Any]
    windows: Mapping[str, int]
    budgets: Mapping[str, int]
    on_failure: str
    placement: Mapping[str, tuple[str, ...]]
    sources: tuple[str, ...] = ()
    os_cloud: str | None = None
    waivers: tuple[Waiver, ...] = ()
    left_out: tuple[str, ...] = ()
    hash: str = ""
    retries: int = RETRIES
    retry_after: int = RETRY_AFTER
    stop_after: Stage | None = None
    asked: Asked = field(default_factory=Asked)
    replaces: str = ""
    around: tuple[Around, ...] = ()

    def step(self, step_id: str) -> Step | None:
        """The step with this id."""
        return next((s for s in self.steps if s.id == step_id), None)

    def parts(self, step: Step) -> tuple[tuple[str, str], ...]:
        """The (binary, host) that a step is about: of a step over a whole project not every host has every service.

        A service that was on none of them takes over from another one there, so it is on all of them.
        """
        placed = {name for host in step.hosts for name in self.placement.get(host, ())}
        return tuple(
            (name, host)
            for host in step.hosts
            for name in step.services
            if name not in placed or name in self.placement.get(host, ())
        )

    def binding(self, step: Step) -> Binding | None:
        """The strategy that carries out a step; None where nothing in the configuration matches it."""
        return next((b for b in self.bindings if b.id == step.strategy), None)
