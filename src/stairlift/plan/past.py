"""What a run has done of an earlier plan, piece by piece, so that the next plan does none of it twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stairlift.model.cloud import Cloud
from stairlift.model.plan import DATABASE_ACTIONS, Action, Plan, Stage, Step
from stairlift.model.release import Release
from stairlift.model.run import SETTLED, StepState, StepStatus
from stairlift.plan.drift import kin

#: What is done to one service of one host, or once in a hop; whatever steps it is cut into, it stays the same.
Piece = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A run that was begun: the releases that its plan leads through, and the pieces of work that it has settled."""

    run: str = ""
    hops: tuple[Release, ...] = ()
    settled: Mapping[Piece, StepStatus] = field(default_factory=dict)

    def has(self, pieces: Iterable[Piece]) -> bool:
        """Whether it has settled all of these."""
        return bool(self.settled) and all(one in self.settled for one in pieces)


def past_of(run_id: str, plan: Plan, statuses: Sequence[StepStatus], cloud: Cloud) -> Past:
    """What a run has settled, unless the cloud proves that it is not so any more.

    A version that is seen on a host and older than what the run upgraded to: somebody has put it back.
    """
    steps = {step.id: step for step in plan.steps}
    shown = {(min(kin(s.binary)), s.host): min(s.releases) for s in cloud.services if s.releases}
    settled: dict[Piece, StepStatus] = {}
    for status in statuses:
        if status.state in SETTLED and not _put_back(plan, steps[status.id], status, shown):
            settled.update(dict.fromkeys(pieces(plan, steps[status.id]), status))
    return Past(run_id, plan.hops, settled)


def _put_back(plan: Plan, step: Step, status: StepStatus, shown: Mapping[tuple[str, str], Release]) -> bool:
    if step.action != "upgrade" or status.state is not StepState.DONE:
        return False
    older = ((min(kin(name)), host) for name, host in plan.parts(step))
    return any(part in shown and shown[part] < step.target for part in older)


def pieces(plan: Plan, step: Step) -> tuple[Piece, ...]:
    """What a step consists of. An approval is that of its words: it covers what they say."""
    if step.action == "approve":
        return ((str(step.target), step.id, step.reason),)
    if step.action in DATABASE_ACTIONS or step.action == "backup":
        return ((str(step.target), step.action, step.project or ""),)
    return tuple(piece(step.target, step.stage, step.action, name, host) for name, host in plan.parts(step))


def piece(target: Release, stage: Stage, action: Action, binary: str, host: str) -> Piece:
    """Something done to a service, by whatever name it goes before and after; what prepares has a stage of its own."""
    return (str(target), stage if action == "prepare" else "", action, min(kin(binary)), host)


def carried(past: Past, plan: Plan) -> tuple[StepStatus, ...]:
    """The steps of a plan of which nothing is left to do, as they stand from the beginning of its run."""
    found = ((step, [past.settled.get(one) for one in pieces(plan, step)]) for step in plan.steps)
    return tuple(_carried(past, step, [s for s in known if s]) for step, known in found if known and all(known))


def _carried(past: Past, step: Step, known: Sequence[StepStatus]) -> StepStatus:
    """Its attempts are those of the earlier run, so it has none in this one."""
    last = max(known, key=lambda status: (status.ended_at is not None, status.ended_at))
    skipped = next((status for status in known if status.state is StepState.SKIPPED), None)
    earlier = (skipped or last).reason
    told = f"{'skipped' if skipped else 'done'} in run {past.run}"
    again = earlier.startswith(("done in run ", "skipped in run "))
    return replace(
        last,
        id=step.id,
        state=StepState.SKIPPED if skipped else StepState.DONE,
        attempt=0,
        retries=0,
        reason=earlier if again else ": ".join(filter(None, (told, earlier))),
    )
