"""What a run has done of an earlier plan, piece by piece, so that the next plan does none of it twice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from stairlift.model.cloud import Cloud
from stairlift.model.plan import DATABASE_ACTIONS, Action, Plan, Stage, Step
from stairlift.model.release import Release
from stairlift.model.run import SETTLED, StepState, StepStatus
from stairlift.plan.drift import kin


class Piece(NamedTuple):
    """What is done to one thing in one hop: whatever steps it is cut into, it stays the same.

    The thing is a service of a host, or by itself: the database of a project, or the words that an approval covers.
    """

    target: Release
    kind: str
    thing: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A run that was begun, the releases that its plan leads through, and where each piece of its work stands."""

    run: str = ""
    hops: tuple[Release, ...] = ()
    stands: Mapping[Piece, StepStatus] = field(default_factory=dict)

    def settled(self, piece: Piece) -> StepStatus | None:
        """How it was settled, if it was."""
        found = self._known(piece)
        return found[-1] if found and all(status.state in SETTLED for status in found) else None

    def attempts(self, piece: Piece) -> int:
        """How often it was begun."""
        return max((status.attempt for status in self._known(piece)), default=0)

    def _known(self, piece: Piece) -> list[StepStatus]:
        """Where it stands.

        A service that the earlier plan knows only by names from before or after a change of programs on that host
        stands where these do.
        """
        if piece in self.stands or not piece.host:
            return [self.stands[piece]] if piece in self.stands else []
        others = (piece._replace(thing=name) for name in sorted(kin(piece.thing)))
        return [self.stands[other] for other in others if other in self.stands]

    def has(self, pieces: Iterable[Piece]) -> bool:
        """Whether it has settled all of these."""
        return bool(self.stands) and all(self.settled(piece) for piece in pieces)


def past_of(run_id: str, plan: Plan, statuses: Sequence[StepStatus], cloud: Cloud) -> Past:
    """Where a run stands, unless the cloud proves that it is not so any more.

    A version that is seen on a host and older than what the run upgraded to: somebody has put it back.
    """
    by_id = {status.id: status for status in statuses}
    shown = {(s.binary, s.host): min(s.releases) for s in cloud.services if s.releases}
    stands: dict[Piece, StepStatus] = {}
    for step in plan.steps:
        status = by_id[step.id]
        if _put_back(plan, step, status, shown):
            status = replace(status, state=StepState.PENDING)
        stands |= dict.fromkeys(pieces(plan, step), status)
    return Past(run_id, plan.hops, stands)


def _put_back(plan: Plan, step: Step, status: StepStatus, shown: Mapping[tuple[str, str], Release]) -> bool:
    if step.action != "upgrade" or status.state is not StepState.DONE:
        return False
    return any(part in shown and shown[part] < step.target for part in plan.parts(step))


def pieces(plan: Plan, step: Step) -> tuple[Piece, ...]:
    """What a step consists of. An approval covers what its words say, and nothing else."""
    if step.action == "approve":
        return (Piece(step.target, step.id, step.reason),)
    if step.action in DATABASE_ACTIONS or step.action == "backup":
        return (Piece(step.target, step.action, step.project or ""),)
    return tuple(piece(step.target, step.stage, step.action, part) for part in plan.parts(step))


def piece(target: Release, stage: Stage, action: Action, part: tuple[str, str]) -> Piece:
    """Something done to a service of a host; what a deployer prepares once is not what is prepared on each host."""
    return Piece(target, f"{stage}-{action}" if action == "prepare" else action, *part)


def carried(past: Past, plan: Plan) -> tuple[StepStatus, ...]:
    """The steps of a plan that were settled or begun, as they stand from the beginning of its run.

    They keep the number of their attempts, so that a rollback knows what has changed something. One that was begun and
    now waits for what was not done before has to wait for that like any other, and so counts as not begun.
    """
    found: dict[str, StepStatus] = {}
    for step in plan.steps:
        mine = pieces(plan, step)
        known = [status for one in mine if (status := past.settled(one))]
        attempts = max((past.attempts(one) for one in mine), default=0)
        if known and len(known) == len(mine):
            found[step.id] = _settled(past, step, known, attempts)
        elif attempts and all(one in found and found[one].state in SETTLED for one in (*step.needs, *step.after)):
            found[step.id] = StepStatus(step.id, attempt=attempts, approved=_approved(past, mine))
    return tuple(found.values())


def _approved(past: Past, mine: Iterable[Piece]) -> bool:
    """Whoever approved it once approved all that it takes."""
    return all(one in past.stands and past.stands[one].approved for one in mine)


def _settled(past: Past, step: Step, known: Sequence[StepStatus], attempts: int) -> StepStatus:
    last = max(known, key=lambda status: (status.ended_at is not None, status.ended_at))
    skipped = next((status for status in known if status.state is StepState.SKIPPED), None)
    earlier = (skipped or last).reason
    told = f"{'skipped' if skipped else 'done'} in run {past.run}"
    again = earlier.startswith(("done in run ", "skipped in run "))
    return replace(
        last,
        id=step.id,
        state=StepState.SKIPPED if skipped else StepState.DONE,
        attempt=attempts,
        retries=0,
        reason=earlier if again else ": ".join(filter(None, (told, earlier))),
    )
