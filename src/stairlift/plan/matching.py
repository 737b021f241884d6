"""Which strategy does which work: the first entry of `stairlift.toml` whose every condition holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from stairlift.model.cloud import Host, Service
from stairlift.model.plan import Action, Binding, Stage

MATCH_KEYS = ("project", "service", "plane", "role", "stage", "host", "action")
#: What a queue is matched by: where a host is decides which workers are near it.
QUEUE_KEYS = (*MATCH_KEYS, "zone")


@dataclass(frozen=True, slots=True)
class Work:
    """An action on one service of one host, as a match sees it."""

    service: Service
    host: Host
    stage: Stage
    action: Action

    def values(self) -> Mapping[str, tuple[str, ...]]:
        """What each key of a match is compared with."""
        return {
            "project": (self.service.project,),
            "service": (self.service.binary,),
            "plane": (self.service.plane,),
            "role": (self.service.role,),
            "stage": (self.stage,),
            "host": (self.host.name, *self.host.aliases),
            "action": (self.action,),
            "zone": (self.host.zone,) if self.host.zone else (),
        }


def choose(work: Work, bindings: Iterable[Binding]) -> Binding | None:
    """The first binding that matches, or None."""
    values = work.values()
    return next((b for b in bindings if holds(b.match, values)), None)


def holds(match: Mapping[str, tuple[str, ...]], values: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether every condition of a match is met by one of the values under its key."""
    return all(any(fnmatchcase(value, glob) for value in values[key] for glob in globs) for key, globs in match.items())


def runs_by_binding(
    works: Sequence[Work], bindings: Sequence[Binding]
) -> list[tuple[Binding | None, tuple[Work, ...]]]:
    """Cut the work into runs that one binding does in one go; the order stays."""
    runs: list[tuple[Binding | None, tuple[Work, ...]]] = []
    for work in works:
        binding = choose(work, bindings)
        if runs and runs[-1][0] is binding:
            runs[-1] = (binding, (*runs[-1][1], work))
        else:
            runs.append((binding, (work,)))
    return runs


def asked_for(stage_or_action: str, bindings: Iterable[Binding]) -> bool:
    """Whether an entry names this stage or action: optional steps are made only for who asked for them."""
    return any(_names(b, key, stage_or_action) for b in bindings for key in ("stage", "action"))


def names_stage(binding: Binding, stage: Stage) -> bool:
    """Whether an entry says of itself that it is for this stage."""
    return _names(binding, "stage", stage)


#: Built-in strategies that take something out of use and put it back, each in stages of its own. They stop nothing.
_FENCES: Mapping[str, tuple[Stage, ...]] = {
    "haproxy": ("control", "finish"),
    "neutron": ("network",),
    "nova": ("compute",),
}


def fences_only(binding: Binding) -> bool:
    """Whether an entry's strategy only takes things out of use for a while, and so stops no program."""
    return binding.use in _FENCES


def may_fence(binding: Binding, stage: Stage) -> bool:
    """Whether an entry's strategy could take out of use what is upgraded in a stage; of others' nothing is known."""
    return stage in _FENCES.get(binding.use, (stage,))


def names_action(binding: Binding, action: Action) -> bool:
    """Whether an entry says of itself that it is for this action."""
    return _names(binding, "action", action)


def _names(binding: Binding, key: str, value: str) -> bool:
    return any(fnmatchcase(value, glob) for glob in binding.match.get(key, ()))
