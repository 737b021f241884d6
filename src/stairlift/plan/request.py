"""What somebody asks of the planner."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from stairlift.model.cloud import Host
from stairlift.model.finding import Waiver
from stairlift.model.plan import STAGES, Around, Asked, Queue, Stage
from stairlift.model.policy import Policy
from stairlift.model.release import Release
from stairlift.plan.past import Past


@dataclass(frozen=True, slots=True)
class Request:
    """Where to go, how carefully, and with which part of the cloud. Globs match a host's name or any alias.

    `past` is what a run has done of an earlier plan, where this one takes its place.
    """

    target: Release
    source: Release | None = None
    policy: Policy = field(default_factory=Policy)
    stages: tuple[Stage, ...] = ()
    hosts: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    sources: tuple[str, ...] = ()
    os_cloud: str | None = None
    queues: tuple[Queue, ...] = ()
    past: Past = field(default_factory=Past)
    around: tuple[Around, ...] = ()

    @property
    def narrowed(self) -> bool:
        """Whether only a part of the cloud or of the way is wanted."""
        return bool(self.stages) or self.partial

    @property
    def asked(self) -> Asked:
        """What the plan keeps of it; words in another order ask for the same."""
        return Asked(
            stages=tuple(stage for stage in STAGES if stage in self.stages),
            hosts=tuple(sorted(set(self.hosts))),
            exclude=tuple(sorted(set(self.exclude))),
        )

    @property
    def partial(self) -> bool:
        """Whether only some of the hosts are wanted."""
        return bool(self.hosts or self.exclude)

    def wants_stage(self, stage: Stage) -> bool:
        """Whether steps of this stage are asked for."""
        return not self.stages or stage in self.stages

    def wants_host(self, host: Host) -> bool:
        """Whether steps on this host are asked for."""
        names = (host.name, *host.aliases)
        return (not self.hosts or matches(names, self.hosts)) and not matches(names, self.exclude)

    def unwanted_stages(self) -> tuple[Stage, ...]:
        """The stages that are not asked for."""
        return tuple(s for s in STAGES if not self.wants_stage(s))


def matches(names: Iterable[str], globs: Iterable[str]) -> bool:
    """Whether one of these names is meant; a name that holds brackets of its own also means itself."""
    patterns = tuple(globs)
    return any(name == pattern or fnmatchcase(name, pattern) for name in names for pattern in patterns)
